"""What every page is held to: axe, no sideways scroll, a silent console; and pictures of it."""

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Page

HERE = Path(__file__).parent
AXE = HERE / "vendor" / "axe-core@4.14.1" / "axe.min.js"
SHOTS = HERE.parents[1] / "test-results" / "shots"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BEYOND = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > wide + 1).slice(0, 8)
    .map((one) => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 40)}`);
}"""
THEMES = ("light", "dark")


def assert_accessible(page: Page, themes: tuple[str, ...] = THEMES) -> None:
    """No axe violation (WCAG 2.0 to 2.2, A and AA) in any of `themes`."""
    found = []
    for theme in themes:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.wait_for_timeout(200)  # colours change over 120 ms
        found += [f"{theme}: {line}" for line in violations(page)]
    assert not found, f"{page.url}\n" + "\n".join(found)


def violations(page: Page) -> list[str]:
    """A strict CSP refuses a script tag, so axe is evaluated."""
    page.evaluate(AXE.read_text())
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary'].splitlines()[1].strip()}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def assert_no_sideways_scroll(page: Page, width: int = 320) -> None:
    """At `width` px the page scrolls up and down only."""
    before = page.viewport_size or {"width": 1280, "height": 800}
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(100)
    beyond = page.evaluate(BEYOND)
    page.set_viewport_size(before)  # type: ignore[arg-type]
    assert not beyond, f"{page.url} scrolls sideways at {width} px: {beyond}"


class Console:
    """Everything a page complains about: errors and warnings of the console, CSP, exceptions."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        self.expected: list[str] = []
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.said.append(f"exception: {error}"))

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.said.append(f"{message.type}: {message.text}")

    def expect(self, part: str) -> None:
        """A message that belongs to the test (a page that answers 404 says so in the console)."""
        self.expected.append(part)

    def unexpected(self) -> list[str]:
        return [said for said in self.said if not any(part in said for part in self.expected)]


def shot(page: Page, name: str, **more: Any) -> Path:
    """A picture of the whole page in test-results/shots (not in git); or where `SHOTS` says."""
    path = Path(os.environ.get("SHOTS", SHOTS)) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True, **more)
    return path
