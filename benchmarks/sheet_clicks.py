"""Click on a deduction in the largest element: own echo, new server score, bytes.

A real portal with the demonstration district, a real Chromium, one user. Each click ticks or
unticks one deduction rule of element 6 (54 items); a MutationObserver notes the first frame in
which the item's own figure, and the first in which the server's total, has changed.

    python benchmarks/sheet_clicks.py [clicks]
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.browser.conftest import FLAGS
from tests.browser.server import Portal, free_port
from tests.browser.steps import load_demo, open_element, sign_in, visit

WATCH = """
(number) => {
  const host = [...document.querySelectorAll('*')].find(
    (e) => e.shadowRoot && e.shadowRoot.querySelector('[data-role="sheet"]'));
  const root = host.shadowRoot;
  const card = root.querySelector(`[data-item="${number}"]`);
  const own = card.querySelector('[data-role="points"]');
  const total = root.querySelector('[data-role="total"]');
  const figure = root.querySelector('[data-role="figure"]');
  const box = card.querySelector('.rule input[type="checkbox"]');
  const result = {echo: null, server: null};
  return new Promise((resolve) => {
    const before = own.textContent;
    const score = total.textContent + figure.textContent;
    let start = 0;
    const watcher = new MutationObserver(() => {
      if (result.echo === null && own.textContent !== before) {
        requestAnimationFrame((t) => { result.echo ??= performance.now() - start; });
      }
      if (result.server === null && total.textContent + figure.textContent !== score) {
        requestAnimationFrame(() => {
          result.server = performance.now() - start;
          watcher.disconnect();
          resolve(result);
        });
      }
    });
    watcher.observe(root, {subtree: true, childList: true, characterData: true});
    start = performance.now();
    box.click();
    setTimeout(() => { watcher.disconnect(); resolve(result); }, 8000);
  });
}
"""


class Wire:
    """Counts what goes over the web socket."""

    def __init__(self, session: CDPSession) -> None:
        self.received = self.sent = self.messages = 0
        session.send("Network.enable")
        session.on("Network.webSocketFrameReceived", self._in)
        session.on("Network.webSocketFrameSent", self._out)

    def _in(self, event: dict) -> None:
        self.received += _size(event)
        self.messages += 1

    def _out(self, event: dict) -> None:
        self.sent += _size(event)

    def take(self) -> tuple[int, int, int]:
        found = self.received, self.sent, self.messages
        self.received = self.sent = self.messages = 0
        return found


def _size(event: dict) -> int:
    response = event["response"]
    data = response["payloadData"]
    return len(data) * 3 // 4 if response["opcode"] == 2 else len(data)


def measure(page: Page, wire: Wire, clicks: int) -> dict[str, list[float]]:
    numbers = page.evaluate(
        """() => { const host = [...document.querySelectorAll('*')].find(
             (e) => e.shadowRoot && e.shadowRoot.querySelector('[data-role="sheet"]'));
           return [...host.shadowRoot.querySelectorAll('[data-item]')].map((e) => e.dataset.item);
        }"""
    )
    figures: dict[str, list[float]] = {"echo": [], "server": [], "in": [], "out": [], "frames": []}
    for number in range(clicks):
        wire.take()
        found = page.evaluate(WATCH, numbers[number % len(numbers)])
        page.locator(
            f'[data-item="{numbers[number % len(numbers)]}"][data-pending="no"]'
        ).wait_for()
        received, sent, messages = wire.take()
        for name in ("echo", "server"):
            if found[name] is not None:
                figures[name].append(found[name])
        figures["in"].append(received)
        figures["out"].append(sent)
        figures["frames"].append(messages)
    return figures


def main() -> None:
    clicks = int(sys.argv[1]) if len(sys.argv) > 1 else 54
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        portal = Portal(Path(folder) / "bench.db", free_port())
        portal.start()
        try:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            page = browser.new_page(
                base_url=portal.address, viewport={"width": 1440, "height": 900}
            )
            load_demo(page)
            sign_in(page, "e02-manager")
            visit(page, "/self-assessment")
            open_element(page, "6")
            page.locator('[data-item="6.3.4"]').wait_for()
            wire = Wire(page.context.new_cdp_session(page))
            measure(page, wire, 8)
            figures = measure(page, wire, clicks)
            browser.close()
        finally:
            portal.kill()
    for name, values in figures.items():
        ordered = sorted(values)
        p95 = ordered[int(len(ordered) * 0.95) - 1]
        print(
            json.dumps(
                {
                    "figure": name,
                    "n": len(values),
                    "median": statistics.median(values),
                    "p95": p95,
                    "max": ordered[-1],
                }
            )
        )


if __name__ == "__main__":
    main()
