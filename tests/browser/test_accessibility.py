"""For everybody: axe-core finds nothing, the keyboard is enough, mistakes are where the focus is, type may be large.

Pages: the form, the form with mistakes, the receipt, the tracking page with its answers. Where axe-core is missing the
tests that need it are skipped and say so; the others run.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from backstory import Tale
from browserkit import AXE, faults_of, fill, picture, sideways, submit
from hostkit import Running
from playwright.sync_api import expect
from portalkit import code_of

from tests.browser.conftest import Tracking

pytestmark = [pytest.mark.browser, pytest.mark.integration]

WINDOWS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 1024}},
    # 200 % zoom is half as many pixels of twice the size; 400 % of 1280 is what a telephone of 320 has.
    "zoom200": {"viewport": {"width": 640, "height": 512}, "device_scale_factor": 2},
    "narrow": {"viewport": {"width": 320, "height": 640}},
}
Visit = Callable[[Any], None]


@pytest.fixture
def axe() -> None:
    if not (AXE / "axe.min.js").is_file():
        if os.environ.get("XINSHU_NO_SKIP") == "1":
            pytest.fail("axe-core is missing: make counterparts")
        pytest.skip("axe-core is missing: make counterparts")


@pytest.fixture(params=list(WINDOWS))
def window(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(chromium: Any, window: str) -> Iterator[Any]:
    yield from opened(chromium, **WINDOWS[window])


@pytest.fixture
def bare(chromium: Any) -> Iterator[Any]:
    """A page without scripts, at a desk."""
    yield from opened(chromium, java_script_enabled=False, **WINDOWS["desktop"])


def opened(chromium: Any, **options: Any) -> Iterator[Any]:
    context = chromium.new_context(locale="zh-CN", **options)
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


@pytest.fixture
def visits(host: Running, tracking: Tracking) -> dict[str, Visit]:
    form = f"{host.url}/in/web_form/"

    def mistakes(page: Any) -> None:
        page.goto(form)
        fill(page, text="")
        page.fill("#email", "zhang@")
        page.fill("#phone", "打我手机")
        submit(page)
        assert page.locator("#errors li").count() == 3

    def receipt(page: Any) -> None:
        page.goto(form)
        fill(page)
        submit(page)
        assert page.locator("#number").count() == 1

    def look_up(page: Any, one: Tale, code: str) -> None:
        page.goto(tracking.url)
        page.fill("#number", one.number)
        page.fill("#code", code)
        submit(page)

    def declined(page: Any) -> None:
        look_up(page, tracking.declined, code_of(tracking.declined))

    def objection_away(page: Any) -> None:
        """There is no door behind this page."""
        declined(page)
        page.fill("textarea", "请再看看")
        submit(page)
        assert page.input_value("textarea") == "请再看看"

    return {
        "form": lambda page: page.goto(form),
        "form_large": lambda page: page.goto(f"{form}?size=large"),
        "mistakes": mistakes,
        "receipt": receipt,
        "tracking": lambda page: page.goto(tracking.url),
        "tracking_large": lambda page: page.goto(f"{tracking.url}?size=large"),
        "tracking_nothing": lambda page: look_up(page, tracking.one, "00000000"),
        "tracking_found": lambda page: look_up(page, tracking.one, tracking.code),
        "tracking_declined": declined,
        "tracking_objection_away": objection_away,
    }


PAGES = (
    "form", "form_large", "mistakes", "receipt", "tracking", "tracking_large", "tracking_nothing", "tracking_found",
    "tracking_declined", "tracking_objection_away",
)  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wrong_and_nothing_is_cut_off(
    page: Any, window: str, name: str, visits: dict[str, Visit], axe: None
) -> None:
    visits[name](page)
    picture(page, f"a11y-{name}", window)
    assert faults_of(page) == []
    assert sideways(page) == []


@pytest.mark.parametrize("window", ["desktop"], indirect=True)
def test_the_page_works_by_keyboard_alone(page: Any, visits: dict[str, Visit]) -> None:
    visits["form"](page)
    keys = page.keyboard
    page.focus("#account")
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.press("ArrowDown")
    for words in ("夜间施工", "", "楼下工地每晚打桩。", "张三"):
        keys.press("Tab")
        keys.type(words)
    for _ in range(3):
        keys.press("Tab")
    keys.press("Space")
    for _ in range(3):
        keys.press("Tab")
    assert page.locator(":focus").get_attribute("type") == "submit"
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text("来信已登记")
    order = []
    for _ in range(2):
        keys.press("Tab")
        order.append(page.locator(":focus").inner_text())
    assert order == ["查看办理情况", "再写一封"]


@pytest.mark.parametrize("window", ["desktop"], indirect=True)
@pytest.mark.parametrize("name", ["form", "receipt", "tracking"])
def test_where_the_focus_is_can_be_seen(page: Any, name: str, visits: dict[str, Visit]) -> None:
    """Every stop of the Tab key has an outline of 2 px or more that stands out from what is around it, 3 : 1."""
    visits[name](page)
    stops = page.locator("a, button, input:not([type=hidden]), select, textarea").count()
    assert stops >= 2
    for _ in range(stops):
        page.keyboard.press("Tab")
        style = page.evaluate(
            """() => { const s = getComputedStyle(document.activeElement);
                       return [document.activeElement.tagName, s.outlineStyle, parseFloat(s.outlineWidth), s.outlineColor] }"""
        )
        assert style[1:3] == ["solid", 3], style
        assert contrast(style[3], (244, 246, 248)) >= 3, style
        assert contrast(style[3], (255, 255, 255)) >= 3, style


def contrast(shown: str, other: tuple[int, int, int]) -> float:
    """As WCAG defines it."""
    one = tuple(int(part) for part in shown.removeprefix("rgb(").removesuffix(")").split(","))

    def light(colour: tuple[int, ...]) -> float:
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_after_a_mistake_the_focus_is_on_what_was_wrong_without_a_script(
    bare: Any, visits: dict[str, Visit]
) -> None:
    visits["mistakes"](bare)
    assert bare.title().startswith("未提交")
    assert bare.locator(":focus").get_attribute("id") == "errors"
    for field in ("text", "phone", "email"):
        bare.keyboard.press("Tab")
        assert bare.locator(":focus").get_attribute("href") == f"#{field}"
    for _ in range(2):
        bare.keyboard.press("Shift+Tab")
    bare.keyboard.press("Enter")
    bare.keyboard.type("打桩到半夜")
    assert bare.input_value("#text") == "打桩到半夜", "the link leads into the field"
    described = bare.get_attribute("#text", "aria-describedby").split()
    assert described == ["text-hint", "text-problem"]
    assert bare.locator("#text-problem").inner_text() == "请填写内容。"


def test_after_a_wrong_code_the_focus_is_on_the_answer_without_a_script(
    bare: Any, visits: dict[str, Visit]
) -> None:
    visits["tracking_nothing"](bare)
    assert bare.locator(":focus").get_attribute("id") == "problem"
    assert bare.title().startswith("没有查到")


def test_large_type_stays_large_without_script_or_cookie(
    bare: Any, host: Running, tracking: Tracking
) -> None:
    bare.goto(f"{host.url}/in/web_form/?account=mayor")
    small = size_of(bare, "label[for=text]")
    bare.click("text=大字版")
    assert size_of(bare, "label[for=text]") >= small * 1.4
    assert bare.input_value("#account") == "mayor", "the mailbox chosen by the address stays"
    fill(bare, text="")
    submit(bare)
    assert size_of(bare, "#errors") >= small * 1.4
    assert bare.locator("text=标准字号").count() == 0, "no link away from what was typed"
    bare.fill("#text", "路灯坏了")
    submit(bare)
    assert bare.locator("h1").inner_text() == "来信已登记"
    assert bare.locator("text=查看办理情况").get_attribute("href").endswith("?size=large")
    assert bare.context.cookies() == []
    bare.click("text=再写一封")
    bare.click("text=标准字号")
    assert size_of(bare, "label[for=text]") == small
    bare.goto(f"{tracking.url}?size=large")
    bare.fill("#number", tracking.one.number)
    bare.fill("#code", tracking.code)
    submit(bare)
    assert size_of(bare, "#found p") >= small * 1.3
    assert bare.locator("text=查询另一封来信").get_attribute("href") == "./?size=large"


def size_of(page: Any, selector: str) -> float:
    """How high a line of it is, in pixels: measured from outside, for there is no script."""
    box = page.locator(selector).first.bounding_box()
    return float(box["height"])
