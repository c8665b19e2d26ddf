"""An IMAP server of our own that answers what it is told to, right or wrong. One connection after the other, in a thread."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[str, str], bytes]
"""(command with its arguments, tag) → everything that is sent back; empty: the connection ends."""

GREETING = b"* OK [CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS] ready\r\n"


class Mailbox:
    """Answers as a server should; ``flags`` is what it says about keywords."""

    def __init__(
        self, mails: dict[int, bytes], *, flags: str = "\\Seen", can: str = "IMAP4rev1 UIDPLUS"
    ) -> None:
        self.mails = dict(mails)
        self.flags = flags
        self.can = can
        self.heard: list[str] = []
        self.copied: dict[int, bytes] = {}

    def __call__(self, command: str, tag: str) -> bytes:
        self.heard.append(command)
        done = f"{tag} OK done\r\n".encode()
        uids = (
            [int(uid) for uid in re.findall(r"[0-9]+", command.split(" ")[2])]
            if command.startswith("UID ")
            else []
        )
        match command.split(" "):
            case ["CAPABILITY", *_]:
                return f"* CAPABILITY {self.can}\r\n".encode() + done
            case ["SELECT", *_]:
                return (
                    f"* {len(self.mails)} EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [PERMANENTFLAGS ({self.flags})] x\r\n"
                ).encode() + done
            case ["UID", "SEARCH", *_]:
                return ("* SEARCH " + " ".join(map(str, self.mails))).strip().encode() + b"\r\n" + done
            case ["UID", "FETCH", *rest] if "SIZE" in rest[-1]:
                return self._each(uids, lambda mail: f"RFC822.SIZE {len(mail)}".encode()) + done
            case ["UID", "FETCH", *_]:
                return self._each(uids, lambda mail: b"BODY[] {%d}\r\n%s" % (len(mail), mail)) + done
            case ["UID", "COPY", *_]:
                self.copied |= {uid: self.mails[uid] for uid in uids}
            case ["UID", "EXPUNGE", *_]:
                self.mails = {uid: mail for uid, mail in self.mails.items() if uid not in uids}
            case ["LOGOUT", *_]:
                return b"* BYE\r\n" + done
            case _:
                return done
        return done

    def _each(self, uids: list[int], item: Callable[[bytes], bytes]) -> bytes:
        return b"".join(
            b"* %d FETCH (UID %d %s)\r\n" % (place, uid, item(self.mails[uid]))
            for place, uid in enumerate(uids, 1)
            if uid in self.mails
        )


@contextmanager
def serving(answer: Answer) -> Iterator[int]:
    """The port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                _speak(connection, answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def _speak(connection: socket.socket, answer: Answer) -> None:
    connection.settimeout(10)
    try:
        connection.sendall(GREETING)
        with connection.makefile("rb") as heard:
            while line := heard.readline():
                tag, _, command = line.decode("latin-1").rstrip("\r\n").partition(" ")
                said = answer(command, tag)
                if not said:
                    return
                connection.sendall(said)
    except OSError:
        return
