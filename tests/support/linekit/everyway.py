"""Senders of all five channels at once, each through its real protocol, as often as senders come again.

The page's JSON API, SMTP, an SMS vendor's callback, Telegram's Bot API, a call centre's folder and its signed push.
Every letter is delivered one to five times, in parallel, each time until a yes was heard.
"""

import asyncio
import contextlib
import json
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from botkit import TOKEN, Server

from linekit.asking import AGAIN_S, PATIENCE_S, PUSH_KEY, plain, post, push, until_yes
from linekit.broker import ROOT
from linekit.finding import wait_until
from linekit.history import Verdict, records
from linekit.letters import Draft
from linekit.line import Line
from linekit.load import FormSender, Heard
from linekit.mails import number_in
from linekit.settings import HOST, address_of, free_ports
from linekit.smtp import MailConnection
from schemas import topics, wire
from schemas.letter import Letter

CHANNELS = ("web_form", "email", "sms", "telegram", "hotline")
COPIES_MAX = 5
IN_A_PUSH_MAX = 10
IN_A_FILE_MAX = 200
SMS_TO = "10690012345"
SMS_SECRET = "a-path-of-nobody-01"
SENT_AT = 1_795_334_400

Letters = Sequence[tuple[int, Draft]]
"""Each with its place among all, which makes its sender: a phone, a chat, a call."""


@contextlib.contextmanager
def bot_server() -> Iterator[Server]:
    """Our Bot API server, for as long as the block lasts."""
    (port,) = free_ports(1)
    program = ROOT / "tests" / "counterparts" / "bot_api.py"
    process = subprocess.Popen([sys.executable, program, str(port)], stdin=subprocess.DEVNULL)
    server = Server(port)
    try:
        wait_until(server.is_up, 30, f"the Bot API server at {HOST}:{port}")
        yield server
    finally:
        server.close()
        process.kill()
        process.wait(10)


def channels_for(city: str, bot_url: str, folder: Path) -> dict[str, Any]:
    """The settings of what ``linekit`` does not have anyway."""
    return {
        "sms": {
            "accounts": {SMS_TO: {"city": city, "mailbox": "sms"}},
            "gateways": {"aliyun": {"vendor": "aliyun", "secrets": [SMS_SECRET]}},
        },
        "telegram": {
            "accounts": {"mayor_bot": {"city": city, "mailbox": "mayor"}},
            "bots": {"mayor_bot": {"token": TOKEN, "api_url": bot_url}},
        },
        "hotline": {
            "accounts": {city: {"city": city, "mailbox": "hotline"}},
            "drops": {"calls": {"folder": str(folder), "account": city, "poll_s": 0.2}},
            "push": {city: {"keys": [PUSH_KEY]}},
        },
    }


