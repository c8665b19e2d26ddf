"""The calls to Telegram that this channel makes, by python-telegram-bot's ``Bot``, with its errors made ours.

Never its Updater: that confirms updates once they stand in memory. No message of an error here quotes the library's or
the HTTP client's: both may hold the address that was asked, and the address holds the token.
"""

import logging
import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import httpx

# Else every 429 warns that the waiting time will be a timedelta one day; it is one here.
os.environ.setdefault("PTB_TIMEDELTA", "true")

from telegram import Bot
from telegram.error import (
    BadRequest,
    Conflict,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from connectors.telegram.media import FILE_BYTES_MAX
from connectors.telegram.settings import BotSettings
from schemas.errors import Refused, Unavailable

WANTED = ("message", "edited_message")
UPDATES_MAX = 100
CHUNK_BYTES = 64 * 1024
_ANSWER_S_MAX = 15.0
_SLOWLY_S = 30.0

OTHER_POLLER = (
    "another program asks for this bot's updates with the same token: stop it (or revoke the token with BotFather and "
    "set the new one here); of two pollers each takes letters away from the other"
)
WEBHOOK_SET = (
    "a webhook is set for this bot, so Telegram sends its updates there and polling gets none: delete it "
    '(deleteWebhook, without drop_pending_updates), or say mode = "webhook"'
)
WRONG_TOKEN = "Telegram does not know this token: take the present one from BotFather"  # noqa: S105 - a sentence
TOO_MANY = "Telegram asks to wait: too many requests"
NO_ANSWER = "Telegram cannot be reached, or did not answer"


class Rejected(Unavailable):
    """Telegram does not know the token (any more): a person must set another one."""


class Taken(Unavailable):
    """Somebody else takes this bot's updates: another poller, or a webhook."""


class Unreachable(Unavailable):
    """No answer, or none that can be read. How long it will last, nobody said."""


class _Peer(Bot):
    """A bot that hands over updates as Telegram wrote them: what this library cannot read must not be lost."""

    async def raw_updates(self, offset: int | None, timeout_s: int) -> Any:
        asked = {
            "offset": offset,
            "timeout": timeout_s,
            "limit": UPDATES_MAX,
            "allowed_updates": list(WANTED),
        }
        return await self._post("getUpdates", asked, read_timeout=timeout_s + _ANSWER_S_MAX)


class Api:
    """One bot's side of the Bot API. Use as made by ``connected``."""

    def __init__(self, peer: _Peer, http: httpx.AsyncClient, file_url: str) -> None:
        self._peer = peer
        self._http = http
        self._file_url = file_url

    async def updates(self, offset: int | None, timeout_s: int) -> Sequence[dict[str, Any]]:
        """The oldest updates from *offset* on, in their order; all before it are confirmed. Raises Unavailable."""
        with _translated():
            found = await self._peer.raw_updates(offset, timeout_s)
        if not isinstance(found, list) or not all(
            isinstance(one, dict) and type(one.get("update_id")) is int for one in found
        ):
            raise Unreachable("what came is no list of updates")
        return found

    async def set_webhook(self, url: str, secret_token: str) -> None:
        """Have updates sent to *url*; those that wait are kept. Raises Unavailable, Refused."""
        with _translated():
            await self._peer.set_webhook(url, secret_token=secret_token, allowed_updates=WANTED)

    async def download(self, file_id: str) -> AsyncGenerator[bytes, None]:
        """A file's bytes. Raises Refused where it is gone or too large, else Unavailable."""
        with _translated():
            file = await self._peer.get_file(file_id)
            path = file.file_path or ""
        if (file.file_size or 0) > FILE_BYTES_MAX:
            raise Refused("the file is larger than 20 MiB")
        if not path.startswith(self._file_url):
            raise Unavailable("Telegram gave no address for the file")
        done_bytes = 0
        with _translated():
            async with self._http.stream("GET", path, headers={"accept-encoding": "identity"}) as answer:
                _check(answer)
                async for chunk in answer.aiter_raw(CHUNK_BYTES):
                    done_bytes += len(chunk)
                    if done_bytes > FILE_BYTES_MAX:
                        raise Refused("the file is larger than 20 MiB")
                    yield chunk


def _check(answer: httpx.Response) -> None:
    """Raises Refused, Unavailable unless *answer* is a file."""
    if answer.status_code in (400, 404, 410):
        raise Refused("the file is gone")
    if answer.status_code != 200:
        waiting = answer.headers.get("retry-after", "")
        raise Unavailable(
            f"status {answer.status_code}", float(waiting) if waiting.isdecimal() else _SLOWLY_S
        )


@contextmanager
def _translated() -> Iterator[None]:
    """Errors of the library and the HTTP client as ours. Their texts hold the token, so none is quoted or chained."""
    try:
        yield
    except RetryAfter as error:
        wait = error.retry_after
        seconds = wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
        raise Unavailable(TOO_MANY, max(1.0, seconds)) from None
    except Conflict as error:
        raise Taken(WEBHOOK_SET if "webhook" in str(error) else OTHER_POLLER, _SLOWLY_S) from None
    except InvalidToken:
        raise Rejected(WRONG_TOKEN, _SLOWLY_S) from None
    except BadRequest as error:
        said = str(error).lower()
        # Telegram says "wrong file_id or the file is temporarily unavailable", and the id came from Telegram itself.
        if "temporarily" in said:
            raise Unavailable("Telegram cannot hand out the file now", _SLOWLY_S) from None
        too_large = "too big" in said
        raise Refused(
            "the file is larger than 20 MiB" if too_large else "Telegram refuses the request"
        ) from None
    except (TelegramError, httpx.HTTPError, httpx.InvalidURL):
        raise Unreachable(NO_ANSWER) from None
    except (KeyError, TypeError, AttributeError, ValueError):
        raise Unreachable("an answer of Telegram that cannot be read") from None


@cache
def _trusted() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than asking for a small file."""
    return httpx.create_ssl_context()


@asynccontextmanager
async def connected(bot: BotSettings) -> AsyncIterator[Api]:
    """Connections of one bot. Nothing is asked yet."""
    # Their log lines hold the address that was asked, with the token in it, or what was received.
    for library in ("httpx", "httpcore", "telegram"):
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    proxy = bot.proxy.get_secret_value() or None
    kept = {"verify": _trusted()}
    requests = [
        HTTPXRequest(connection_pool_size=2, proxy=proxy, connect_timeout=10, httpx_kwargs=kept)
        for _ in range(2)
    ]
    peer = _Peer(
        bot.token.get_secret_value(),
        base_url=f"{bot.api_url}/bot",
        base_file_url=f"{bot.api_url}/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
    )
    http = httpx.AsyncClient(proxy=proxy, timeout=_ANSWER_S_MAX, verify=_trusted())
    try:
        yield Api(peer, http, f"{bot.api_url}/file/bot")
    finally:
        await http.aclose()
        for request in requests:
            await request.shutdown()
