"""The tracking page: what number and code open, and what they do not give away."""

import asyncio
import hmac
import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from backstory import Tale
from portalkit import KEY, Portal, code_of, tale

from pipeline import numbers
from pipeline.portal import lookup as lookup_module
from pipeline.portal.asking import BODY_BYTES_MAX
from pipeline.portal.doors import Doors


@pytest.fixture
async def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Portal]:
    monkeypatch.setattr(lookup_module, "REFUSAL_S", 0.02)
    portal = Portal(tmp_path)
    yield portal
    await portal.http.aclose()
    portal.reader.close()
    portal.writer.close()


async def test_states_from_the_first_to_the_last(portal: Portal) -> None:
    one = tale(1)
    portal.say(one.letter())
    assert (await portal.state(one))["state"] == "registered"
    portal.say(one.decided(), one.order(), one.reply())
    part = await portal.state(one)
    assert (part["state"], part["unit"], part["due"]) == ("accepted", "城市管理局", "2026 年 3 月 23 日")
    assert part["replies"] == ["您反映的问题已受理。"]
    portal.say(one.noted("signed"))
    assert (await portal.state(one))["state"] == "signed"
    portal.say(one.noted("closed", answer="路灯已修好。"))
    part = await portal.state(one)
    assert (part["state"], part["answer"], part["due"]) == ("closed", "路灯已修好。", "")


async def test_the_other_states(portal: Portal) -> None:
    held, declined, first, copy = tale(1), tale(2), tale(3), tale(4)
    hold = held.decided("held")
    portal.say(held.letter(), hold, declined.letter(), declined.decided("out_of_scope"), first.letter())
    portal.say(copy.letter(), copy.linked(first))
    assert (await portal.state(held))["state"] == "held"
    part = await portal.state(declined)
    assert (part["state"], part["clause"], part["reason"]) == (
        "declined", "市民反映的公共设施问题应予受理。", "应当向法院提出。",
    )  # fmt: skip
    part = await portal.state(copy)
    assert (part["state"], part["joined_to"]) == ("linked", numbers.shown(first.number))
    portal.say(held.decided("in_scope", hold))
    assert (await portal.state(held))["state"] == "accepted"


async def test_the_page_says_it_and_nothing_of_the_letter(portal: Portal) -> None:
    one = tale(1)
    portal.say(*one.whole(), one.reply("<script>alert(1)</script>"))
    page = await portal.ask(one.number, code_of(one))
    assert page.status_code == 200
    for words in (
        "已受理",
        "城市管理局",
        numbers.shown(one.number),
        "2026 年 3 月 2 日 09:30",
        "&lt;script&gt;",
    ):
        assert words in page.text
    for words in ("<script", "张三", "13800000001", "路灯坏了三天", code_of(one)):
        assert words not in page.text


