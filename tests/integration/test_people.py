"""What people and case systems say of a letter, from the command line: held letters, statuses, what nobody could read."""

import asyncio
import json
import subprocess
from typing import Any

import httpx
import pytest

from linekit.broker import ROOT
from linekit.canaries import CITIZEN, leaks_in
from linekit.finding import PARTS, wait_until
from linekit.history import Picture
from linekit.letters import drafts
from linekit.line import Line
from linekit.mails import number_in
from linekit.people import Receipt, by_api, by_mail, by_page, fresh
from linekit.settings import account_of, address_of
from linekit.smtp import MailConnection
from pipeline.numbers import registration_number
from schemas import ids

S_MAX = 30.0
LETTERS = drafts()


def page(line: Line, receipt: Receipt) -> dict[str, Any]:
    """The tracking page as JSON; empty where it says that nothing was found."""
    answer = httpx.post(
        f"http://{line.portal}/",
        json={"number": receipt.number, "code": receipt.query_code},
        headers={"accept": "application/json"},
    )
    found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
    return found


def state(line: Line, receipt: Receipt) -> str:
    parts = page(line, receipt).get("parts") or [{}]
    return str(parts[0].get("state", ""))


def wait_state(line: Line, receipt: Receipt, wanted: str) -> None:
    wait_until(lambda: state(line, receipt) == wanted, S_MAX, f"the page says {wanted}", pause_s=0.2)


def say(line: Line, *arguments: str) -> str:
    done = line.run(*arguments)
    assert done.returncode == 0, (
        f"xinshu {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done.stdout


def held(line: Line) -> list[str]:
    return [row["number"] for row in json.loads(say(line, "held", "list", "--json"))]


def test_a_letter_with_nothing_in_it_waits_for_a_person_who_accepts(line: Line) -> None:
    receipt = by_api(line, fresh("……！！！？"), subject="")
    wait_until(lambda: receipt.number in held(line), S_MAX, "the letter is held", pause_s=0.3)
    wait_state(line, receipt, "held")
    assert not Picture.read(line.bootstrap).orders.get((receipt.number, 1)), "an order without a decision"
    say(
        line,
        "held",
        "decide",
        receipt.number,
        "accept",
        "--unit",
        "城管局",
        "--reason",
        "电话问过",
        "--actor",
        "王五",
    )
    line.wait_order(receipt.number, S_MAX)
    wait_until(lambda: receipt.number not in held(line), S_MAX, "the letter is held no longer", pause_s=0.3)
    picture = Picture.read(line.bootstrap)
    (current,) = picture.current(receipt.number, 1)
    assert (current.decision.kind, current.decided_by) == ("in_scope", "王五")
    assert len(picture.orders[receipt.number, 1]) == 1


def test_an_order_that_came_back_waits_for_a_person_and_is_opened_no_second_time(line: Line) -> None:
    receipt = by_api(line, next(LETTERS))
    line.wait_order(receipt.number, S_MAX)
    say(line, "status", receipt.number, "returned", "--reason", "不属我单位", "--city", line.cities[0])
    wait_until(lambda: receipt.number in held(line), S_MAX, "the returned order is held", pause_s=0.3)
    say(
        line,
        "held",
        "decide",
        receipt.number,
        "accept",
        "--unit",
        "住建局",
        "--reason",
        "改派",
        "--city",
        line.cities[0],
    )
    wait_until(lambda: receipt.number not in held(line), S_MAX, "it is held no longer", pause_s=0.3)
    assert len(Picture.read(line.bootstrap).orders[receipt.number, 1]) == 1


def test_who_was_declined_objects_on_the_page_and_a_person_looks_again(line: Line) -> None:
    receipt = by_api(line, fresh("？？？！……"), subject="")
    wait_until(lambda: receipt.number in held(line), S_MAX, "the letter is held", pause_s=0.3)
    say(
        line,
        "held",
        "decide",
        receipt.number,
        "out_of_scope",
        "--reply",
        "看不出诉求，请补充后再来信。",
        "--reason",
        "空信",
    )
    wait_state(line, receipt, "declined")
    said = {
        "number": receipt.number,
        "code": receipt.query_code,
        "part": "1",
        "reason": "内容在附件里，请再看看",
    }
    answer = httpx.post(f"http://{line.portal}/object", data=said)
    assert (answer.status_code, "已收到您的异议" in answer.text) == (200, True)
    wait_state(line, receipt, "held")
    wait_until(lambda: receipt.number in held(line), S_MAX, "it is held again", pause_s=0.3)
    assert "内容在附件里" in say(line, "held", "show", receipt.number)


def test_a_closed_order_shows_its_answer_on_the_page(line: Line) -> None:
    receipt = by_api(line, next(LETTERS))
    line.wait_order(receipt.number, S_MAX)
    say(line, "status", receipt.number, "closed", "--answer", "路灯已修好", "--city", line.cities[0])
    wait_state(line, receipt, "closed")
    assert "路灯已修好" in json.dumps(page(line, receipt), ensure_ascii=False)


def test_a_number_is_found_at_once_and_only_with_its_code(line: Line) -> None:
    receipt = by_api(line, next(LETTERS))
    assert state(line, receipt), "a number given a moment ago is unknown"
    assert not page(line, Receipt(receipt.number, "00000000"))


def test_a_status_that_came_before_its_letter_is_applied(line: Line) -> None:
    draft, city = next(LETTERS), line.cities[0]
    key = bytes.fromhex((line.var / "keys" / f"{city}.key").read_text().strip())
    letter = ids.letter_id(city, "mayor", "web_form", account_of(city), f"api:{draft.key}")
    number = registration_number(key, letter)
    say(line, "status", number, "signed", "--city", city, "--actor", "住建局")
    receipt = by_api(line, draft)
    assert receipt.number == number
    line.wait_order(number, S_MAX)
    wait_state(line, receipt, "signed")


@pytest.fixture
def unreadable(line: Line) -> Receipt:
    """A mail nested deeper than anybody writes, accepted all the same."""
    depth = 400
    head = b"From: <li.si@example.cn>\r\nDate: Mon, 23 Nov 2026 08:00:00 +0800\r\nMIME-Version: 1.0\r\n"
    opening = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
        for level in range(depth)
    )
    mail = head + opening + b"Content-Type: text/plain\r\n\r\nzqcanaryq\r\n"
    return Receipt(number_in(send_raw(line, mail)))


