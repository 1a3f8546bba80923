"""Reading a provincial scoring workbook, and writing and reading the workbook of a standard.

The workbook has the given number of scored rows with merged cells, continuation rows, subtotals and
the texts of the 198-item standard, over and over.

    python benchmarks/import_standard.py [rows]
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from io import BytesIO

from openpyxl import Workbook

from criteria import Scheme, Text, default_library
from portal import i18n
from portal.documents.standard_reading import LIMITS, read_standard
from portal.documents.standard_values import Findings
from portal.documents.standard_workbook import write_standard_workbook
from portal.documents.standard_workbook_reading import read_exported
from portal.documents.workbook_grid import read_grids

HEAD = (
    "编号",
    "考评类目",
    "考评项目",
    "考评内容",
    "标准分值",
    "考评办法",
    "自评描述",
    "空项",
    "实际得分",
)
ROUNDS = 5


def table(scheme: Scheme, rows: int) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.append(["某省安全生产标准化评分细则"])
    items = scheme.items
    for number in range(rows):
        item = items[number % len(items)]
        element, sub, place = number // 30 + 1, number // 10 % 3 + 1, number % 10 + 1
        if number % 30 == 0:
            sheet.append(HEAD)
        method = "；".join(rule.text.zh for rule in item.rules)
        own = f"{element}.{sub}.{place}"
        titles = [
            f"{element} 类目{element}" if number % 30 == 0 else None,
            f"{element}.{sub} 项目{sub}" if number % 10 == 0 else None,
        ]
        sheet.append([own, *titles, item.text.zh, float(item.points), method])
        sheet.append([None, None, None, "续行：同上条。"])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def measure(name: str, work: Callable[[], object]) -> None:
    wall = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        wall.append(time.perf_counter() - start)
    figures = {"median_s": round(statistics.median(wall), 2), "max_s": round(max(wall), 2)}
    print(json.dumps({"figure": name} | figures, ensure_ascii=False))


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    scheme = default_library().find("industry-trade-general")
    data = table(scheme, rows)
    pattern = replace(scheme, title=Text("", ""), elements=(), published=False)
    reading = read_standard(data, pattern)
    assert len(reading.scheme.items) == rows
    assert reading.errors == ()
    say = partial(i18n.translate, "zh")
    own = write_standard_workbook(scheme, say, "zh")
    measure(f"read a provincial workbook of {rows} rows", lambda: read_standard(data, pattern))
    measure("write the workbook of a standard", lambda: write_standard_workbook(scheme, say, "zh"))
    measure("read it back", lambda: read_exported(read_grids(own, LIMITS), Findings()))


if __name__ == "__main__":
    main()
