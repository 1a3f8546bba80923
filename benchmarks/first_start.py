"""``make run`` on a clean clone to an answering page, split into install and start.

python benchmarks/first_start.py
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.browser.server import ROOT, free_port


def answering(address: str, seconds: float) -> float:
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                assert answer.status == 200
                return time.perf_counter() - start
        except (URLError, ConnectionError):
            os.sched_yield()
    raise SystemExit(f"no answer from {address}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "anbiao"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        start = time.perf_counter()
        subprocess.run(["make", "setup"], cwd=clone, check=True, stdout=subprocess.DEVNULL)
        print(json.dumps({"figure": "install", "seconds": round(time.perf_counter() - start, 1)}))
        for turn in ("first start", "second start", "third start"):
            port = free_port()
            server = subprocess.Popen(
                ["make", "run", f"PORT={port}"],
                cwd=clone,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            seconds = answering(f"http://127.0.0.1:{port}/setup", 60)
            print(json.dumps({"figure": turn, "seconds": round(seconds, 2)}))
            os.killpg(server.pid, 15)
            server.wait()


if __name__ == "__main__":
    main()
