"""``xinshu normalise CHANNEL FILE…``: raw payloads become letters, read as the door reads them, offline."""

import hashlib
import json
import mimetypes
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from pipeline.blobs import BlobStore
from pipeline.cli.words import say
from pipeline.intake.worker import Request, Unreadable, Worker
from pipeline.plugins import installed
from pipeline.settings import Door
from pipeline.trouble import Trouble
from schemas.letter import Content, Raw

ACCOUNT = "offline"


@click.command(
    help=say(
        "把渠道的原始内容(如 .eml 文件)逐个读成一行 JSON,顺序与参数相同;读不了的也占一行,写明原因,不会停下。"
        "文件名 - 表示标准输入。\n\n"
        '输出:{"input": 文件名, "letters": [...]} 或 {"input": 文件名, "error": {"kind", "detail"}}。'
        "文件本身打不开时退出码 1。\n\n例:xinshu normalise email 来信/*.eml",
        "Read a channel's raw payloads (.eml files, for instance), one JSON line each in the order given; what cannot "
        "be read gets a line that says why, and nothing stops. - is standard input.\n\n"
        'Prints {"input", "letters": [...]} or {"input", "error": {"kind", "detail"}}. Exit code 1 where a file '
        "cannot be opened.\n\nExample: xinshu normalise email mails/*.eml",
    )
)
@click.argument("channel")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def normalise(channel: str, files: tuple[str, ...]) -> int:
    """1 where a file cannot be opened."""
    there = sorted(installed("xinshu.connectors"))
    if channel not in there:
        near = get_close_matches(channel, there, 1)
        raise Trouble("channel.unknown", channel=channel, near=near, there=" ".join(there))
    code = 0
    for line in _lines(channel, files):
        click.echo(json.dumps(line, ensure_ascii=False))
        code = max(code, int(line.get("error", {}).get("kind") == "file"))
    return code


def _lines(channel: str, files: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    limits = Door()
    with tempfile.TemporaryDirectory(prefix="xinshu-normalise-") as folder:
        worker = Worker(
            [channel], BlobStore(Path(folder, "blobs")), Path(folder, "scratch"),
            limits.worker_memory_bytes, limits.worker_timeout_s,
        )  # fmt: skip
        try:
            for name in files:
                yield _line(channel, name, worker)
        finally:
            worker.kill()


def _line(channel: str, name: str, worker: Worker) -> dict[str, Any]:
    try:
        body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        return {"input": name, "error": {"kind": "file", "detail": error.strerror}}
    request = Request(channel, ((_meta(name, body), body, ""),))
    result = worker.read([request])[0]
    if result == "suspect":
        result = worker.read_alone(request)
    if isinstance(result, Unreadable):
        kind = "fault" if result.is_fault else "malformed"
        detail = result.detail if not result.is_fault else result.error
        return {"input": name, "error": {"kind": kind, "detail": detail or result.error}}
    return {"input": name, "letters": [as_letter(result)]}


def _meta(name: str, body: bytes) -> bytes:
    """What a connector would have said of the bytes, as far as a bare file tells."""
    digest = hashlib.sha256(body).hexdigest()
    raw = Raw(
        account=ACCOUNT, external_id=digest, conversation="", letter_key=digest, body=b"",
        media_type=mimetypes.guess_type(name)[0] or "application/octet-stream", received_at=datetime.now(UTC),
    )  # fmt: skip
    return raw.model_dump_json(exclude={"body"}).encode()


def as_letter(content: Content) -> dict[str, Any]:
    """The content as a letter outside the line: no number, no city; when it came in is not known."""
    letter = content.model_dump(mode="json")
    letter["received_at"] = None
    letter["attachments"] = [
        {key: one[key] for key in ("name", "media_type", "size_bytes", "sha256")}
        for one in letter["attachments"]
    ]
    return letter
