"""A small asynchronous SMTP client: many mails over one connection, as a busy mail server hands them over."""

import asyncio


class Refused(Exception):
    """The server said no to a mail; ``code`` is its answer."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"{code} {said}")
        self.code = code


class MailConnection:
    """One connection, opened when first needed. One mail at a time."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def send(self, sender: str, to: str, mail: bytes, *, timeout_s: float = 60.0) -> str:
        """What the server said to the mail. Raises Refused (the connection goes on), OSError, TimeoutError."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._send(sender, to, mail)
        except Refused:
            await self._reset()
            raise
        except BaseException:
            self.close()
            raise

    async def _send(self, sender: str, to: str, mail: bytes) -> str:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self.host, self.port)
            await self._expect(220)
            await self._say(b"EHLO mail.example.cn", 250)
        await self._say(f"MAIL FROM:<{sender}>".encode(), 250)
        await self._say(f"RCPT TO:<{to}>".encode(), 250)
        await self._say(b"DATA", 354)
        stuffed = mail.replace(b"\r\n.", b"\r\n..")
        end = b"." if stuffed.endswith(b"\r\n") else b"\r\n."
        return await self._say(stuffed + end, 250)

    async def _say(self, line: bytes, expected: int) -> str:
        assert self._writer is not None
        self._writer.write(line + b"\r\n")
        return await self._expect(expected)

    async def _expect(self, expected: int) -> str:
        assert self._reader is not None
        while True:
            line = (await self._reader.readline()).decode("utf-8", "replace")
            if not line:
                raise ConnectionResetError("the server closed the connection")
            if line[3:4] != "-":
                break
        code = int(line[:3])
        if code != expected:
            raise Refused(code, line[4:].strip())
        return line[4:].strip()

    async def _reset(self) -> None:
        try:
            await self._say(b"RSET", 250)
        except (OSError, Refused, TimeoutError):
            self.close()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
