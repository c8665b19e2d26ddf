"""A real Dovecot for tests and benches: the server, and the mailbox of one of its users."""

import contextlib
import time
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from connectors.email.mailbox import STORED

ASKED_AT_MOST = 5
ASKED_AGAIN_AFTER_S = 0.2


class Server:
    """Dovecot with any number of users; ``start`` and ``stop`` as often as you like."""

    def __init__(self, folder: Path, running: Any, counterparts: Path, ports: tuple[int, int]) -> None:
        self.folder = folder
        self.port, self.tls_port = ports
        self._running, self._counterparts = running, counterparts
        self._now: Any = None

    def start(self) -> None:
        def ready() -> bool:
            try:
                with IMAPClient("127.0.0.1", port=self.port, ssl=False, timeout=5):
                    return True
            except (OSError, IMAPClient.Error):
                return False

        self._now = self._running(
            ["sh", self._counterparts / "dovecot.sh", self.folder, self.port, self.tls_port], ready=ready
        )
        self._now.__enter__()

    def stop(self) -> None:
        if self._now is not None:
            self._now.__exit__(None, None, None)
            self._now = None


class Box:
    """One user of the server."""

    def __init__(self, server: Server, user: str) -> None:
        self.server = server
        self.user = user

    def renumber(self) -> None:
        """What a rebuilt server looks like: the same mails, another UIDVALIDITY, no keywords, UIDs from 1."""
        self.server.stop()
        maildir = self.server.folder / "mail" / self.user
        for forgotten in maildir.glob("dovecot*"):
            forgotten.unlink()
        for kept in (maildir / "cur").iterdir():
            kept.rename(kept.with_name(kept.name.partition(":2,")[0] + ":2,"))
        self.server.start()

    def client(self) -> IMAPClient:
        client = IMAPClient("127.0.0.1", port=self.server.port, ssl=False, timeout=20)
        try:
            client.login(self.user, "secret")
            client.select_folder("INBOX")
        except IMAPClient.Error:
            client.shutdown()
            raise
        return client

    def put(self, *mails: bytes) -> None:
        with self.client() as client:
            for one in mails:
                client.append("INBOX", one)

    def marked(self, keyword: str = STORED) -> list[int]:
        """The UIDs with *keyword*. Asked again where the server refuses, as it may while it makes its index anew."""
        for _ in range(ASKED_AT_MOST):
            with contextlib.suppress(IMAPClient.Error), self.client() as client:
                return list(client.search(["KEYWORD", keyword]))
            time.sleep(ASKED_AGAIN_AFTER_S)
        message = "the mail server refused every time"
        raise ConnectionError(message)
