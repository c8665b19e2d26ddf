"""Reads a mailbox by IMAP for as long as the channel listens, in a thread of its own: the library blocks.

A mail is fetched, handed in, and only after ``accept`` has returned (the spool's fsync) marked in the mailbox: by the
keyword ``XinshuStored``, or by a move where that is wanted or where the server keeps no keywords. Whoever is killed in
between finds the mail unmarked and hands it in again; it hears the number that it has.

Which mail is which? Two names, for two questions:

- *Within the mailbox* UIDVALIDITY and UID: what is searched, fetched, marked, reported by the log, and remembered where
  a server lets us mark nothing at all. They name a place, and hold as long as UIDVALIDITY does.
- *As a letter* its own identity (``identity``), the key of the spool. When a server is rebuilt, UIDVALIDITY changes,
  all keywords may be gone and every mail stands there anew; so does a mail that came by SMTP as well, or was copied
  from one folder to another. All of these are letters that we have, and keep their numbers. Somebody who writes the
  same again on purpose sends a mail with another Message-ID and Date, and that is another letter.

Whatever goes wrong, the connection is given up and made anew after a wait that doubles up to a minute (after a refused
login up to five), with chance in it, so that many mailboxes do not come at once.
"""

import asyncio
import contextlib
import secrets
import threading
from collections import Counter
from collections.abc import AsyncIterator, Container, Sequence
from datetime import UTC, datetime
from typing import Final

import structlog
from imapclient.exceptions import IMAPClientError, LoginError

from connectors.email.addresses import canonical
from connectors.email.letters import fetched
from connectors.email.mailbox import SIZES_PER_COMMAND, Bell, Connection, batches
from connectors.email.settings import ImapSettings
from schemas.errors import Unavailable
from schemas.letter import Raw
from schemas.ports import Accept

CONNECTOR_FAULT: Final = "connector.fault"
MAILBOX_AWAY: Final = "mailbox.away"
MAILBOX_RENUMBERED: Final = "mailbox.renumbered"
MAIL_TOO_LARGE: Final = "mail.too_large"
MAIL_WITHHELD: Final = "mail.withheld"
MAILBOX_KEEPS_NO_MARKS: Final = "mailbox.keeps_no_marks"

WAIT_S_MAX = 60.0
LOGIN_WAIT_S_MAX = 300.0
ACCEPT_S_MAX = 300.0
_MISSED_TWICE = 2
_log = structlog.get_logger()


