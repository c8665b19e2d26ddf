"""The health server: three pages, and no patience for anything else."""

import asyncio

import pipeline.metrics  # noqa: F401 - declares the figures
from pipeline import health
from pipeline.health import HealthServer


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return answer


async def get(port: int, path: str) -> bytes:
    return await ask(port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


async def test_pages() -> None:
    ready = False
    async with HealthServer(0, lambda: ready) as server:
        assert b"200 OK" in await get(server.port, "/live")
        assert b"503" in await get(server.port, "/ready")
        ready = True
        assert b"200 OK" in await get(server.port, "/ready?x=1")
        assert b"xinshu_delivered_total" in await get(server.port, "/metrics")
        assert b"404" in await get(server.port, "/")


async def test_bad_requests() -> None:
    async with HealthServer(0, lambda: True) as server:
        assert b"405" in await ask(server.port, b"POST /live HTTP/1.1\r\n\r\n")
        assert b"400" in await ask(server.port, b"\x16\x03\x01\r\n\r\n")
        assert await ask(server.port, b"GET /" + b"x" * (health.REQUEST_BYTES_MAX * 2)) == b""
        assert b"200 OK" in await get(server.port, "/live")


async def test_silent_client_is_let_go_and_leaving_does_not_wait() -> None:
    async with asyncio.timeout(2):
        async with HealthServer(0, lambda: True) as server:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            assert b"200 OK" in await get(server.port, "/live")
        writer.close()
