"""A mail server that hands each case over as one mail, and comes again after a temporary no."""

import asyncio
from typing import Any

from schemas.ports import ConnectorSettings

RECIPIENT = "shimin@12345.example.gov.cn"


class Peer:
    """``heard`` are the answers to its commands."""

    def __init__(self, story: bytes) -> None:
        self.heard: list[str] = []
        self._mail = story.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

    async def open(self, settings: ConnectorSettings) -> ConnectorSettings:
        return settings

    async def play(self, connector: Any, /) -> None:
        await connector.listening.wait()
        reader, writer = await asyncio.open_connection("127.0.0.1", connector.port)
        lines = [b".." + line[1:] if line.startswith(b".") else line for line in self._mail.split(b"\r\n")]
        commands = (b"", b"HELO mx.example", b"MAIL FROM:<zhangsan@mail.example>", f"RCPT TO:<{RECIPIENT}>".encode(),
                    b"DATA", b"\r\n".join(lines) + b"\r\n.")  # fmt: skip
        for command in commands:
            if command:
                writer.write(command + b"\r\n")
            answer = await reader.readline()
            while answer[3:4] == b"-":
                answer = await reader.readline()
            self.heard.append(answer.decode().strip())
        writer.close()
        await writer.wait_closed()

    async def close(self) -> None:
        return
