"""Saving one answer, opening a sheet, grading: median, CPU and statements, without a browser.

A file database with the demonstration district on the local disk; each save is durable
(``synchronous = full``) when it returns.

    python benchmarks/save_and_grade.py [rounds]
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from criteria import default_library, rubric_of
from portal.domain.people import Role, User
from portal.services import assessments, demo, records, sheets
from portal.services.assessments import Edit
from portal.services.context import Context, install
from portal.store.opening import open_database
from scoring import Answer, Deduction, grade


def timed(name: str, rounds: int, work: Callable[[int], object]) -> None:
    wall, cpu = [], []
    for number in range(rounds):
        start, used = time.perf_counter(), time.process_time()
        work(number)
        wall.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    wall.sort()
    print(
        json.dumps(
            {
                "figure": name,
                "n": rounds,
                "median_ms": round(statistics.median(wall), 3),
                "p95_ms": round(wall[int(rounds * 0.95) - 1], 3),
                "cpu_ms": round(statistics.mean(cpu), 3),
            }
        )
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(f"sqlite:///{folder}/bench.db")
        install(Context(db, default_library()))
        start = time.perf_counter()
        demo.load()
        print(
            json.dumps(
                {
                    "figure": "load the demonstration district",
                    "seconds": round(time.perf_counter() - start, 2),
                }
            )
        )
        user = User("e02-manager", "", "高晓岚", Role.SAFETY_MANAGER, "e02", "", "", "zh", "")
        draft = assessments.own_assessments(user)[0]
        place = ("e02", draft.assessment_no)
        rubric = rubric_of(records.scheme_of(draft))
        versions = {
            row["item_id"]: row["version"]
            for row in db.rows(
                "select item_id, version from draft_item where enterprise_id = 'e02'"
                " and assessment_no = :n",
                n=draft.assessment_no,
            )
        }

        def save(number: int) -> None:
            item = rubric.items[number % len(rubric.items)]
            answer = {"full": True, "remark": str(number)}
            [saved] = assessments.save_answers(
                user, *place, [Edit("bench", number, item.id, versions.get(item.id, 0), answer)]
            )
            assert saved.version, saved
            versions[item.id] = saved.version

        with db.counting() as statements:
            save(0)
        print(json.dumps({"figure": "statements of one save", "n": len(statements)}))
        timed("save one answer, durable", rounds, lambda number: save(number + 1))
        with db.counting() as statements:
            sheets.live(user, *place, None, "zh")
        print(json.dumps({"figure": "statements to open a sheet", "n": len(statements)}))
        timed(
            "open a 198-item sheet (answers and figures)",
            rounds,
            lambda _: sheets.live(user, *place, None, "zh"),
        )
        answers = {item.id: Answer(full=True) for item in rubric.items}
        for item in rubric.items[::4]:
            rule = next((r for r in item.rules if r.kind in ("once", "each")), None)
            if rule and rule.scope == "item":
                answers[item.id] = Answer((Deduction(rule.id),))
        timed("grade 198 items", rounds, lambda _: grade(rubric, answers, {"deaths": 0}))
        timed(
            "grade 198 items, half of them open",
            rounds,
            lambda _: grade(rubric, dict(list(answers.items())[:99]), {"deaths": 0}),
        )
        db.close()


if __name__ == "__main__":
    main()
