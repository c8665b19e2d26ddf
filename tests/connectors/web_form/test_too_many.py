"""What a person hears who sent too much: what to do, and the words are still there."""

import pytest

from connectors._contract_input import AT, NONCE
from connectors._http_case import read_case
from connectors.web_form import WebForm
from connectors.web_form.settings import Settings
from schemas.errors import TooMany
from schemas.ports import Mailbox, Request

FORM = WebForm(Settings(accounts={"mayor": Mailbox(city="wuyang", mailbox="mayor")}, english=True))


def sent(path: str, *headers: str) -> Request:
    lines = "\n".join(["content-type: application/x-www-form-urlencoded", *headers])
    case = f"POST {path}\n{lines}\n\naccount=mayor&text=%E8%B7%AF%E7%81%AF&phone=13800001234"
    return read_case(case.encode(), received_at=AT, nonce=NONCE)


@pytest.mark.parametrize(("wait_s", "minutes"), [(1, 1), (60, 1), (61, 2), (600, 10)])
def test_the_page_says_how_long_and_keeps_the_words(wait_s: float, minutes: int) -> None:
    answer = FORM.refuse(sent("/"), TooMany("too many", wait_s))
    page = answer.body.decode()
    assert answer.status == 429
    assert f"请过 {minutes} 分钟再点" in page
    assert "12345" in page
    assert ">\n路灯</textarea>" in page
    assert "too many" not in page


def test_in_english_for_who_asks() -> None:
    assert (
        b"submit again in 2 minute(s)" in FORM.refuse(sent("/", "accept-language: en"), TooMany("", 90)).body
    )


def test_only_the_page_counts_its_sender() -> None:
    assert FORM.receive(sent("/")).from_person
    api = b'POST /api/letters\ncontent-type: application/json\nidempotency-key: case-0123456789-x\n\n{"text": "x"}'
    assert not FORM.receive(read_case(api, received_at=AT, nonce=NONCE)).from_person
