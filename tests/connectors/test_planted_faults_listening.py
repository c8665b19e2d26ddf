"""Faults planted into a listener that asks its peer: each is caught by the name of its rule."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import httpx
import pytest

from connectors.contract import ContractBroken, check_connector, record_expected
from schemas.errors import Malformed, Refused, Unavailable
from schemas.letter import Content, MediaRef, Raw
from schemas.ports import Accept, ConnectorSettings, Mailbox

LETTERS = 'GET /box\n200\ncontent-type: application/json\n\n[{"id": 7, "text": "路灯坏了"}, {"id": 8, "text": "井盖没了"}]'


class Postbox:
    """A small listener that keeps the contract; the faults below spoil it one at a time."""

    channel: ClassVar[str] = "postbox"

    class Settings(ConnectorSettings):
        url: str

    def __init__(self, settings: Any) -> None:
        self.settings = settings

    async def listen(self, accept: Accept) -> None:
        async with httpx.AsyncClient(verify=False) as peer:
            while True:
                try:
                    await self.turn(peer, accept)
                except (Unavailable, httpx.HTTPError, ValueError, TypeError, LookupError, RecursionError):
                    await asyncio.sleep(0.02)

    async def turn(self, peer: httpx.AsyncClient, accept: Accept) -> None:
        answer = (await peer.get(self.settings.url)).raise_for_status()
        for letter in answer.json():
            await self.take(peer, accept, letter)

    async def take(self, peer: httpx.AsyncClient, accept: Accept, letter: Any) -> None:
        try:
            await accept([self.raw(letter)])
        except Malformed:
            return
        await self.yes(peer, letter)

    async def yes(self, peer: httpx.AsyncClient, letter: Any) -> None:
        await peer.delete(f"{self.settings.url}/{letter['id']}")

    def raw(self, letter: Any) -> Raw:
        key = str(letter["id"])
        return Raw(
            account="hall", external_id=key, conversation=key, letter_key=key, body=str(letter["text"]).encode(),
            received_at=datetime.now(UTC),
        )  # fmt: skip

    @staticmethod
    def normalise(pieces: Any) -> Content:
        return Content(text=pieces[0].body.decode("utf-8", "replace").replace("\x00", ""))


class TooEarly(Postbox):
    """It says yes, and then it has the letter stored."""

    async def take(self, peer: httpx.AsyncClient, accept: Accept, letter: Any) -> None:
        await self.yes(peer, letter)
        await accept([self.raw(letter)])


class AtOnce(Postbox):
    """It says yes while the letter is being stored, and breaks off where it is refused soon enough."""

    async def take(self, peer: httpx.AsyncClient, accept: Accept, letter: Any) -> None:
        storing = asyncio.ensure_future(accept([self.raw(letter)]))
        await asyncio.wait({storing}, timeout=0.02)
        if not storing.done() or not storing.exception():
            await self.yes(peer, letter)
        await storing


class DespiteRefusal(Postbox):
    """A full disk is nothing it would tell its peer."""

    async def take(self, peer: httpx.AsyncClient, accept: Accept, letter: Any) -> None:
        try:
            await accept([self.raw(letter)])
        except (Malformed, Unavailable):
            await asyncio.sleep(0)
        await self.yes(peer, letter)


class YesForAll(Postbox):
    """One letter was stored: it says yes to all of them."""

    async def turn(self, peer: httpx.AsyncClient, accept: Accept) -> None:
        stored = 0
        letters = (await peer.get(self.settings.url)).raise_for_status().json()
        for letter in letters:
            try:
                await accept([self.raw(letter)])
                stored += 1
            except (Malformed, Unavailable):
                await asyncio.sleep(0.01)
        if stored:
            for letter in letters:
                await self.yes(peer, letter)


class Silent(Postbox):
    """Its peer never hears yes."""

    async def yes(self, *_: Any) -> None:
        return


class DrawsKeys(Postbox):
    """The same letter has another key each time."""

    def raw(self, letter: Any) -> Raw:
        return super().raw(letter).model_copy(update={"external_id": str(uuid4())})


class Computes(Postbox):
    """It keeps the event loop for itself."""

    def raw(self, letter: Any) -> Raw:
        time.sleep(0.3)
        return super().raw(letter)


class Dies(Postbox):
    """A peer that talks rubbish ends it."""

    async def listen(self, accept: Accept) -> None:
        async with httpx.AsyncClient(verify=False) as peer:
            while True:
                try:
                    await self.turn(peer, accept)
                except Unavailable:
                    await asyncio.sleep(0.02)


class GivesUp(Postbox):
    """A full disk ends it."""

    async def listen(self, accept: Accept) -> None:
        async with httpx.AsyncClient(verify=False) as peer:
            while True:
                await self.turn(peer, accept)


class Lingers(Postbox):
    """It takes its time to end."""

    async def listen(self, accept: Accept) -> None:
        try:
            await super().listen(accept)
        finally:
            await asyncio.sleep(60)


class Forgets(Postbox):
    """It loses what was written."""

    @staticmethod
    def normalise(_: Any) -> Content:
        return Content()


class Keeper(Postbox):
    """Its letters name a photo that the peer still holds; fetching fails in a way that is not ours."""

    @staticmethod
    def normalise(pieces: Any) -> Content:
        content = Postbox.normalise(pieces)
        return content.model_copy(update={"attachments": (MediaRef(ref="photo-1", name="井盖.jpg"),)})

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        async with httpx.AsyncClient(verify=False) as peer:
            answer = await peer.get(f"{self.settings.url}/files/{ref}")
            yield bytes.fromhex(answer.text)


class Deaf(Postbox):
    """It listens and hands nothing in."""

    async def take(self, *_: Any) -> None:
        return


FAULTS: list[tuple[type[Postbox], str]] = [
    (TooEarly, "accept"), (AtOnce, "accept"), (DespiteRefusal, "accept"), (YesForAll, "accept"), (Silent, "accept"),
    (DrawsKeys, "repeatable"), (Computes, "loop"), (Dies, "errors"), (GivesUp, "errors"), (Lingers, "stops"),
    (Forgets, "drops"), (Keeper, "errors"), (Deaf, "accept"),
]  # fmt: skip


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    (tmp_path / "two.peer").write_text(LETTERS)
    record_expected(Postbox, settings(), tmp_path)
    return tmp_path


def settings(url: str = "http://peer.invalid/box") -> Postbox.Settings:
    return Postbox.Settings(accounts={"hall": Mailbox(city="testcity", mailbox="mayor")}, url=url)


def test_the_good_postbox_keeps_the_contract(cases: Path) -> None:
    check_connector(Postbox, settings(), cases)
    expected = (cases / "two.expected.json").read_text()
    assert "DELETE /box/7" in expected
    assert "DELETE /box/8" in expected


@pytest.mark.parametrize(("faulty", "rule"), FAULTS, ids=[faulty.__name__ for faulty, _ in FAULTS])
def test_each_fault_is_caught_by_name(faulty: type[Postbox], rule: str, cases: Path) -> None:
    with pytest.raises(ContractBroken) as broken:
        check_connector(faulty, settings(), cases)
    assert rule in {finding.rule for finding in broken.value.findings}


def test_files_that_the_peer_still_holds_are_asked_for(tmp_path: Path) -> None:
    class Good(Keeper):
        async def fetch(self, ref: str) -> AsyncIterator[bytes]:
            if ref != "photo-1":
                raise Refused("gone")
            yield b"\xff\xd8"

    (tmp_path / "two.peer").write_text(LETTERS)
    record_expected(Good, settings(), tmp_path)
    assert '"ref": "photo-1"' in (tmp_path / "two.expected.json").read_text()
    check_connector(Good, settings(), tmp_path)


def test_a_listener_that_nobody_plays_is_a_finding(cases: Path, tmp_path: Path) -> None:
    with pytest.raises(ContractBroken, match="no setting leads to"):
        check_connector(Postbox, settings("http://127.0.0.1:1/box"), cases)
    empty = tmp_path / "payloads"
    empty.mkdir()
    (empty / "lamp.txt").write_text("路灯坏了")
    record_expected(Postbox, settings(), empty)
    with pytest.raises(ContractBroken, match="no case plays its peer"):
        check_connector(Postbox, settings(), empty)
    check_connector(Postbox, settings(), empty, played_in="tests/connectors/postbox")
