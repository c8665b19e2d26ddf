r"""One connection to one mailbox: what is asked of the server, in words of ours, each with a bound.

Blocking; used by the thread of its ``Watcher``. Nothing is ever read with BODY[] (that would set \Seen for the people
who look into the mailbox as well), and nothing of what the server says in words is kept: its errors may quote mails.
"""

import contextlib
import select
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from connectors.email.settings import ImapSettings

STORED: Final = "XinshuStored"
TOO_LARGE: Final = "XinshuTooLarge"

SLICE_MAILS = 10_000
"""So many mails are searched by one command: the answer's line stays far below what the library reads."""
SIZES_PER_COMMAND = 500
BATCH_MAILS_MAX = 50
BATCH_BYTES_MAX = 16 * 1024 * 1024
LITERAL_BYTES_MAX = 64 * 1024 * 1024
_CONNECT_S = 10.0
_ANY_KEYWORD = b"\\*"


class Bell:
    """Wakes a thread that waits: rung once, it stays rung."""

    def __init__(self) -> None:
        self._near, self._far = socket.socketpair()

    @property
    def rung(self) -> bool:
        """Whether it is time to go."""
        return bool(self.wait(0))

    def ring(self) -> None:
        """From any thread, as often as you like: what is heard once is never taken back."""
        self._far.send(b"!")

    def wait(self, seconds: float, also: socket.socket | None = None) -> bool:
        """Until rung (True), something came on *also*, or *seconds* are over."""
        poller = select.poll()
        poller.register(self._near, select.POLLIN)
        if also is not None:
            poller.register(also, select.POLLIN)
        ready = {number for number, _ in poller.poll(seconds * 1000)}
        return self._near.fileno() in ready

    def close(self) -> None:
        self._near.close()
        self._far.close()


