"""The door's local socket, for the command line, the portal and nobody else: JSON over HTTP, mode 0600.

    POST /status         {city, number, part?, state, actor, reason?, answer?, at?, key?}     → {outcome, item_id}
    POST /instruction    {city, number, part?, actor, reason, verdict, at?, key?}             → {outcome, item_id}
    GET  /pieces/NUMBER                      what the spool knows of a number: ids, times, states, never a word
    GET  /undecided?after=&limit=            rows not finished
    GET  /accepted?after=&limit=             every row, for the ledger
    GET  /quarantine?after=&limit=           rows nobody could read
    GET  /quarantine/NUMBER                  one of them: reason, sizes, digests
    POST /redrive        {numbers: […]}      read them again                                  → {count}
    GET  /register/NUMBER?code_hash=…        a number too new for the register               → {state, received_at}

Without a *key*, saying the same thing again within the same minute is once. Errors: {"error": "…"} with 400, 404, 409,
503.
"""

import asyncio
import hashlib
import json
import os
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipeline import numbers
from pipeline.intake import reading
from pipeline.intake.accepting import Intake
from pipeline.intake.relay import Relay
from pipeline.intake.spool import Spool
from schemas import ids
from schemas.errors import Malformed, Unavailable
from schemas.inbox import Instruction, Status

BODY_BYTES_MAX = 256 * 1024
LIMIT_MAX = 10_000
BACKLOG = 128
REASON_REDRIVE = "redrive"


def listen_local(path: Path) -> socket.socket:
    """A socket in the file system that only its owner can use. What an earlier process left is replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)
    listening.setblocking(False)
    return listening


class _No(Exception):
    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error


Endpoint = Callable[[Request], Awaitable[Any]]


def _answering(endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await endpoint(request))
        except _No as no:
            return JSONResponse({"error": no.error}, no.status)
        except Malformed as error:
            return JSONResponse({"error": str(error)}, 400)
        except Unavailable as error:
            return JSONResponse({"error": str(error)}, 503)

    return answer


class SocketApi:
    """Builds the application."""

    def __init__(self, spool: Spool, intake: Intake, relay: Relay, keys: Mapping[str, bytes]) -> None:
        self._spool = spool
        self._intake = intake
        self._relay = relay
        self._keys = keys

    def application(self) -> Starlette:
        """The ASGI application."""
        routes = (
            ("/status", "POST", self._status),
            ("/instruction", "POST", self._instruction),
            ("/pieces/{number}", "GET", self._pieces),
            ("/undecided", "GET", self._listing(reading.undecided)),
            ("/accepted", "GET", self._listing(reading.accepted)),
            ("/quarantine", "GET", self._listing(reading.quarantined)),
            ("/quarantine/{number}", "GET", self._quarantined),
            ("/redrive", "POST", self._redrive),
            ("/register/{number}", "GET", self._registered),
        )
        return Starlette(
            routes=[Route(path, _answering(end), methods=[method]) for path, method, end in routes]
        )

    async def _read(self, query: Callable[..., Any], *arguments: Any) -> Any:
        def read() -> Any:
            reader = self._spool.reader()
            try:
                return query(reader, *arguments)
            finally:
                reader.close()

        return await asyncio.to_thread(read)

    async def _status(self, request: Request) -> Any:
        return await self._say(request, Status)

    async def _instruction(self, request: Request) -> Any:
        return await self._say(request, Instruction)

    async def _say(self, request: Request, kind: type[Status | Instruction]) -> Any:
        said = await _body(request)
        now = datetime.now(UTC)
        key = said.pop("key", None) or _key_of(said, kind.__name__, now)
        if not isinstance(key, str):
            raise _No(400, "key: must be text")
        own = {"id": str(ids.item_id(str(said.get("city")), key)), "received_at": now.isoformat()}
        try:
            item = kind.model_validate_json(json.dumps({"at": now.isoformat()} | said | own))
        except ValidationError as error:
            places = error.errors(include_input=False, include_url=False)
            raise _No(
                400, "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in places[:5])
            ) from None
        stored = await self._intake.say(item, key)
        if stored.outcome == "conflict":
            raise _No(409, "this key was used to say something else")
        return {"outcome": stored.outcome, "item_id": str(stored.item_id)}

    async def _pieces(self, request: Request) -> Any:
        found = await self._read(reading.pieces_of, _number(request))
        if not found:
            raise _No(404, "no such number in this door's spool")
        return found

    def _listing(self, query: Callable[[sqlite3.Connection, int, int], list[dict[str, Any]]]) -> Endpoint:
        async def listing(request: Request) -> Any:
            try:
                after = int(request.query_params.get("after", "0"))
                limit = min(int(request.query_params.get("limit", str(LIMIT_MAX))), LIMIT_MAX)
            except ValueError:
                raise _No(400, "after, limit: must be whole numbers") from None
            return await self._read(query, after, limit)

        return listing

    async def _quarantined(self, request: Request) -> Any:
        rows = [row for row in await self._read(reading.pieces_of, _number(request)) if row["error"]]
        if not rows:
            raise _No(404, "no such number in quarantine")
        return rows

    async def _redrive(self, request: Request) -> Any:
        wanted = (await _body(request)).get("numbers")
        if not isinstance(wanted, list) or len(wanted) > LIMIT_MAX:
            raise _No(400, "numbers: must be a list")
        seqs = [
            row["seq"]
            for number in wanted
            for row in await self._read(reading.pieces_of, numbers.plain(str(number)))
            if row["error"] and row["bytes_kept"]
        ]
        await self._relay.send_again(seqs, REASON_REDRIVE)
        return {"count": len(seqs)}

    async def _registered(self, request: Request) -> Any:
        number = _number(request)
        found = await self._read(reading.letter_of, number)
        if found is not None and found.city in self._keys:
            key = self._keys[found.city]
            right = numbers.code_hash(key, number, numbers.query_code(key, found.letter))
            if right in request.query_params.getlist("code_hash"):
                return {"state": "registered", "received_at": found.received_at.isoformat()}
        raise _No(404, "no such number and code")


def _number(request: Request) -> str:
    number = numbers.plain(request.path_params["number"])
    if not numbers.is_number(number):
        raise _No(400, "that is no registration number")
    return number


async def _body(request: Request) -> dict[str, Any]:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > BODY_BYTES_MAX:
            raise _No(400, f"more than {BODY_BYTES_MAX} bytes")
    try:
        found = json.loads(data)
    except ValueError:
        raise _No(400, "the body is no JSON") from None
    if not isinstance(found, dict):
        raise _No(400, "the body is no JSON object")
    return found


def _key_of(said: Mapping[str, Any], kind: str, now: datetime) -> str:
    told = json.dumps([kind, now.strftime("%Y%m%d%H%M"), said], sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
