"""What the browser's tests share: how it is started, pictures, the accessibility checks, a form filled in."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "var" / "screenshots"
AXE = ROOT / "var" / "counterparts" / "node_modules" / "axe-core"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=zh-CN",
)  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def browser_of(program: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


def picture(page: Any, name: str, size: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"web_form-{name}-{size}.png", full_page=True)


def fill(page: Any, *, text: str = "楼下工地每晚十一点以后还在打桩，\n老人孩子睡不好。") -> None:
    page.select_option("#account", "mayor")
    page.select_option("#kind", "投诉")
    page.fill("#subject", "夜间施工")
    page.fill("#text", text)
    page.fill("#name", "张三")
    page.check("#confidential")


def submit(page: Any) -> None:
    """Send the page's form. Returns when the answer's page is there: a click alone may return before it."""
    with page.expect_navigation():
        page.click("button[type=submit]")


@cache
def _axe() -> tuple[str, Mapping[str, Any]]:
    locale = json.loads((AXE / "locales" / "zh_CN.json").read_text("utf-8"))
    return (AXE / "axe.min.js").read_text("utf-8"), locale


def faults_of(page: Any) -> list[str]:
    """What axe-core finds wrong on the page: rule, sentence, places. Those it cannot decide are not among them."""
    source, locale = _axe()
    page.evaluate(source)
    found = page.evaluate(
        "([locale, rules]) => { axe.configure({locale}); return axe.run(document, {runOnly: rules}) }",
        [locale, RULES],
    )
    assert len(found["passes"]) > 10, "the checks did not run"
    return [
        f"{one['id']}: {one['help']}: {[node['target'] for node in one['nodes']][:5]}"
        for one in found["violations"]
    ]


def sideways(page: Any) -> list[str]:
    """What stands out of the window to the right or left: elements that make a person scroll sideways."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => {
             const box = e.getBoundingClientRect();
             return box.width && (box.right > document.documentElement.clientWidth + 1 || box.left < -1);
           }).map(e => e.tagName + '#' + e.id + '.' + e.className)"""
    )
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found + ([f"the page by {wide} px"] if wide > 0 else [])