def send_raw(line: Line, mail: bytes) -> str:
    host, _, port = line.smtp.rpartition(":")

    async def send() -> str:
        connection = MailConnection(host, int(port))
        try:
            return await connection.send("li.si@example.cn", address_of(line.cities[0]), mail)
        finally:
            connection.close()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(send())


def test_what_nobody_can_read_is_kept_listed_and_shown_without_its_words(
    line: Line, unreadable: Receipt
) -> None:
    def listed() -> bool:
        return unreadable.number in say(line, "quarantine", "list", "--json")

    wait_until(listed, S_MAX, "the mail is in quarantine", pause_s=0.3)
    shown = say(line, "quarantine", "show", unreadable.number)
    assert "zqcanaryq" not in shown
    assert unreadable.number in Picture.read(line.bootstrap).quarantined


def test_the_register_is_rebuilt_to_the_same_content(line: Line) -> None:
    receipts = [by_api(line, next(LETTERS)) for _ in range(5)]
    for receipt in receipts:
        line.wait_order(receipt.number, S_MAX)
        wait_state(line, receipt, "accepted")
    before = [page(line, receipt) for receipt in receipts]
    assert all(before)
    say(line, "register", "rebuild")
    later = by_api(line, next(LETTERS))
    # The next letter shows it that its tables were changed for new ones; it opens them by starting again, which
    # ``up`` does for it.
    assert line.wait_death("register", S_MAX) == 75
    line.start("register")
    wait_state(line, later, "accepted")
    wait_until(
        lambda: [page(line, receipt) for receipt in receipts] == before, S_MAX, "the same pages", pause_s=0.5
    )


def test_the_ledger_balances_and_the_check_passes(line: Line) -> None:
    receipt = by_mail(line, next(LETTERS))
    line.wait_order(receipt.number, S_MAX)
    wait_until(lambda: line.run("ledger", "--json").returncode == 0, S_MAX, "the ledger balances", pause_s=1)
    say(line, "check")
    assert receipt.number[:4] in say(line, "explain", receipt.number)


def test_every_listing_is_free_of_words_and_secrets(line: Line, unreadable: Receipt) -> None:
    """``held show`` and ``explain --words`` are how a person looks at a letter on purpose: they alone show its words."""
    receipts = [by_api(line, CITIZEN), by_page(line, CITIZEN), by_mail(line, CITIZEN)]
    line.wait_order(receipts[0].number, S_MAX)
    wait_state(line, receipts[0], "accepted")
    for command in (
        ("held", "list"), ("held", "list", "--json"), ("quarantine", "list"), ("quarantine", "show", unreadable.number),
        ("ledger",), ("check",), ("connector", "list"), ("topics", "check"), ("topics", "print"),
        *(("explain", receipt.number) for receipt in receipts), ("explain", unreadable.number),
    ):  # fmt: skip
        line.run(*command)
    for part in PARTS:
        for path in ("/metrics", "/ready", "/live"):
            answer = httpx.get(f"http://{line.address(part)}{path}")
            (line.logs / f"page-{part}{path.replace('/', '-')}.log").write_text(answer.text)
    line.assert_silent()
    codes = [receipt.query_code for receipt in receipts if receipt.query_code]
    assert not leaks_in(line.logs, codes), "a query code was printed"
    assert CITIZEN.mark in say_unlogged(line, "explain", receipts[0].number, "--words")


def say_unlogged(line: Line, *arguments: str) -> str:
    """As ``say``, for what may show a citizen's words."""
    done = subprocess.run(
        line.command(*arguments), capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    return done.stdout