def batches(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """UIDs in their order, so many together as are few and small enough; at least one."""
    batch: list[int] = []
    batch_bytes = 0
    for uid in sorted(sizes):
        if batch and (len(batch) >= BATCH_MAILS_MAX or batch_bytes + sizes[uid] > BATCH_BYTES_MAX):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(uid)
        batch_bytes += sizes[uid]
    if batch:
        yield batch


class Connection:
    """Connected and logged in once made. Raises what imapclient, ssl and sockets raise."""

    def __init__(self, settings: ImapSettings) -> None:
        self._settings = settings
        context = None if settings.tls == "none" else ssl.create_default_context(cafile=settings.ca_file)
        self._client = IMAPClient(
            settings.host,
            port=settings.port_used,
            ssl=settings.tls == "ssl",
            ssl_context=context if settings.tls == "ssl" else None,
            timeout=SocketTimeout(min(_CONNECT_S, settings.timeout_s), settings.timeout_s),
        )
        try:
            self._bound_literals()
            if settings.tls == "starttls":
                self._client.starttls(context)
            self._client.login(settings.user, settings.password.get_secret_value())
            can = frozenset(self._client.capabilities())
            if b"ID" in can:
                # Some large providers answer nothing but "unsafe login" to programs that do not say who they are.
                self._client.id_({"name": "xinshu", "vendor": "xinshu"})
        except BaseException:
            self.drop()
            raise
        self._can_move = b"MOVE" in can
        self._can_copy_away = b"UIDPLUS" in can
        self._can_idle = b"IDLE" in can and settings.idle
        self._keywords_stay = False
        self._mails = 0

    def _bound_literals(self) -> None:
        imap = self._client._imap  # noqa: SLF001 - the library has no bound of its own
        read: Callable[[int], bytes] = imap.read

        def bounded(size_bytes: int) -> bytes:
            if size_bytes > LITERAL_BYTES_MAX:
                raise IMAPClientAbortError("literal too large")
            return read(size_bytes)

        imap.read = bounded

    def open(self) -> int:
        """The folder's UIDVALIDITY, as it is now."""
        folder: Mapping[bytes, Any] = self._client.select_folder(self._settings.folder)
        self._mails = int(folder[b"EXISTS"])
        self._keywords_stay = _ANY_KEYWORD in folder.get(b"PERMANENTFLAGS", ())
        return int(folder[b"UIDVALIDITY"])

    @property
    def can_mark(self) -> bool:
        """Whether a mail that is stored can be told from others tomorrow."""
        return self._keywords_stay or self._moves

    @property
    def _moves(self) -> bool:
        return (self._settings.after == "move" or not self._keywords_stay) and (
            self._can_move or self._can_copy_away
        )

    def waiting(self, since: date) -> Iterator[list[int]]:
        """UIDs of mails that are not marked and came on that day or later, oldest first, in bounded slices.

        Slices are cut by place, not by UID: UIDs may have gaps of any size. A mail that changes its place between two
        slices is found the next time.
        """
        for first in range(1, self._mails + 1, SLICE_MAILS):
            last = min(first + SLICE_MAILS - 1, self._mails)
            criteria = [
                f"{first}:{last}",
                "UNDELETED",
                "UNKEYWORD",
                STORED,
                "UNKEYWORD",
                TOO_LARGE,
                "SINCE",
                since,
            ]
            found: Sequence[int] = self._client.search(criteria)
            yield sorted(found)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """How large these mails are; one that is gone meanwhile is missing."""
        answer = self._client.fetch(uids, ["RFC822.SIZE"])
        return {
            uid: int(answer[uid][b"RFC822.SIZE"]) for uid in uids if b"RFC822.SIZE" in answer.get(uid, {})
        }

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The mails, unseen as before; one that is gone meanwhile is missing."""
        answer = self._client.fetch(uids, ["BODY.PEEK[]"])
        mails = {uid: answer.get(uid, {}).get(b"BODY[]") for uid in uids}
        return {uid: mail for uid, mail in mails.items() if isinstance(mail, bytes)}

    def mark_stored(self, uids: Sequence[int]) -> None:
        """These are stored, for good: so that they are not fetched again."""
        if not self._moves:
            if self._keywords_stay:
                self._client.add_flags(uids, [STORED], silent=True)
            return
        folder = self._settings.done_folder
        if not self._client.folder_exists(folder):
            self._client.create_folder(folder)
        if self._can_move:
            self._client.move(uids, folder)
        else:
            self._client.copy(uids, folder)
            self._client.add_flags(uids, [b"\\Deleted"], silent=True)
            self._client.uid_expunge(uids)

    def mark_too_large(self, uids: Sequence[int]) -> None:
        """These are never fetched; they stay where they are, for a person."""
        if self._keywords_stay:
            self._client.add_flags(uids, [TOO_LARGE], silent=True)

    def wait(self, bell: Bell, seconds: float) -> None:
        """Until the server says that something changed, the bell rings, or *seconds* are over."""
        if not self._can_idle:
            if not bell.wait(seconds):
                self._client.noop()
            return
        # What came while other commands were answered was told then, and is not told again.
        told: list[bytes | None] = self._client._imap.untagged_responses.get("EXISTS", [])  # noqa: SLF001 - not shown otherwise
        if any(mails is not None and int(mails) > self._mails for mails in told):
            return
        self._client.idle()
        if not self._has_heard():
            bell.wait(seconds, self._client.socket())
        # Reads what was told and does not need it: the mailbox is searched in any case. If the server went, it raises;
        # ``idle_check`` would hand out the goodbye as news, and later nothing at once, for ever.
        self._client.idle_done()

    def _has_heard(self) -> bool:
        """Whether something lies ready to be read, also where the library or TLS has it already."""
        connection: Any = self._client.socket()
        connection.setblocking(False)
        try:
            return bool(self._client._imap.file.peek(1))  # noqa: SLF001 - the library looks at the socket only
        except ssl.SSLWantReadError:
            return False
        finally:
            connection.settimeout(self._settings.timeout_s)

    def close(self) -> None:
        """Say goodbye, if anybody still listens."""
        try:
            self._client.logout()
        except (IMAPClientError, OSError):
            self.drop()

    def drop(self) -> None:
        """End it without a word."""
        with contextlib.suppress(OSError):
            self._client.shutdown()

    def cut(self) -> None:
        """From another thread: whoever reads or writes hears an error."""
        with contextlib.suppress(OSError):
            self._client.socket().shutdown(socket.SHUT_RDWR)
