"""A real Kannel calls the door: GSM and UCS-2 from fakesmsc, long messages from an SMPP carrier, our 503 and its retry."""

import itertools
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hostkit import Running, running_host

from connectors.sms.payload import normalise
from schemas.letter import Content, Raw

pytestmark = [
    pytest.mark.integration,
    pytest.mark.needs("bearerbox", "smsbox", "/usr/lib/kannel/test/fakesmsc"),
]
CASES = Path(__file__).parent / "cases"
ROOT = Path(__file__).resolve().parents[3]
FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
SECRET = "shared-path-0001"
POST = "?charset=%C&id=%I&unix=%T"
GET = "?from=%p&to=%P&text=%b&coding=%c&charset=%C&udh=%u&id=%I&smsc=%i&unix=%T"
LONG = "小区东门的路灯坏了😀，晚上看不清路，" * 12 + "请派人修。"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("host")
    (folder / "sms.json").write_bytes((CASES / "settings.json").read_bytes())
    with running_host(folder) as running:
        yield running


@pytest.fixture
def kannel(
    host: Running, running: Any, counterparts: Path, open_folder: Path, free_ports: Callable[[int], int]
) -> Callable[..., Any]:
    """``with kannel("whole") as port``: a Kannel that calls *host*, its carrier on *port* + 2."""

    @contextmanager
    def started(how: str, smpp: int | None = None, **environ: str) -> Iterator[int]:
        port = free_ports(4)
        url = f"{host.url}/in/sms/kannel/{SECRET}"
        command = ["sh", counterparts / "kannel.sh", open_folder, port, how, *([smpp] if smpp else [])]
        with running(
            command,
            ready=lambda: answers(port + 3),
            environ={"POST_URL": url + POST, "GET_URL": url + GET} | environ,
        ):
            yield port

    return started


@pytest.fixture
def carrier(
    running: Any, counterparts: Path, needs: Callable[[str], str], free_ports: Callable[[int], int]
) -> Iterator[int]:
    """An SMPP carrier: SMPP on the port, control on the next."""
    modules = ROOT / "var" / "counterparts" / "node_modules"
    if not (modules / "smpp").is_dir():
        needs("smpp of npm (make counterparts)")
    port = free_ports(2)
    with running(
        [needs("node"), counterparts / "smsc.js", port, port + 1], ready=lambda: answers(port + 1),
        environ={"NODE_PATH": str(modules)},
    ):  # fmt: skip
        yield port


@pytest.fixture(scope="module")
def free_ports() -> Callable[[int], int]:
    """Ports in a row that nobody has, below those the system hands out by itself."""
    starts = iter(range(15000 + os.getpid() % 1000 * 8, 32000, 16))

    def found(count: int) -> int:
        return next(start for start in starts if all(can_bind(start + step) for step in range(count)))

    return found


def can_bind(port: int) -> bool:
    with socket.socket() as peer:
        try:
            peer.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    with socket.socket() as peer:
        peer.settimeout(0.2)
        return peer.connect_ex(("127.0.0.1", port)) == 0


def kept(host: Running) -> list[Raw]:
    return [Raw.model_validate_json(json.dumps(piece)) for piece in host.told()["pieces"]]


def within(seconds: float, condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.05)
    return found


def new_since(host: Running, before: int, count: int = 1, seconds: float = 20) -> list[Raw]:
    found: list[Raw] = within(
        seconds, lambda: pieces if len(pieces := kept(host)[before:]) >= count else None
    )
    return found


def letters(pieces: list[Raw]) -> list[Content]:
    by_key = itertools.groupby(sorted(pieces, key=lambda raw: raw.letter_key), key=lambda raw: raw.letter_key)
    return [normalise(list(group)) for _, group in by_key]


def text_in(running: Any, port: int, sender: str, receiver: str, *words: str) -> Any:
    """A message from a citizen, by fakesmsc."""
    command = [
        FAKESMSC,
        "-H",
        "127.0.0.1",
        "-r",
        port + 2,
        "-i",
        "0.1",
        "-m",
        "1",
        " ".join((sender, receiver, *words)),
    ]
    return running(command, ready=lambda: True)


def ucs2(text: str) -> tuple[str, str]:
    return "ucs2", "".join(f"%{byte:02x}" for byte in text.encode("utf-16-be"))


