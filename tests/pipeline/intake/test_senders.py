"""How much one sender may send: by address and sender, from named proxies only, and never a crowd behind one address."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
import structlog
from doorkit import post, running_door

from pipeline.blobs import BlobStore
from pipeline.intake.host import Host, Mount
from pipeline.intake.senders import Senders, Window
from pipeline.settings import Limits, Settings
from schemas.errors import Malformed, TooMany, Unavailable
from schemas.letter import Raw, Registered, RegisteredAgain, RegisteredNew
from schemas.ports import Reception, Request, Response, Webhook

LIMITS = Limits(per_address="4/minute", per_sender="2/10 minutes")
PROXY = "10.0.0.5"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Page:
    """Takes a letter of a person; the body is the phone."""

    body_bytes_max = 1000
    from_person = True
    seen: set[str]
    full = False

    def __init__(self) -> None:
        self.seen = set()

    def receive(self, request: Request) -> Reception:
        if request.body == b"wrong":
            raise Malformed("wrong")
        phone = request.body.decode()
        raw = Raw(
            account="a", external_id=request.headers.get("id", request.nonce), conversation=phone, letter_key="1",
            body=request.body, received_at=request.received_at,
        )  # fmt: skip
        return Reception((raw,), lambda _: Response(201, b"yes"), from_person=self.from_person)

    def refuse(self, _: Request, error: Exception) -> Response:
        match error:
            case TooMany():
                return Response(429, b"no")
            case Unavailable():
                return Response(503, b"no")
            case _:
                return Response(422, b"no")

    async def accept(self, raws: Sequence[Raw]) -> tuple[Registered, ...]:
        if self.full:
            raise Unavailable("full")
        (raw,) = raws
        kind = RegisteredAgain if raw.external_id in self.seen else RegisteredNew
        self.seen.add(raw.external_id)
        return (kind(number="1" * 16, query_code="1", letter_id=uuid4()),)


class Door:
    def __init__(self, folder: Path, limits: Limits = LIMITS) -> None:
        self.page, self.clock = Page(), Clock()
        self.host = Host(
            {"page": Mount(cast("Webhook", self.page), self.page.accept)}, BlobStore(folder).writer, ready=lambda: True,
            trusted_proxies=frozenset({PROXY}), senders=Senders(limits, self.clock),
        )  # fmt: skip

    async def send(self, client: str, phone: str = "", **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app=cast("Any", self.host), client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as peer:
            return await peer.post("/in/page/", content=phone or uuid4().hex, headers=headers)

    async def statuses(self, count: int, client: str, phone: str = "", **headers: str) -> list[int]:
        return [(await self.send(client, phone, **headers)).status_code for _ in range(count)]


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


async def test_one_address_is_asked_to_wait_and_the_others_go_on(door: Door) -> None:
    assert await door.statuses(5, "198.51.100.7") == [201, 201, 201, 201, 429]
    refused = await door.send("198.51.100.7")
    assert refused.headers["retry-after"] == "60"
    assert await door.statuses(1, "198.51.100.8") == [201]
    door.clock.now += 60
    assert await door.statuses(1, "198.51.100.7") == [201]


async def test_a_household_is_one_sender_by_its_64(door: Door) -> None:
    hosts = [f"2001:db8:1:2::{number:x}" for number in range(1, 6)]
    assert [(await door.send(host)).status_code for host in hosts] == [201, 201, 201, 201, 429]
    assert await door.statuses(1, "2001:db8:1:3::1") == [201]


async def test_one_phone_is_limited_where_it_writes_and_cannot_be_locked_out_from_elsewhere(
    door: Door,
) -> None:
    assert await door.statuses(3, "198.51.100.7", "13800001234") == [201, 201, 429]
    assert (await door.send("198.51.100.7", "13800001234")).headers["retry-after"] == "600"
    assert await door.statuses(1, "198.51.100.7", "13800001235") == [201]
    assert await door.statuses(1, "198.51.100.9", "13800001234") == [201]


async def test_what_was_not_stored_as_new_costs_nothing(door: Door) -> None:
    assert await door.statuses(9, "198.51.100.7", "wrong") == [422] * 9
    door.page.full = True
    assert await door.statuses(9, "198.51.100.7") == [503] * 9
    door.page.full = False
    assert await door.statuses(9, "198.51.100.7", "13800001234", id="pressed-twice") == [201] * 9
    assert await door.statuses(4, "198.51.100.7") == [201, 201, 201, 429]


async def test_only_a_named_proxy_says_who_is_behind_it(door: Door) -> None:
    through = {"x-forwarded-for": "203.0.113.9"}
    assert await door.statuses(5, PROXY, **through) == [201, 201, 201, 201, 429]
    assert await door.statuses(1, PROXY, **{"x-forwarded-for": "203.0.113.10"}) == [201]
    forged = [{"x-forwarded-for": f"203.0.113.{number}"} for number in range(100, 105)]
    assert [(await door.send("198.51.100.7", **one)).status_code for one in forged] == [
        201,
        201,
        201,
        201,
        429,
    ]
    chained = {"x-forwarded-for": f"192.0.2.1, 203.0.113.11, {PROXY}"}
    assert await door.statuses(5, PROXY, **chained) == [201, 201, 201, 201, 429]
    assert await door.statuses(1, "203.0.113.12") == [201]


async def test_a_proxy_that_the_settings_forgot_does_not_make_a_city_one_sender(door: Door) -> None:
    with structlog.testing.capture_logs() as logged:
        assert await door.statuses(9, "10.0.0.99", **{"x-forwarded-for": "203.0.113.9"}) == [201] * 9
    assert [entry["event"] for entry in logged] == ["door.proxy_unnamed"]
    assert "203.0" not in str(logged)
    assert await door.statuses(5, "10.0.0.100") == [201, 201, 201, 201, 429]


async def test_gateways_are_never_counted(door: Door) -> None:
    door.page.from_person = False
    assert await door.statuses(9, "198.51.100.7", "13800001234") == [201] * 9


async def test_fifty_people_behind_one_address_are_not_blocked(tmp_path: Path) -> None:
    """The limits as they are set by themselves; each writes once a minute for ten minutes."""
    door = Door(tmp_path, Limits())
    for _ in range(10):
        for person in range(50):
            assert (await door.send("198.51.100.7", f"1380000{person:04}")).status_code == 201
            door.clock.now += 60 / 50


async def test_limits_can_be_switched_off(tmp_path: Path) -> None:
    door = Door(tmp_path, Limits(per_address="", per_sender=""))
    assert await door.statuses(30, "198.51.100.7", "13800001234") == [201] * 30


def test_memory_is_bounded_and_the_longest_silent_is_forgotten() -> None:
    window = Window("1/minute", 2, Clock())
    for key in (b"a", b"b", b"a", b"c"):
        window.add(key)
    assert [window.wait_s(key) > 0 for key in (b"a", b"b", b"c")] == [True, False, True]


def test_the_window_moves() -> None:
    clock = Clock()
    window = Window("2/minute", 10, clock)
    waits: list[float] = []
    step: Callable[[], None] = lambda: waits.append(window.wait_s(b"a"))  # noqa: E731
    window.add(b"a")
    clock.now += 30
    window.add(b"a")
    step()
    clock.now += 31
    step()
    window.add(b"a")
    step()
    assert waits == [30, 0, 29]


def test_a_policy_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="per_address"):
        Limits(per_address="many")


async def test_the_running_door_counts_as_its_settings_say_and_keeps_the_words(keyed: Settings) -> None:
    limits = keyed.door.model_copy(update={"limits": Limits(per_sender="2/10 minutes")})
    settings = keyed.model_copy(update={"door": limits})
    async with running_door(settings, "127.0.0.1:1") as client:

        async def submit(text: str) -> httpx.Response:
            return await client.post("/in/web_form/", data={"text": text, "phone": "13800001234"})

        answers = [await submit(text) for text in ("路灯坏了", "井盖没了", "噪音太大")]
        program = [await post(client, f"program-{number}") for number in range(4)]
        metrics = (await client.get("/metrics")).text
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert int(answers[2].headers["retry-after"]) in range(590, 601)
    assert "请过 10 分钟" in answers[2].text
    assert "噪音太大" in answers[2].text
    assert [answer.status_code for answer in program] == [201] * 4
    assert 'xinshu_limited_total{by="sender",channel="web_form"} 1.0' in metrics
