import time

import pytest

from connectors._html import strip_tags, to_text
from linekit.stolen import yardstick_s


def test_blocks_lists_and_entities_become_lines() -> None:
    html = "<p>您好：</p><ul><li>一</li><li>二</li></ul><table><tr><td>地点</td><td>和平里</td></tr></table>谢谢&nbsp;&amp;"
    text = to_text(html)
    assert text.splitlines()[0] == "您好："
    assert "* 一" in text
    assert "* 二" in text
    assert "地点 和平里" in text
    assert text.endswith("谢谢 &")


@pytest.mark.parametrize("read", [to_text, strip_tags])
def test_scripts_styles_and_comments_are_not_words(read: "type[str]") -> None:
    text = read(
        "<style>p{x}</style><!-- hidden --><p>看得见</p><SCRIPT>alert('bad')</SCRIPT><title>t</title>"
    )
    assert text.strip() == "看得见"


def test_what_never_ends_hides_nothing() -> None:
    assert "路灯坏了" in strip_tags("<!-- <p>路灯坏了")
    assert "路灯坏了" in strip_tags("<style><p>路灯坏了")


BOMBS = {
    "open anchors": "<a " * 70_000,
    "open comments": "<!--" * 50_000,
    "deep": "<div>" * 20_000 + "底",
    "deeper": "<div>" * 100_000 + "底",
    "reopened formatting": "".join(f"<p><b a={i}>" for i in range(150)) + "<p>x" * 3_000,
    "reopened anchors": "<a href=x>y" * 150 + "<a href=x>z</a>" * 10_000,
    "attributes": "<p " + "".join(f"a{i} " for i in range(30_000)) + ">x",
    "tables in tables": "<table><tr><td>" * 80,
    "wide": "<table><tr>" + "<td colspan=99999>x</td>" * 5_000,
    "long reference": "&#" + "9" * 200_000 + ";",
    "many less-than": "<" * 1_000_000,
    "unfinished tags": "<a" * 500_000,
    "unfinished scripts": "<script" * 150_000,
    "large": "<p>路灯坏了</p>" * 100_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_html_made_to_be_slow_is_not(name: str) -> None:
    before_s = yardstick_s()
    started_s = time.process_time()
    to_text(BOMBS[name])
    took_s = time.process_time() - started_s
    # Two orders below what these cost a tree builder: five seconds on a quiet core.
    assert took_s < 33 * max(before_s, yardstick_s())


def test_deep_and_large_html_keeps_its_words() -> None:
    assert to_text(BOMBS["deep"]) == "底"
    assert to_text(BOMBS["large"]).count("路灯坏了") == 100_000
