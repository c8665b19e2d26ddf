"""A citizen at the page, with and without JavaScript, on a desk and on a telephone. Pictures go to var/screenshots."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browserkit import fill, picture, submit
from hostkit import Running

pytestmark = [pytest.mark.browser, pytest.mark.integration]

SIZES = {"desktop": (1200, 800), "phone": (390, 844)}


@pytest.fixture(params=[True, False], ids=["script", "no_script"])
def script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=list(SIZES))
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(host: Running, chromium: Any, script: bool, size: str) -> Iterator[Any]:
    width, height = SIZES[size]
    context = chromium.new_context(
        java_script_enabled=script, locale="zh-CN", viewport={"width": width, "height": height}
    )
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    faults: list[str] = []
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.goto(f"{host.url}/")
    yield opened
    context.close()
    unexpected = [fault for fault in faults if "status of 4" not in fault and "status of 5" not in fault]
    assert unexpected == []


def test_fill_in_and_submit(page: Any, size: str) -> None:
    picture(page, "form", size)
    fill(page)
    page.fill("#phone", "13800001234")
    files = [{"name": "现场 照片.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff\xe0"}]
    page.set_input_files("#files", files)
    submit(page)
    assert page.locator("h1").inner_text() == "来信已登记"
    number = page.locator("#number").inner_text()
    assert len(number) == 19
    assert number.count("-") == 3
    assert len(page.locator("#code").inner_text()) == 8
    assert "附件 1 个" in page.content()
    picture(page, "receipt", size)


def test_a_mistake_keeps_every_word(page: Any, size: str) -> None:
    fill(page)
    page.fill("#email", "zhang@")
    submit(page)
    assert "来信还没有提交" in page.locator("#errors").inner_text()
    assert page.input_value("#text").startswith("楼下工地")
    assert page.input_value("#subject") == "夜间施工"
    assert page.input_value("#kind") == "投诉"
    assert page.is_checked("#confidential")
    assert page.get_attribute("#email", "aria-invalid") == "true"
    assert "email-problem" in page.get_attribute("#email", "aria-describedby")
    picture(page, "mistake", size)
    page.click("#errors a[href='#email']")
    page.keyboard.press("Control+A")
    page.keyboard.type("zhang.san@example.com")
    submit(page)
    assert page.locator("h1").inner_text() == "来信已登记"


def test_a_full_store_keeps_every_word_and_names_the_phone(page: Any, host: Running, size: str) -> None:
    fill(page)
    host.full(full=True)
    try:
        submit(page)
    finally:
        host.full(full=False)
    assert "12345" in page.locator("#errors").inner_text()
    assert page.input_value("#text").startswith("楼下工地")
    picture(page, "busy", size)
    submit(page)
    assert page.locator("h1").inner_text() == "来信已登记"


@pytest.mark.parametrize(("script", "size"), [(False, "phone")], indirect=True)
def test_too_large_files_cost_no_word(page: Any, size: str, tmp_path: Path) -> None:
    film = tmp_path / "录像.mp4"
    film.write_bytes(b"x" * (26 * 1024 * 1024))
    fill(page)
    page.set_input_files("#files", film)
    submit(page)
    assert "附件请重新选择" in page.locator("#errors").inner_text()
    assert page.input_value("#text").startswith("楼下工地")
    picture(page, "too_large", size)


def test_a_double_click_and_a_reload_are_one_letter(page: Any, host: Running) -> None:
    fill(page)
    before = len(host.told()["pieces"])
    page.dblclick("button[type=submit]")
    page.wait_for_selector("#number")
    number = page.locator("#number").inner_text()
    page.reload()
    assert page.locator("#number").inner_text() == number
    assert len(host.told()["pieces"]) == before + 1


def test_nothing_is_wider_than_the_screen(page: Any, script: bool) -> None:
    if not script:
        page.set_viewport_size({"width": 320, "height": 640})
    box = page.locator("main").bounding_box()
    assert box["x"] >= 0
    assert box["width"] <= page.viewport_size["width"]
    for field in ("#account", "#text", "#files", "button[type=submit]"):
        inner = page.locator(field).bounding_box()
        assert inner["x"] + inner["width"] <= page.viewport_size["width"]
        assert inner["height"] >= 44, "large enough for a thumb"


def test_the_keyboard_reaches_every_field_in_reading_order(page: Any) -> None:
    page.focus("#account")
    order = []
    for _ in range(11):
        order.append(page.locator(":focus").get_attribute("id"))
        page.keyboard.press("Tab")
    assert order == [
        "account", "kind", "subject", "place", "text", "name", "phone", "email", "confidential", "publish_consent",
        "files",
    ]  # fmt: skip
