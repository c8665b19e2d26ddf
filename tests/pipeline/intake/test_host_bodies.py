"""Bodies of every size and speed on a real server: what is cut, where, and at what cost in memory."""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from hostkit import FORM_END, FORM_TYPE, Running, form_part, letter_json, running_host

from pipeline.blobs import BlobStore
from pipeline.http_server import bound, serve
from pipeline.intake.host import Host

MIB = 1024 * 1024
LIMIT = 25 * MIB
KEY = "0123456789abcdef-"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_host(tmp_path_factory.mktemp("host")) as running:
        yield running


def posted(host: Running, body: Iterator[bytes] | bytes, content_type: str = FORM_TYPE) -> httpx.Response:
    headers = {"content-type": content_type}
    return host.http.post("/in/web_form/", content=body, headers=headers)


def form(*files: tuple[str, bytes], text: str = "井盖丢了") -> bytes:
    fields = form_part("account", b"mayor") + form_part("text", text.encode())
    return fields + b"".join(form_part("files", content, name) for name, content in files) + FORM_END


def chunked_upload(total_bytes: int) -> Iterator[bytes]:
    start = form_part("account", b"mayor") + form_part("text", "太大了".encode())
    start += form_part("files", b"", "big.bin")[:-2]
    yield start
    left = total_bytes - len(start) - 2 - len(FORM_END)
    while left > 0:
        piece = b"x" * min(left, 64 * 1024)
        left -= len(piece)
        yield piece
    yield b"\r\n" + FORM_END


def test_25_mib_in_chunks_arrives_and_one_byte_more_is_cut_while_memory_stays_flat(host: Running) -> None:
    process = psutil.Process(host.process.pid)
    assert posted(host, form(("warm.bin", b"x" * MIB), text="热身")).status_code == 201
    before = process.memory_info().rss
    peak = before

    def watched(total_bytes: int) -> Iterator[bytes]:
        nonlocal peak
        for chunk in chunked_upload(total_bytes):
            yield chunk
            peak = max(peak, process.memory_info().rss)

    whole = posted(host, watched(LIMIT))
    cut = posted(host, watched(LIMIT + 1))
    assert whole.status_code == 201
    assert cut.status_code == 413
    assert "太大了" in cut.text, "the fields before the file are kept"
    assert "25 MB" in cut.text
    assert peak - before < 8 * MIB
    told = host.told()
    assert told["half"] == 0
    assert sum(file["size_bytes"] > 20 * MIB for piece in told["pieces"] for file in piece["files"]) == 1


def test_a_form_that_declares_too_much_is_cut_early_and_its_words_are_kept(host: Running) -> None:
    head = f"POST /in/web_form/ HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM_TYPE}\r\ncontent-length: {LIMIT + 1}\r\n\r\n"
    start = form_part("text", "先写的话".encode()) + form_part("files", b"", "big.bin")[:-2]
    answer = host.talk(head.encode(), start, b"x" * (2 * MIB))
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer
    assert "先写的话" in answer.decode()
    assert "25 MB" in answer.decode()


def test_json_that_declares_too_much_is_refused_unread(host: Running) -> None:
    head = "POST /in/web_form/api/letters HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    answer = host.talk(f"{head}content-length: {MIB + 1}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 413")


def test_json_over_one_mib_is_cut_with_and_without_a_length(host: Running) -> None:
    body = letter_json(text="路" * 400_000)
    headers = {"content-type": "application/json", "idempotency-key": KEY + "large"}
    url = "/in/web_form/api/letters"
    for content in (body, iter([body[:1000], body[1000:]])):
        answer = host.http.post(url, content=content, headers=headers)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"


