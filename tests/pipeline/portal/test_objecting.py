"""Who does not agree with a decision says so on the tracking page, and a door keeps it before the page says yes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from portalkit import Portal, code_of, tale

from pipeline.portal import lookup as lookup_module
from pipeline.portal.objecting import ACTOR, REASON_CHARACTERS_MAX

WHY = "法院还没有立案，<b>请再看看</b>"


@pytest.fixture
async def portal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Portal]:
    monkeypatch.setattr(lookup_module, "REFUSAL_S", 0.02)
    portal = Portal(tmp_path)
    yield portal
    await portal.http.aclose()
    portal.reader.close()
    portal.writer.close()


@asynccontextmanager
async def door(portal: Portal, status: str = "200 OK") -> AsyncIterator[list[dict[str, Any]]]:
    """A door that answers *status*, and what it was told."""
    heard: list[dict[str, Any]] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        if head.startswith(b"POST /instruction "):
            heard.append(json.loads(body))
        writer.write(f"HTTP/1.1 {status}\r\n\r\n{{}}".encode())
        writer.close()

    async with await asyncio.start_unix_server(answer, portal.settings.socket_path):
        yield heard


async def send(portal: Portal, one: Any, **fields: str) -> httpx.Response:
    said = {"number": one.number, "code": code_of(one), "part": "1"} | fields
    return await portal.http.post("/object", data=said)


async def test_the_page_offers_it_where_a_decision_may_be_objected_to(portal: Portal) -> None:
    declined, accepted, held = tale(1), tale(2), tale(3)
    portal.say(
        declined.letter(),
        declined.decided("out_of_scope"),
        *accepted.whole(),
        held.letter(),
        held.decided("held"),
    )
    offers = [
        'action="object"' in (await portal.ask(one.number, code_of(one))).text
        for one in (declined, accepted, held)
    ]
    assert offers == [True, False, False]


async def test_what_was_said_is_with_a_door_before_the_page_says_yes(portal: Portal) -> None:
    one = tale(1)
    portal.say(one.letter(), one.decided("out_of_scope"))
    async with door(portal) as heard:
        first, second = [await send(portal, one, reason=f" {WHY} ") for _ in range(2)]
    assert (first.status_code, second.status_code) == (200, 200)
    assert "已收到您的异议" in first.text
    assert code_of(one) not in first.text
    assert heard[0] == heard[1], "a double click is two objections"
    assert heard[0]["key"]
    said = {name: heard[0][name] for name in ("number", "part", "actor", "reason", "verdict")}
    assert said == {
        "number": one.number, "part": 1, "actor": ACTOR, "reason": WHY, "verdict": {"outcome": "object"},
    }  # fmt: skip


@pytest.mark.parametrize("status", ["503 Service Unavailable", "400 Bad Request", "nonsense"])
async def test_a_door_that_keeps_nothing_makes_no_yes_and_the_words_stay(portal: Portal, status: str) -> None:
    one = tale(1)
    portal.say(one.letter(), one.decided("out_of_scope"))
    async with door(portal, status) as heard:
        page = await send(portal, one, reason=WHY)
    assert len(heard) == 1
    assert page.status_code == 503
    assert "暂时没能收下" in page.text
    assert "请再看看&lt;/b&gt;</textarea>" in page.text


async def test_no_door_makes_no_yes(portal: Portal) -> None:
    one = tale(1)
    portal.say(one.letter(), one.decided("out_of_scope"))
    assert (await send(portal, one)).status_code == 503


@pytest.mark.parametrize(
    ("decided", "part"), [("out_of_scope", "2"), ("out_of_scope", ""), ("held", "1"), ("in_scope", "1")]
)
async def test_what_nobody_decided_against_the_sender_is_not_objected_to(
    portal: Portal, decided: str, part: str
) -> None:
    one = tale(1)
    portal.say(one.letter(), one.decided(decided))
    async with door(portal) as heard:
        page = await send(portal, one, part=part)
    assert page.status_code == 409
    assert "没有可以提出异议的决定" in page.text
    assert heard == []


async def test_only_who_knows_the_code_may_object(portal: Portal) -> None:
    one = tale(1)
    portal.say(one.letter(), one.decided("out_of_scope"))
    async with door(portal) as heard:
        said = [(await send(portal, one, code=f"{n:08d}")).status_code for n in range(6)]
        last = await send(portal, one)
    assert said == [404, 404, 404, 404, 404, 429]
    assert last.status_code == 429
    assert heard == []


async def test_a_program_objects_by_json(portal: Portal) -> None:
    one = tale(1)
    portal.say(one.letter(), one.decided("out_of_scope"))
    said = {
        "number": one.number,
        "code": code_of(one),
        "part": "1",
        "reason": "异" * (REASON_CHARACTERS_MAX + 1),
    }
    async with door(portal) as heard:
        answer = await portal.http.post("/object", json=said, headers={"accept": "application/json"})
    assert answer.json() == {"objected": True}
    assert len(heard[0]["reason"]) == REASON_CHARACTERS_MAX
    away = await portal.http.post("/object", json=said, headers={"accept": "application/json"})
    assert (away.status_code, away.json()["error"]) == (503, "away")