@pytest.mark.parametrize("shape", ["blanks", "dashes", "full width"])
async def test_numbers_as_people_type_them(portal: Portal, shape: str) -> None:
    one = tale(1)
    portal.say(one.letter())
    number, code = one.number, code_of(one)
    if shape == "dashes":
        number = "-".join(number[i : i + 4] for i in range(0, 16, 4))
    elif shape == "full width":
        number, code = (
            text.translate({ord("0") + d: chr(0xFF10 + d) for d in range(10)}) for text in (number, code)
        )
    else:
        number, code = f" {numbers.shown(number)}\t", f"{code[:4]} {code[4:]}"
    assert (await portal.ask(number, code)).status_code == 200


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every HMAC computed, by its label."""
    labels: list[str] = []
    plain = numbers._mac

    def counted(key: bytes, label: str, text: str) -> bytes:
        labels.append(label)
        return plain(key, label, text)

    monkeypatch.setattr(numbers, "_mac", counted)
    return labels


async def test_wrong_and_unknown_are_one_case(
    portal: Portal, computed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known, unknown = tale(1), tale(2)
    portal.say(known.letter())
    cases = {
        "wrong code": (known.number, "00000000"), "unknown": (unknown.number, code_of(unknown)),
        "wrong digit": (known.number[:-1] + str((int(known.number[-1]) + 1) % 10), code_of(known)),
        "not a number": ("12", "1"), "empty": ("", ""),
    }  # fmt: skip
    asked: list[str] = []
    real = Doors.received_at

    async def received_at(self: Doors, number: str, code_hashes: frozenset[str]) -> datetime | None:
        asked.append(number)
        return await real(self, number, code_hashes)

    monkeypatch.setattr(Doors, "received_at", received_at)
    answers = []
    for number, code in cases.values():
        computed.clear()
        asked.clear()
        answer = await portal.ask(number, code)
        body = re.sub(r'value="[^"]*"', "", answer.text)
        answers.append(
            (
                answer.status_code,
                dict(answer.headers) | {"content-length": ""},
                body,
                list(computed),
                len(asked),
            )
        )
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 404
    assert answers[0][3] == ["code-hash", "code-hash"]  # one for each city's key, whatever the number
    assert answers[0][4] == 1


async def test_no_refusal_leaves_early(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_module, "REFUSAL_S", 0.3)
    portal.say(tale(1).letter())
    loop = asyncio.get_running_loop()
    for number in (tale(1).number, tale(2).number, "x"):
        begun = loop.time()
        await portal.ask(number, "00000000")
        assert loop.time() - begun >= 0.299


async def test_few_tries_for_one_number_and_then_not_even_the_right_code(portal: Portal) -> None:
    one, other = tale(1), tale(2)
    portal.say(one.letter(), other.letter())
    said = [(await portal.ask(one.number, f"{n:08d}")).status_code for n in range(6)]
    assert said == [404, 404, 404, 404, 404, 429]
    assert (await portal.ask(one.number, code_of(one))).status_code == 429
    assert (await portal.ask(other.number, code_of(other))).status_code == 200


async def test_many_tries_at_once_are_many_tries(portal: Portal) -> None:
    one = tale(1)
    portal.say(one.letter())
    said = await asyncio.gather(*(portal.ask(one.number, f"{n:08d}") for n in range(40)))
    assert sorted(answer.status_code for answer in said) == [404] * 5 + [429] * 35


async def test_half_a_character_is_a_wrong_number(portal: Portal) -> None:
    said = await portal.http.post(
        "/", content=b'{"number": "\\ud800", "code": "\\udfff"}', headers={"content-type": "application/json"}
    )
    assert said.status_code == 404


async def test_few_tries_for_one_client(portal: Portal) -> None:
    said = [(await portal.ask(tale(n).number, "0")).status_code for n in range(31)]
    assert said == [404] * 30 + [429]


async def test_right_answers_cost_nothing(portal: Portal) -> None:
    one = tale(1)
    portal.say(one.letter())
    assert {(await portal.ask(one.number, code_of(one))).status_code for _ in range(40)} == {200}


async def test_two_letters_under_one_number_open_each_with_its_own_code(portal: Portal) -> None:
    first, second = tale(1), Tale(2, "", tale(1).number)
    second.code_hash = numbers.code_hash(KEY, second.number, code_of(second))
    portal.say(first.letter(), second.letter(), second.decided("held"))
    assert (await portal.state(first))["state"] == "registered"
    assert (await portal.state(second))["state"] == "held"


async def test_a_number_given_a_second_ago_is_known_by_its_door(portal: Portal) -> None:
    one = tale(1)
    asked: list[str] = []

    async def door(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
        asked.append(target)
        right = target.startswith(f"/register/{one.number}?") and one.code_hash in target
        body = b'{"state": "registered", "received_at": "2026-03-02T01:30:00+00:00"}' if right else b"{}"
        writer.write(b"HTTP/1.1 " + (b"200 OK" if right else b"404 Not Found") + b"\r\n\r\n" + body)
        writer.close()

    server = await asyncio.start_unix_server(door, portal.settings.socket_path)
    async with server:
        page = await portal.ask(one.number, code_of(one))
        assert page.status_code == 200
        assert "已登记" in page.text
        assert (await portal.ask(one.number, "00000000")).status_code == 404
    assert len(asked) == 2


async def test_nothing_is_cached_indexed_or_loaded_from_elsewhere(portal: Portal) -> None:
    one = tale(1)
    portal.say(one.letter())
    for answer in (
        await portal.http.get("/"),
        await portal.ask(one.number, code_of(one)),
        await portal.ask("1", "2"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "<script" not in answer.text
        assert "http" not in re.sub(r"http-equiv", "", answer.text)
    assert (await portal.http.get("/tracking.css")).headers["content-type"].startswith("text/css")
    assert "4821" in (await portal.http.get("/?number=4821")).text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"number=" + b"1" * BODY_BYTES_MAX, "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(100)), "application/x-www-form-urlencoded"),
        (b"[" * 4000, "application/json"),
        (b"[]", "application/json"),
        (b"{", "application/json"),
    ],
)
async def test_bodies_that_are_no_question(portal: Portal, body: bytes, kind: str) -> None:
    answer = await portal.http.post("/", content=body, headers={"content-type": kind})
    assert answer.status_code == 400
    assert "没有看懂" in answer.text


async def test_json_in_and_out(portal: Portal) -> None:
    one = tale(1)
    portal.say(one.letter())
    headers = {"accept": "application/json"}
    said = {"number": one.number, "code": code_of(one)}
    answer = await portal.http.post("/", json=said, headers=headers)
    assert answer.json()["number_shown"] == numbers.shown(one.number)
    answer = await portal.http.post("/", json={"number": 5, "code": None}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown")


async def test_health_and_figures(portal: Portal) -> None:
    assert (await portal.http.get("/live")).status_code == 200
    assert (await portal.http.get("/ready")).status_code == 200
    assert "python_info" in (await portal.http.get("/metrics")).text


def test_compares_in_constant_time(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[str, str]] = []

    def counted(a: str, b: str) -> bool:
        compared.append((a, b))
        return a == b

    monkeypatch.setattr(hmac, "compare_digest", counted)
    portal.say(tale(1).letter())
    assert portal.reader.by_number(tale(1).number, frozenset({"0" * 64})) is None
    assert len(compared) == 1