class Watcher:
    """One mailbox."""

    def __init__(self, name: str, settings: ImapSettings, *, mail_bytes_max: int, accept: Accept) -> None:
        self._name = name
        self._settings = settings
        self._account = canonical(settings.account)
        self._mail_bytes_max = mail_bytes_max
        self._accept = accept
        self._bell = Bell()
        self._stopped = asyncio.Event()
        self._connection: Connection | None = None
        self._failures = 0
        self._uid_validity = 0
        self._dealt_with: set[int] = set()
        self._missed: Counter[int] = Counter()
        """UIDs of this UIDVALIDITY that no mark in the mailbox tells from new ones."""

    @contextlib.asynccontextmanager
    async def watching(self, patience_s: float) -> AsyncIterator[None]:
        """Reads the mailbox meanwhile. At the end what is in hand gets *patience_s* to be stored and marked."""
        self._loop = asyncio.get_running_loop()
        # A daemon: a server that never answers must not keep the process from ending.
        threading.Thread(target=self._run, name=f"imap-{self._name}", daemon=True).start()
        try:
            yield
        finally:
            self.stop()
            try:
                await asyncio.wait_for(self._stopped.wait(), patience_s)
            except TimeoutError:
                if self._connection is not None:
                    self._connection.cut()
                return
            self._bell.close()

    def stop(self) -> None:
        """Begin nothing new."""
        self._bell.ring()

    # --- the thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._bell.rung:
                self._bell.wait(self._read_until_it_breaks())
        finally:
            # A loop that is closed already waits for nobody.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopped.set)

    def _read_until_it_breaks(self) -> float:
        """How many seconds to wait before another try."""
        try:
            self._read_on_one_connection()
        except LoginError as error:
            return self._broken("login", error, LOGIN_WAIT_S_MAX)
        except Unavailable as error:
            return max(self._broken("store", error, WAIT_S_MAX), min(error.retry_after_s, WAIT_S_MAX))
        except (IMAPClientError, OSError) as error:
            return self._broken("connection", error, WAIT_S_MAX)
        except Exception as error:
            _log.error(CONNECTOR_FAULT, channel="email", mailbox=self._name, exc_info=error)
            return self._broken("fault", error, WAIT_S_MAX)
        return 0.0

    def _read_on_one_connection(self) -> None:
        connection = self._connection = Connection(self._settings)
        try:
            while not self._bell.rung:
                found = self._read_all(connection)
                self._failures = 0
                if not found:
                    connection.wait(self._bell, self._settings.poll_s)
        except BaseException:
            connection.drop()
            raise
        connection.close()

    def _broken(self, reason: str, error: Exception, wait_s_max: float) -> float:
        # The type alone: servers quote addresses, subjects and passwords in what they say.
        self._failures += 1
        if not self._bell.rung:
            _log.warning(
                MAILBOX_AWAY,
                channel="email",
                mailbox=self._name,
                reason=reason,
                error=type(error).__name__,
                attempt=self._failures,
            )
        return pause_s(self._failures, wait_s_max)

    def _read_all(self, connection: Connection) -> int:
        """How many mails were stored. What is not dealt with now is found again the next time."""
        uid_validity = connection.open()
        if uid_validity != self._uid_validity:
            if self._uid_validity:
                _log.warning(MAILBOX_RENUMBERED, channel="email", mailbox=self._name)
            self._uid_validity, self._dealt_with, self._missed = uid_validity, set(), Counter()
            if not connection.can_mark:
                _log.error(MAILBOX_KEEPS_NO_MARKS, channel="email", mailbox=self._name)
        stored = 0
        for found in connection.waiting(self._settings.since):
            new = [uid for uid in found if uid not in self._dealt_with]
            for start in range(0, len(new), SIZES_PER_COMMAND):
                if self._bell.rung:
                    return stored
                stored += self._read_some(connection, new[start : start + SIZES_PER_COMMAND])
        return stored

    def _read_some(self, connection: Connection, uids: Sequence[int]) -> int:
        sizes = connection.sizes(uids)
        self._too_large(connection, {uid: size for uid, size in sizes.items() if size > self._mail_bytes_max})
        fitting = {uid: size for uid, size in sizes.items() if size <= self._mail_bytes_max}
        stored = 0
        for batch in batches(fitting):
            if self._bell.rung:
                break
            mails = connection.fetch(batch)
            self._withheld(batch, mails)
            # Some servers say a size that the mail does not keep to.
            self._too_large(
                connection,
                {uid: len(mail) for uid, mail in mails.items() if len(mail) > self._mail_bytes_max},
            )
            fit = {uid: mail for uid, mail in mails.items() if len(mail) <= self._mail_bytes_max}
            if fit:
                self._store(list(fit.values()))
                connection.mark_stored(list(fit))
                if not connection.can_mark:
                    self._dealt_with.update(fit)
                stored += len(fit)
        return stored

    def _withheld(self, asked: Sequence[int], given: Container[int]) -> None:
        """What is missing once was taken away meanwhile; what is found again and missing again, nobody will read."""
        for uid in asked:
            if uid not in given:
                self._missed[uid] += 1
                if self._missed[uid] == _MISSED_TWICE:  # said once, asked for every time
                    _log.error(
                        MAIL_WITHHELD,
                        channel="email",
                        mailbox=self._name,
                        uid=uid,
                        uid_validity=self._uid_validity,
                    )

    def _too_large(self, connection: Connection, sizes: dict[int, int]) -> None:
        """It is reported and stays where it is: a person must look, as nobody will be told that it arrived."""
        if not sizes:
            return
        for uid, size_bytes in sizes.items():
            _log.error(
                MAIL_TOO_LARGE,
                channel="email",
                mailbox=self._name,
                uid=uid,
                uid_validity=self._uid_validity,
                bytes=size_bytes,
            )
        connection.mark_too_large(list(sizes))
        self._dealt_with.update(sizes)

    def _store(self, mails: Sequence[bytes]) -> None:
        """Returns once they are fsynced."""
        received_at = datetime.now(UTC)
        raws: list[Raw] = [fetched(mail, self._account, received_at=received_at) for mail in mails]

        async def accept() -> None:
            await self._accept(raws)

        asyncio.run_coroutine_threadsafe(accept(), self._loop).result(ACCEPT_S_MAX)


def pause_s(failures: int, s_max: float) -> float:
    """One second, doubled with every failure up to *s_max*; between half of it and all of it."""
    whole_s = min(s_max, 2.0 ** min(failures - 1, 16))
    return whole_s * (0.5 + secrets.randbelow(1001) / 2000)
