"""The criteria: loading and checking the whole library, building the index, searching.

python benchmarks/criteria_library.py
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from criteria import Library
from criteria.library import CATALOG
from portal.services import context, criteria_browser
from portal.store.opening import open_database

WORDS = ("叉车", "有限空间 审批", "消火栓", "车", "escalator", "训练 记录", "emergency plan")


def main() -> None:
    start = time.perf_counter()
    library = Library(CATALOG)
    schemes = list(library.schemes())
    loaded = time.perf_counter() - start
    rows = sum(len(scheme.items) + len(scheme.hazards) for scheme in schemes)
    folder = tempfile.mkdtemp()
    context.install(context.Context(open_database(f"sqlite:///{folder}/a.db"), library))
    start = time.perf_counter()
    criteria_browser.search("x", "zh")
    indexed = time.perf_counter() - start
    took = []
    for _ in range(20):
        for words in WORDS:
            start = time.perf_counter()
            criteria_browser.search(words, "zh")
            took.append((time.perf_counter() - start) * 1000)
    took.sort()
    print(
        json.dumps(
            {
                "editions": len(schemes),
                "rows": rows,
                "load_and_check_s": round(loaded, 2),
                "index_s": round(indexed, 2),
                "search_median_ms": round(statistics.median(took), 2),
                "search_p95_ms": round(took[int(len(took) * 0.95)], 2),
                "search_worst_ms": round(took[-1], 2),
            }
        )
    )


if __name__ == "__main__":
    main()
