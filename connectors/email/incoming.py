"""The bytes between DATA and the final dot: collected under limits, and refused where two servers could disagree.

Only CRLF "." CRLF ends a mail. A mail that holds a bare CR or LF is refused whole: servers that take such a line end
for the end of a mail, and others that do not, are how mails are smuggled past a gateway (RFC 5321 2.3.8).
"""

from enum import Enum

LINE_BYTES_MAX = 2 * 1024 * 1024
"""Far beyond the 1,000 bytes of RFC 5321: real programs write whole letters on one line."""
_END = b"\r\n.\r\n"


class Fault(Enum):
    """Why the collected bytes cannot be a mail; the value is the answer to its sender."""

    TOO_LARGE = "552 5.3.4 Mail too large"
    LINE_TOO_LONG = "554 5.6.0 A line is too long"
    BARE_LINE_END = "554 5.5.2 Bare CR or LF in the mail; lines must end with CRLF"
    NO_ROOM = "452 4.3.1 Too many large mails at once, come again"


class Room:
    """The memory that all mails being received may take together."""

    def __init__(self, bytes_max: int) -> None:
        self._free_bytes = bytes_max

    def take(self, size_bytes: int) -> bool:
        """Whether there was room; if so it is taken."""
        if size_bytes > self._free_bytes:
            return False
        self._free_bytes -= size_bytes
        return True

    def give_back(self, size_bytes: int) -> None:
        """Returns what was taken."""
        self._free_bytes += size_bytes


class Incoming:
    """One mail being received. ``close`` gives its room back, whatever became of it."""

    def __init__(self, room: Room, *, bytes_max: int) -> None:
        self._room = room
        self._bytes_max = bytes_max
        # A virtual line end before the first byte: the final dot may stand on the first line.
        self._buffer = bytearray(b"\r\n")
        self._line_start = 2
        self._taken = 0
        self._end: int | None = None
        self.fault: Fault | None = None
        self.discarded_bytes = 0

    @property
    def complete(self) -> bool:
        """Whether the final dot was seen."""
        return self._end is not None

    def feed(self, chunk: bytes) -> bytes:
        """Take *chunk* in. What follows the final dot is handed back: it is the next command."""
        searched = max(0, len(self._buffer) - len(_END) + 1)
        self._buffer += chunk
        end = self._buffer.find(_END, searched)
        if end < 0:
            self._watch(len(chunk))
            return b""
        rest = bytes(memoryview(self._buffer)[end + len(_END) :])
        del self._buffer[end + 2 :]
        self._end = end
        self._watch(len(chunk) - len(rest))
        if self.fault is None and self._has_bare_line_end():
            self._give_up(Fault.BARE_LINE_END)
        return rest

    def _watch(self, size_bytes: int) -> None:
        if self.fault is None:
            line_end = self._buffer.rfind(b"\r\n", max(0, len(self._buffer) - size_bytes - 1))
            if line_end >= 0:
                self._line_start = line_end + 2
            if len(self._buffer) - 2 > self._bytes_max:
                self._give_up(Fault.TOO_LARGE)
            elif len(self._buffer) - self._line_start > LINE_BYTES_MAX:
                self._give_up(Fault.LINE_TOO_LONG)
            elif self._room.take(size_bytes):
                self._taken += size_bytes
            else:
                self._give_up(Fault.NO_ROOM)
        if self.fault is not None:
            self.discarded_bytes += size_bytes
            # What could be the beginning of the final dot is all that still matters.
            del self._buffer[: max(0, len(self._buffer) - len(_END) + 1)]

    def _has_bare_line_end(self) -> bool:
        pairs = self._buffer.count(b"\r\n")
        return not pairs == self._buffer.count(b"\r") == self._buffer.count(b"\n")

    def _give_up(self, fault: Fault) -> None:
        self.fault = fault
        self.close()

    def mail(self, first_line: bytes) -> bytes:
        """The mail, dots unstuffed, with *first_line* before it. To be asked for once: the memory is let go."""
        sent, self._buffer = self._buffer, bytearray()
        if b"\r\n." in sent:
            sent = sent.replace(b"\r\n.", b"\r\n")
        with memoryview(sent) as view:
            return b"".join((first_line, view[2:]))

    def close(self) -> None:
        """Let go of the memory."""
        self._room.give_back(self._taken)
        self._taken = 0
        if self.complete or self.fault is not None:
            tail = bytes(self._buffer[-len(_END) + 1 :])
            self._buffer = bytearray(tail)
