"""What is wrong with a page as it is open: what axe objects to, and what is wider than a phone."""

from pathlib import Path

from playwright.sync_api import Page, ViewportSize

from tests.browser.house import DESK

AXE = (Path(__file__).parents[1] / "clients" / "node" / "node_modules" / "axe-core" / "axe.min.js").read_text(
    encoding="utf-8"
)
PHONE: ViewportSize = {"width": 360, "height": 800}
FAULTS = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations.map(
    one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 120)).slice(0, 3).join(" | ")))"""


def faults(page: Page, path: str) -> list[str]:
    """Of a page of a context that lets tests look into it, with AXE as its first script."""
    found = [f"{path} {fault}" for fault in page.evaluate(FAULTS)]
    page.set_viewport_size(PHONE)
    if (width := page.evaluate("document.documentElement.scrollWidth")) > PHONE["width"]:
        found.append(f"{path} is {width} wide on a phone")
    page.set_viewport_size(DESK)
    return found
