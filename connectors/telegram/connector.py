"""The channel ``telegram``: polls, or is called; fetches files; reads files of updates for the command line."""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, ClassVar

from connectors.telegram.payload import Message, loads, message_in, normalise, read_message
from connectors.telegram.settings import BotSettings, TelegramSettings
from connectors.telegram.updates import piece_of, unreadable
from schemas.errors import Malformed, Refused, TooLarge, Unavailable, Untrusted
from schemas.letter import Raw
from schemas.ports import (
    Accept,
    ConnectorSettings,
    FileOption,
    Normaliser,
    Reception,
    Request,
    Response,
)

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
_FROM_FILE = "telegram"


class Telegram:
    """Webhook and listener in one: what it does is said by ``mode``. The library is loaded when it is first needed."""

    channel: ClassVar[str] = "telegram"
    Settings: ClassVar[type[ConnectorSettings]] = TelegramSettings
    normalise: ClassVar[Normaliser] = staticmethod(normalise)
    file_options: ClassVar[tuple[FileOption, ...]] = ()
    body_bytes_max = 1024 * 1024

    def __init__(self, settings: TelegramSettings) -> None:
        self.settings = settings

    # --- called by Telegram ---

    def receive(self, request: Request) -> Reception:
        """One update at ``/NAME``. Raises Malformed, Untrusted."""
        name = request.path.strip("/")
        bot = self.settings.bots.get(name)
        if bot is None or self.settings.mode != "webhook":
            return _nothing(404)
        if request.method != "POST":
            return _nothing(405, (("allow", "POST"),))
        said = request.headers.get(SECRET_HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(said, bot.secret_token.get_secret_value().encode()):
            raise Untrusted("the secret token is wrong")
        raw = piece_of(
            loads(request.body),
            account=name,
            received_at=request.received_at,
            own_id=bot.own_id,
            body=request.body,
        )
        return Reception(() if raw is None else (raw,), lambda _: Response(200))

    def refuse(self, request: Request, error: Exception) -> Response:
        """Anything but 2xx has Telegram send the update again later."""
        del request
        match error:
            case Untrusted():
                return Response(403, b"forbidden\n")
            case TooLarge():
                return Response(413, b"too large\n")
            case Malformed():
                return Response(400, b"not an update\n")
            case Unavailable():
                wait = str(max(1, round(error.retry_after_s)))
                return Response(503, b"not now\n", headers=(("retry-after", wait),))
            case _:
                return Response(500, b"not possible\n")

    # --- calling Telegram ---

    async def listen(self, accept: Accept) -> None:
        """Until cancelled. In webhook mode Telegram is told where to send updates, where ``public_url`` says it."""
        async with asyncio.TaskGroup() as bots:
            for name, bot in self.settings.bots.items():
                bots.create_task(self._serve(name, bot, accept))

    async def _serve(self, name: str, bot: BotSettings, accept: Accept) -> None:
        from connectors.telegram.api import connected  # noqa: PLC0415 - the parser worker needs no library
        from connectors.telegram.polling import Poller, Waits, registered  # noqa: PLC0415 - as above

        async with connected(bot) as api:
            if self.settings.mode == "polling":
                await Poller(name, bot.own_id, api, accept, poll_s=self.settings.poll_s).run()
            if self.settings.public_url:
                url = f"{self.settings.public_url}/{name}"
                await registered(api, url, bot.secret_token.get_secret_value(), Waits(name))
            await asyncio.get_running_loop().create_future()

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """The file ``NAME/file_id``. Raises Refused where it is gone or too large, else Unavailable."""
        from connectors.telegram.api import connected  # noqa: PLC0415 - as above

        name, _, file_id = ref.partition("/")
        bot = self.settings.bots.get(name)
        if bot is None or not file_id:
            raise Refused("the settings know no such bot")
        async with connected(bot) as api, aclosing(api.download(file_id)) as chunks:
            async for chunk in chunks:
                yield chunk

    # --- files of updates ---

    @classmethod
    def from_file(cls, payload: bytes, name: str, options: Mapping[str, str]) -> Sequence[Raw]:
        """An update, an answer to ``getUpdates``, or a list of updates. Raises Malformed.

        Among several what is no update is a piece that ``normalise`` refuses: the others are read all the same.
        """
        del name, options
        found = loads(payload)
        if isinstance(found, dict) and "result" in found:
            found = found["result"]
        updates = found if isinstance(found, list) else [found]
        made = [_in_file(one, alone=len(updates) == 1) for one in updates]
        return [raw for raw in made if raw is not None]


def _nothing(status: int, headers: tuple[tuple[str, str], ...] = ()) -> Reception:
    return Reception((), lambda _: Response(status, headers=headers))


def _in_file(update: Any, *, alone: bool) -> Raw | None:
    try:
        return piece_of(update, account=_FROM_FILE, received_at=_moment(update))
    except Malformed:
        if alone:
            raise
        return unreadable("", json.dumps(update).encode(), account=_FROM_FILE, received_at=_moment(update))


def _moment(update: Any) -> datetime:
    """When it was written; a file does not tell when it came."""
    try:
        found = message_in(update)
        message: Message | None = read_message(found[1]) if found else None
    except Malformed:
        message = None
    written = message.edit_date or message.date if message else 0
    return datetime.fromtimestamp(written, UTC)
