"""Long polling, one bot: ask, store, and only then confirm.

Telegram keeps updates until a later request names an offset beyond them. That offset is named after ``accept`` has
returned, so whatever dies in between is asked for again and known again by its key. It is named once, and left out
after an answer without updates: Telegram may start anew from a lower number after a silent week, and an offset beyond
it would throw letters away unread.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from connectors.telegram.api import Api, Rejected, Taken, Unreachable
from connectors.telegram.updates import piece_of
from schemas.errors import Malformed, Refused, Unavailable
from schemas.letter import Raw
from schemas.ports import Accept

CONNECTOR_WAITING: Final = "connector.waiting"
CONNECTOR_FAULT: Final = "connector.fault"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait after the first failure, at most after many, and where only a person can help."""

    first_s: float = 1.0
    most_s: float = 60.0
    slowly_s: float = 30.0


class Poller:
    """Asks for one bot's updates until it is cancelled."""

    def __init__(
        self, account: str, own_id: int, api: Api, accept: Accept, *, poll_s: int, pace: Pace = Pace()
    ) -> None:
        self._account = account
        self._own_id = own_id
        self._api = api
        self._accept = accept
        self._poll_s = poll_s
        self._offset: int | None = None
        self._waits = Waits(account, pace)

    async def run(self) -> None:
        """Never returns by itself."""
        while True:
            try:
                await self._once()
            except Exception as error:
                await self._waits.after(error)
            else:
                self._waits.over()

    async def _once(self) -> None:
        updates = await self._api.updates(self._offset, self._poll_s)
        raws = self._pieces(updates)
        if raws:
            await self._accept(raws)
        self._offset = updates[-1]["update_id"] + 1 if updates else None

    def _pieces(self, updates: Any) -> list[Raw]:
        now = datetime.now(UTC)
        made = (
            piece_of(update, account=self._account, received_at=now, own_id=self._own_id)
            for update in updates
        )
        return [raw for raw in made if raw is not None]


class Waits:
    """How long to wait after an error, and the log line that says why and what to do."""

    def __init__(
        self, account: str, pace: Pace = Pace(), jitter: Callable[[], float] = random.random
    ) -> None:
        self._account = account
        self._pace = pace
        self._jitter = jitter
        self._attempt = 0

    def over(self) -> None:
        """It worked again."""
        self._attempt = 0

    async def after(self, error: Exception) -> None:
        """Wait as *error* asks."""
        self._attempt += 1
        seconds = self.seconds(error)
        log = structlog.get_logger()
        match error:
            case Unavailable():
                reason = f"bot {self._account}: {error}"
                log.warning(
                    CONNECTOR_WAITING,
                    channel="telegram",
                    reason=reason,
                    attempt=self._attempt,
                    seconds=round(seconds),
                )
            case _:
                reason = f"bot {self._account}"
                log.error(
                    CONNECTOR_FAULT, channel="telegram", reason=reason, attempt=self._attempt, exc_info=error
                )
        await asyncio.sleep(seconds)

    def seconds(self, error: Exception) -> float:
        """Exactly as long as Telegram or the store ask; else longer with every failure in a row."""
        match error:
            case Taken() | Rejected():
                return self._pace.slowly_s
            case Malformed() | Refused():
                return self._pace.most_s
            case Unavailable() if not isinstance(error, Unreachable):
                return float(error.retry_after_s)
            case _:
                longest = min(self._pace.most_s, self._pace.first_s * 2.0 ** min(self._attempt - 1, 16))
                return longest * (0.5 + self._jitter() / 2)


async def registered(api: Api, url: str, secret_token: str, waits: Waits) -> None:
    """Return once Telegram knows that updates are to be sent to *url*."""
    while True:
        try:
            await api.set_webhook(url, secret_token)
        except Exception as error:
            await waits.after(error)
        else:
            return