@pytest.mark.parametrize("receiver", ["12345", "10690012345"])
@pytest.mark.parametrize("recode", ["true", "false"])
def test_gsm_and_ucs2_by_get_and_by_post(
    host: Running, kannel: Any, running: Any, receiver: str, recode: str
) -> None:
    sender = f"+86138000{receiver[:1]}{recode == 'true':d}001"
    with kannel("whole", RECODE=recode) as port:
        for words, meant in (
            (("text", "street", "lamp", "is", "broken"), "street lamp is broken"),
            (ucs2("灯坏了，请修😀"), "灯坏了，请修😀"),
        ):
            before = len(kept(host))
            with text_in(running, port, sender, receiver, *words):
                (piece,) = new_since(host, before)
            content = normalise((piece,))
            assert content.text == meant
            assert (content.sender.handle, content.sender.phone) == (sender, sender[3:])
            assert content.sent_at is not None
            assert piece.account == receiver


def test_our_503_first_then_the_retry_is_heard_and_the_message_is_one(
    host: Running, kannel: Any, running: Any
) -> None:
    before = len(kept(host))
    with kannel("whole") as port:
        host.full(full=True)
        try:
            with text_in(running, port, "+8613800000503", "10690012345", *ucs2("停水三天了")):
                within(20, lambda: host.told()["refused"] >= 2)
                assert len(kept(host)) == before
                host.full(full=False)
                (piece,) = new_since(host, before)
        finally:
            host.full(full=False)
        assert normalise((piece,)).text == "停水三天了"


def test_without_http_request_retry_a_single_503_loses_the_message(
    host: Running, kannel: Any, running: Any
) -> None:
    before, told_no = len(kept(host)), host.told()["refused"]
    with kannel("whole", RETRY="0") as port:
        host.full(full=True)
        try:
            with text_in(running, port, "+8613800000504", "10690012345", *ucs2("没有人听见")):
                within(20, lambda: host.told()["refused"] > told_no)
        finally:
            host.full(full=False)
        with text_in(running, port, "+8613800000504", "10690012345", *ucs2("第二条")):
            (piece,) = new_since(host, before)
    assert normalise((piece,)).text == "第二条"
    assert host.told()["refused"] == told_no + 1


def push(carrier: int, sender: str, receiver: str, part: bytes, header: bytes = b"") -> None:
    """One deliver_sm, answered by Kannel with 0."""
    sms = {
        "from": sender,
        "to": receiver,
        "coding": 8,
        "esm_class": 0x40 if header else 0,
        "hex": (header + part).hex(),
    }
    answer = httpx.post(f"http://127.0.0.1:{carrier + 1}/", json=sms, timeout=15)
    assert answer.json() == {"command_status": 0}


def parts_of(text: str, ref: int) -> list[tuple[bytes, bytes]]:
    data = text.encode("utf-16-be")
    cuts = [data[start : start + 134] for start in range(0, len(data), 134)]
    return [(cut, bytes([5, 0, 3, ref, len(cuts), no])) for no, cut in enumerate(cuts, 1)]


def bound(carrier: int) -> bool:
    return httpx.get(f"http://127.0.0.1:{carrier + 1}/", timeout=5).status_code == 200


@pytest.mark.parametrize("receiver", ["12345", "10690012345"])
@pytest.mark.parametrize("how", ["whole", "parts"])
def test_a_long_chinese_message_with_parts_out_of_order(
    host: Running, kannel: Any, carrier: int, receiver: str, how: str
) -> None:
    parts = parts_of(LONG, 0x2A)
    assert len(parts) > 2
    assert any(0xD8 <= part[-2] < 0xDC for part, _ in parts), "no emoji is cut where two parts meet"
    before = len(kept(host))
    with kannel(how, carrier, RECODE="true" if how == "whole" else "false"):
        within(20, lambda: bound(carrier))
        for part, header in (*parts[1::2], *parts[::2]):
            push(carrier, f"86138000{how == 'whole':d}1{receiver[:2]}0", receiver, part, header)
        pieces = new_since(host, before, 1 if how == "whole" else len(parts))
    (content,) = letters(pieces)
    assert content.text == LONG
    assert content.flags == ()


def test_an_incomplete_one_is_marked(host: Running, kannel: Any, carrier: int) -> None:
    parts = parts_of(LONG, 0x2B)
    before = len(kept(host))
    with kannel("parts", carrier, RECODE="false"):
        within(20, lambda: bound(carrier))
        for part, header in parts[1:]:
            push(carrier, "8613800000077", "10690012345", part, header)
        pieces = new_since(host, before, len(parts) - 1)
    (content,) = letters(pieces)
    assert "incomplete" in content.flags
    assert content.text.startswith("……")