@dataclass
class EveryWay:
    """``told``: for every letter whose sender heard yes, by (channel, sender), the numbers that were named with it."""

    line: Line
    bot: Server
    folder: Path
    chance: random.Random
    heard: Heard = field(default_factory=Heard)
    told: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _files: int = 0

    def said_yes(self) -> int:
        """How many letters were accepted so far."""
        return len(self.told) + len(self.heard.yes)

    async def send(self, letters: Letters, *, again: bool = False) -> None:
        """All of them, spread over the channels; returns when every sender has heard yes.

        *again*: all that peers send again by themselves; Telegram forgets what was confirmed.
        """
        lanes = [letters[start :: len(CHANNELS)] for start in range(len(CHANNELS))]
        by_form, by_mail, by_sms, by_bot, by_call = lanes
        half = len(by_call) // 2
        limits = httpx.Limits(max_connections=24)
        async with (
            httpx.AsyncClient(
                base_url=f"http://{self.line.door}", timeout=15, trust_env=False, limits=limits
            ) as http,
            asyncio.TaskGroup() as group,
        ):
            group.create_task(self._by_form(by_form))
            group.create_task(self._by_mail(by_mail))
            group.create_task(self._by_sms(http, by_sms))
            if not again:
                group.create_task(self._by_bot(by_bot))
            group.create_task(self._by_push(http, by_call[:half]))
            group.create_task(self._by_folder(by_call[half:]))
        for yes in self.heard.yes.values():
            self.told["web_form", yes.draft.key] |= self.heard.numbers[yes.draft.key]
        self.heard.yes.clear()

    def copies(self) -> int:
        return self.chance.randint(1, COPIES_MAX)

    async def _by_form(self, letters: Letters) -> None:
        sender = FormSender(self.line.door, self.line.accounts, self.heard, connections=16)
        sender.patience_s = PATIENCE_S
        for some in _some(letters, 16):
            await asyncio.gather(
                *(sender.send(draft, time.monotonic()) for _, draft in some for _ in range(self.copies()))
            )
        sender.close()

    async def _by_mail(self, letters: Letters) -> None:
        todo = [letter for letter in letters for _ in range(self.copies())]
        await asyncio.gather(*(self._mails(todo[start::8]) for start in range(8)))

    async def _mails(self, letters: Letters) -> None:
        host, _, port = self.line.smtp.rpartition(":")
        connection, to = MailConnection(host, int(port)), address_of(self.line.cities[0])
        for _, draft in letters:
            said = await until_yes(connection.send, f"{draft.key[:24]}@example.cn", to, draft.mail(to))
            self.told["email", draft.key].add(number_in(said))
        connection.close()

    async def _by_sms(self, http: httpx.AsyncClient, letters: Letters) -> None:
        for some in _some(letters, IN_A_PUSH_MAX):
            body = [
                {
                    "phone_number": phone(place), "content": draft.text, "send_time": "2026-11-22 19:20:01",
                    "dest_code": SMS_TO, "sequence_id": f"{place}", "sign_name": "示例市",
                }
                for place, draft in some
            ]  # fmt: skip
            path = f"/in/sms/aliyun/{SMS_SECRET}"
            await asyncio.gather(
                *(post(http, path, json.dumps(body).encode(), plain) for _ in range(self.copies()))
            )
            for place, _ in some:
                self.told["sms", phone(place)] |= set()

    async def _by_bot(self, letters: Letters) -> None:
        for some in _some(letters, 50):
            await asyncio.to_thread(self.bot.send, *(_update(place, draft) for place, draft in some))
        async with asyncio.timeout(PATIENCE_S):
            while (await asyncio.to_thread(lambda: self.bot.state))["waiting"]:
                await asyncio.sleep(AGAIN_S)
        for place, _ in letters:
            self.told["telegram", f"telegram:{chat(place)}"] |= set()

    async def _by_push(self, http: httpx.AsyncClient, letters: Letters) -> None:
        path = f"/{self.line.cities[0]}"
        for some in _some(letters, 8):
            todo = [(place, draft) for place, draft in some for _ in range(self.copies())]
            answers = await asyncio.gather(
                *(push(http, path, json.dumps(_call(place, draft)).encode()) for place, draft in todo)
            )
            for (place, _), answer in zip(todo, answers, strict=True):
                self.told["hotline", call_id(place)].add(answer.json()["number"])

    async def _by_folder(self, letters: Letters) -> None:
        for some in _some(letters, IN_A_FILE_MAX):
            calls = "\n".join(json.dumps(_call(place, draft), ensure_ascii=False) for place, draft in some)
            for _ in range(self.copies()):
                self._files += 1
                name = self.folder / f"calls-{self._files:04}.jsonl"
                name.with_suffix(".tmp").write_text(calls + "\n", "utf-8")
                name.with_suffix(".tmp").rename(name)
        async with asyncio.timeout(PATIENCE_S):
            while list(self.folder.glob("calls-*.jsonl")):
                await asyncio.sleep(AGAIN_S)
        refused = [path.name for path in self.folder.glob("refused/*")]
        assert not refused, f"files were refused: {refused[:5]}"
        for path in self.folder.glob("done/*.receipt.json"):
            for one in json.loads(path.read_text("utf-8")).get("letters", ()):
                self.told["hotline", one["call_id"]].add(one["number"])

    def assert_whole(self, patience_s: float) -> Verdict:
        """Every letter that a sender heard yes for has one number, one decision and one order; else AssertionError."""
        self.line.wait_finished(patience_s)
        wrong = self._other_than_one_number()
        assert not wrong, f"senders with more or fewer numbers than one: {wrong[:5]}"
        verdict = self.line.settle(self.numbers(), patience_s)
        assert verdict.good, f"{verdict}\n{self.line.tails(1500)}"
        return verdict

    def _other_than_one_number(self) -> list[str]:
        for record in records(self.line.bootstrap, topics.INBOX, self.line.prefix):
            item = wire.decode(topics.INBOX, record.value)
            if isinstance(item, Letter) and item.channel in ("sms", "telegram", "hotline"):
                self.told[item.channel, _sender_of(item)].add(item.number)
        return [f"{who}: {len(numbers)}" for who, numbers in self.told.items() if len(numbers) != 1]

    def numbers(self) -> list[str]:
        return sorted({number for numbers in self.told.values() for number in numbers})


def phone(place: int) -> str:
    return f"138{place:08d}"


def chat(place: int) -> int:
    return 500_000_000 + place


def call_id(place: int) -> str:
    return f"C{place:06d}"


def _sender_of(letter: Letter) -> str:
    match letter.channel:
        case "sms":
            return letter.sender.phone
        case "telegram":
            return letter.sender.handle
        case _:
            return letter.external_id.partition(":")[0]


def _some(letters: Letters, count: int) -> list[Letters]:
    return [letters[start : start + count] for start in range(0, len(letters), count)]


def _update(place: int, draft: Draft) -> dict[str, Any]:
    who = {"id": chat(place), "is_bot": False, "first_name": draft.name[:60] or "某某"}
    there = {"id": chat(place), "type": "private", "first_name": who["first_name"]}
    # Telegram cuts what is longer than this into messages of their own; one is enough here.
    return {
        "message": {
            "message_id": place + 1, "from": who, "chat": there, "date": SENT_AT + place, "text": draft.text[:4096],
        }
    }  # fmt: skip


def _call(place: int, draft: Draft) -> dict[str, Any]:
    return {
        "call_id": call_id(place), "phone": phone(place), "subject": draft.subject,
        "turns": [
            {"seq": 1, "speaker": "agent", "start_ms": 0, "end_ms": 900, "text": "您好,这里是 12345。"},
            {"seq": 2, "speaker": "citizen", "start_ms": 900, "end_ms": 9000, "text": draft.text},
        ],
    }  # fmt: skip
