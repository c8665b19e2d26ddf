"""Callbacks through the real host: the vendor's yes only once it is kept, a no that makes it come again, large and broken bodies."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

import httpx
import pytest
from hostkit import Running, running_host

from connectors._http_case import split
from connectors.sms.payload import normalise
from schemas.letter import Raw

CASES = Path(__file__).parent / "cases"
SECRET = "shared-path-0001"
ALIYUN = f"/in/sms/aliyun/{SECRET}"
TENCENT = f"/in/sms/tencent/{SECRET}"
KANNEL = f"/in/sms/kannel/{SECRET}"
FORM = f"/in/sms/form/{SECRET}"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("host")
    (folder / "sms.json").write_bytes((CASES / "settings.json").read_bytes())
    with running_host(folder) as running:
        yield running


def aliyun(sequence: int, text: str = "路灯坏了", **over: Any) -> dict[str, Any]:
    return {
        "phone_number": "13800000001", "content": text, "send_time": "2026-11-22 19:20:01", "dest_code": "10690012345",
        "sequence_id": sequence,
    } | over  # fmt: skip


def kept(host: Running) -> list[Raw]:
    return [Raw.model_validate_json(json.dumps(piece)) for piece in host.told()["pieces"]]


def texts(host: Running) -> list[str]:
    return [normalise((raw,)).text for raw in kept(host) if "element" not in str(raw.body)]


def test_every_vendor_hears_its_own_yes_and_repeats_are_absorbed(host: Running) -> None:
    before = len(kept(host))
    for _ in range(2):
        said = host.http.post(ALIYUN, json=[aliyun(1), aliyun(2, "停水三天")])
        assert (said.status_code, said.json()) == (200, {"code": 0, "msg": "接收成功"})
        reply = {
            "extend": "",
            "mobile": "13800000001",
            "nationcode": "86",
            "sign": "s",
            "text": "井盖",
            "time": 1795346401,
        }
        said = host.http.post(TENCENT, json=reply)
        assert (said.status_code, said.json()) == (200, {"result": 0, "errmsg": "OK"})
        said = host.http.get(
            KANNEL,
            params={"from": "+8613800000001", "to": "1", "text": "你好", "id": "7", "charset": "UTF-8"},
        )
        assert (said.status_code, said.content) == (200, b"")
    assert len(kept(host)) == before + 4
    assert host.http.post(ALIYUN, json=[aliyun(1, send_time="2026-11-23 19:20:01")]).status_code == 200
    assert len(kept(host)) == before + 5


def test_while_the_store_is_away_every_vendor_is_told_to_come_again(host: Running) -> None:
    before = len(kept(host))
    host.full(full=True)
    try:
        said = host.http.post(ALIYUN, json=[aliyun(90)])
        assert (said.status_code, said.headers["retry-after"]) == (503, "17")
        assert said.json()["code"] != 0
        said = host.http.post(TENCENT, json={"mobile": "1", "text": "x", "time": 1, "extend": ""})
        assert (said.status_code, said.json()["result"] != 0) == (500, True)
        assert (
            host.http.get(KANNEL, params={"from": "1", "to": "1", "text": "x", "id": "90"}).status_code == 503
        )
    finally:
        host.full(full=False)
    assert len(kept(host)) == before
    assert host.http.post(ALIYUN, json=[aliyun(90)]).status_code == 200
    assert len(kept(host)) == before + 1


@pytest.mark.parametrize(
    ("path", "kind", "body", "status"),
    [
        (ALIYUN, "application/json", b"", 400),
        (ALIYUN, "application/json", b"[", 400),
        (ALIYUN, "application/json", json.dumps([aliyun(7)]).encode()[:-4], 400),
        (ALIYUN, "application/json", b"[" * 5000, 400),
        (ALIYUN, "application/json", b"\x00" * 64, 400),
        (ALIYUN, "application/json", b"[{}]", 400),
        (ALIYUN, "text/xml", b"<x/>", 400),
        (ALIYUN, "application/json", b" " * (1024 * 1024 + 1), 413),
        (FORM, "application/x-www-form-urlencoded", b"words=" + b"a" * (1024 * 1024), 413),
        (FORM, "application/x-www-form-urlencoded", b"a&" * 2000, 400),
        (f"/in/sms/aliyun/{SECRET[:-1]}2", "application/json", json.dumps([aliyun(7)]).encode(), 403),
        ("/in/sms/aliyun", "application/json", json.dumps([aliyun(7)]).encode(), 403),
        ("/in/sms/", "application/json", json.dumps([aliyun(7)]).encode(), 403),
        (f"/in/sms/nobody/{SECRET}", "application/json", json.dumps([aliyun(7)]).encode(), 403),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_and_leaves_nothing(
    host: Running, path: str, kind: str, body: bytes, status: int
) -> None:
    before = len(kept(host))
    said = host.http.post(path, content=body, headers={"content-type": kind})
    assert said.status_code == status
    assert len(kept(host)) == before
    assert SECRET not in said.text


def test_a_line_of_nearly_a_mebibyte_is_kept_whole(host: Running) -> None:
    text = "路灯" * 170_000
    said = host.http.post(ALIYUN, content=json.dumps([aliyun(50, text)], ensure_ascii=False).encode())
    assert said.status_code == 200
    assert text in texts(host)


def test_a_body_without_a_content_type_is_read_by_its_looks(host: Running) -> None:
    said = host.http.post(
        f"/in/sms/parts/{SECRET}", content=b"msisdn=13800000001&to=12345&text=%E7%81%AF&messageId=Q1"
    )
    assert said.status_code == 200
    assert "灯" in texts(host)


def test_a_long_query_is_never_cut(host: Running) -> None:
    text = "小区东门的路灯坏了，请派人修。" * 90
    query = f"from=13800000001&to=12345&id=long&charset=UTF-16BE&text={quote_from_bytes(text.encode('utf-16-be'))}"
    assert len(query) > 5000
    assert host.http.get(f"{KANNEL}?{query}&x={'y' * 20_000}").status_code == 200
    assert text in texts(host)


def test_an_url_beyond_all_limits_is_refused_not_cut(host: Running) -> None:
    before = len(kept(host))
    query = f"from=13800000001&to=12345&id=longer&text={'a' * 300_000}"
    try:
        assert host.http.get(f"{KANNEL}?{query}").status_code >= 400
    except (httpx.HTTPError, httpx.InvalidURL):
        answer = host.talk(f"GET {KANNEL}?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert b" 200 " not in answer.split(b"\r\n")[0]
    assert len(kept(host)) == before


REQUESTS = sorted(path.stem for path in CASES.glob("*.http") if not path.stem.startswith("custom_signed"))


@pytest.mark.parametrize("case", REQUESTS)
def test_the_host_reads_a_case_as_its_file_is_read(host: Running, case: str) -> None:
    head, body = split((CASES / f"{case}.http").read_bytes())
    first, *lines = head.decode("latin-1").splitlines()
    method, _, target = first.partition(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    expected = json.loads((CASES / f"{case}.expected.json").read_text())
    raw = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")
    answer = host.talk(
        f"{method} /in/sms{target} HTTP/1.1\r\nHost: door\r\nContent-Length: {len(body)}\r\n".encode("latin-1")
        + raw + b"\r\n" + body
    )  # fmt: skip
    assert answer.startswith(f"HTTP/1.1 {expected['status']} ".encode())
    there = {piece.external_id for piece in kept(host)}
    for piece in expected.get("pieces", ()):
        # Without id and time the day is part of the key, and the case's day is not today.
        assert piece["external_id"] in there or ":-:" in piece["external_id"]


def test_logs_hold_no_words_numbers_or_secrets(host: Running) -> None:
    log = host.log.read_text()
    for word in ("路灯", "13800000001", SECRET):
        assert word not in log
