"""The way to every better grade on the 198-item standard: median, p95 and CPU.

Each round is another sheet: about a third of the items lose something, among them rows that
take points from their whole element.

    python benchmarks/next_grade.py [rounds]
"""

import json
import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from criteria import default_library, rubric_of
from scoring import Answer, Deduction, ItemRubric, Kind, Rubric
from scoring.model import Trigger
from scoring.path import next_grades

FACTS = {"deaths": 0, "worst_accident": "none"}


def answer(chance: random.Random, item: ItemRubric, share: float, finest: int) -> Answer:
    """Mark an item as a reviewer would: mostly full, else one rule or a free deduction."""
    if chance.random() < 0.04 and item.may_be_absent:
        return Answer(not_applicable="there is none")
    if chance.random() >= share:
        return Answer(full=True)
    rules = [rule for rule in item.rules if rule.trigger is Trigger.REPORTED]
    if not rules or chance.random() < 0.3:
        lost = chance.randint(1, max(1, item.points // (2 * finest))) * finest
        return Answer(lost=min(item.points, lost), reason="seen")
    rule = chance.choice(rules)
    count = chance.randint(1, 3) if rule.kind is Kind.EACH else 1
    return Answer((Deduction(rule.id, count),))


def sheet(rubric: Rubric, seed: int, share: float, finest: int) -> dict[str, Answer]:
    chance = random.Random(seed)  # noqa: S311 - the same sheets on every run
    return {item.id: answer(chance, item, share, finest) for item in rubric.items}


def timed(name: str, rubric: Rubric, rounds: int, share: float, finest: int) -> None:
    wall, cpu, grades, proved = [], [], 0, True
    for seed in range(rounds):
        answers = sheet(rubric, seed, share, finest)
        start, used = time.perf_counter(), time.process_time()
        paths = next_grades(rubric, answers, FACTS)
        wall.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - used) * 1000)
        grades += len(paths)
        proved &= all(path.fewest_items is None or path.fewest_items.proved for path in paths)
    wall.sort()
    print(
        json.dumps(
            {
                "figure": name,
                "n": rounds,
                "grades": round(grades / rounds, 2),
                "proved": proved,
                "median_ms": round(statistics.median(wall), 1),
                "p95_ms": round(wall[int(rounds * 0.95) - 1], 1),
                "max_ms": round(wall[-1], 1),
                "cpu_ms": round(statistics.mean(cpu), 1),
            }
        )
    )


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    rubric = rubric_of(default_library().find("industry-trade-general"))
    timed("next grades, a third of 198 items with losses in points", rubric, rounds, 0.35, 10)
    timed("next grades, a third of them with losses in tenths", rubric, rounds, 0.35, 1)
    timed("next grades, two thirds of them with losses in tenths", rubric, rounds, 0.7, 1)
    timed("next grades, nearly all of them with losses in tenths", rubric, rounds, 0.95, 1)


if __name__ == "__main__":
    main()
