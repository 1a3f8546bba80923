"""One explanation on the 198-item standard: median, p95 and CPU.

The sheets are those of next_grade.py; in the second figure every item has lost something.

    python benchmarks/explanation.py [rounds]
"""

import json
import statistics
import sys
import time

from next_grade import FACTS, sheet

from criteria import default_library, rubric_of
from scoring.explanation import explain


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    rubric = rubric_of(default_library().find("industry-trade-general"))
    for name, share in (("a third of the items", 0.35), ("every item", 1.0)):
        wall, cpu = [], []
        for seed in range(rounds):
            answers = sheet(rubric, seed, share, 1)
            start, used = time.perf_counter(), time.process_time()
            explain(rubric, answers, FACTS)
            wall.append((time.perf_counter() - start) * 1000)
            cpu.append((time.process_time() - used) * 1000)
        wall.sort()
        figures = {
            "median_ms": round(statistics.median(wall), 1),
            "p95_ms": round(wall[int(len(wall) * 0.95)], 1),
            "cpu_ms": round(statistics.median(cpu), 1),
        }
        print(json.dumps({"figure": f"explanation, {name} lost points"} | figures))


if __name__ == "__main__":
    main()