def test_files_are_stored_by_content_and_those_of_refused_forms_are_not(host: Running) -> None:
    kept, refused = os.urandom(300_000), os.urandom(300_000)
    assert posted(host, form(("photo.jpg", kept))).status_code == 201
    assert posted(host, form(("photo.jpg", refused), text="")).status_code == 422
    assert posted(host, form(("photo.jpg", refused))[:-40]).status_code == 400
    blobs = host.told()["blobs"]
    assert hashlib.sha256(kept).hexdigest() in blobs
    assert hashlib.sha256(refused).hexdigest() not in blobs
    assert host.told()["half"] == 0


def test_a_form_that_stops_in_the_middle_leaves_nothing(host: Running) -> None:
    whole = form(("photo.jpg", os.urandom(200_000)))
    head = f"POST /in/web_form/ HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM_TYPE}\r\ncontent-length: {len(whole)}\r\n\r\n"
    before = host.told()
    host.talk(head.encode(), whole[:100_000], end=True, timeout_s=2)
    assert host.told() == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"--\r\n", 400),
        (FORM_END, 422),
        (b"--other\r\n" + FORM_END, 400),
        (form_part("text", b"x") * 101 + FORM_END, 400),
        (form_part("files", b"x", "a.txt") * 21 + FORM_END, 400),
        (form_part("text", b"x" * (MIB + 1)) + FORM_END, 400),
        (b"------case\r\n" + b"X-Long: " + b"y" * 10_000 + b"\r\n\r\n" + FORM_END, 400),
        (b"------case\r\n" + b"A: b\r\n" * 20 + b"\r\n" + FORM_END, 400),
        (b"------case\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + FORM_END, 400),
    ],
    ids=[
        "empty",
        "dashes",
        "no_parts",
        "other_boundary",
        "parts",
        "files",
        "field",
        "header",
        "headers",
        "no_name",
    ],
)
def test_forms_out_of_bounds_are_refused_with_a_page(host: Running, body: bytes, status: int) -> None:
    answer = posted(host, body)
    assert answer.status_code == status
    assert "来信还没有提交" in answer.text


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=" + "x" * 300])
def test_forms_without_a_usable_boundary_are_refused(host: Running, boundary: str) -> None:
    assert posted(host, form(), "multipart/form-data" + boundary).status_code == 400


def test_the_name_of_a_file_may_come_in_the_form_that_python_programs_send(host: Running) -> None:
    part = (b'------case\r\nContent-Disposition: form-data; name="files"; '
            b"filename*=utf-8''%E4%BA%95%E7%9B%96.png\r\n\r\npng\r\n")  # fmt: skip
    text = "文件名用另一种写法"
    body = form_part("account", b"mayor") + form_part("text", text.encode()) + part + FORM_END
    assert posted(host, body).status_code == 201
    assert [file["name"] for piece in host.told()["pieces"] for file in piece["files"]].count("井盖.png") == 1


def test_headers_without_end_are_cut(host: Running) -> None:
    flood = host.talk(b"GET / HTTP/1.1\r\n", *[b"x-a: " + b"y" * 10_000 + b"\r\n"] * 40)
    assert flood.startswith(b"HTTP/1.1 431") or flood == b""
    assert host.http.get("/live").status_code == 200


def test_the_log_holds_no_word_of_a_letter(host: Running) -> None:
    posted(host, form(text="canary-张三-13800001234"))
    posted(host, form(text="canary-张三-13800001234")[:-50])
    assert "canary" not in Path(host.log).read_text()


async def test_a_peer_that_says_nothing_is_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pipeline.http_server.HEAD_TIMEOUT_S", 0.1)
    host = Host({}, BlobStore(tmp_path).writer, ready=lambda: True)
    stop, listener = asyncio.Event(), bound("127.0.0.1", 0, "port")
    port = listener.getsockname()[1]
    serving = asyncio.create_task(serve(host, listener, stop=stop))
    for said in (b"", b"GET /live HTTP/1.1\r\nhost"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 408")
        writer.close()
        await writer.wait_closed()
    stop.set()
    await asyncio.wait_for(serving, 10)
