"""Files are fetched by their id, piece by piece; what is gone is refused, what may come again is asked for later."""

from typing import Any

import pytest
from botkit import TOKEN, Server, settings_for

from connectors.telegram import Telegram
from schemas.errors import Refused, Unavailable

SMALL = bytes(range(256)) * 1000
MOST = 20 * 1024 * 1024


async def fetched(server: Server, ref: str) -> list[bytes]:
    return [chunk async for chunk in Telegram(settings_for(server.url)).fetch(ref)]


async def test_a_file_comes_whole_and_in_pieces(server: Server) -> None:
    server.put("photo-id", SMALL)
    server.put("empty", b"")
    server.put("largest", bytes(MOST))
    chunks = await fetched(server, "mayor_bot/photo-id")
    assert b"".join(chunks) == SMALL
    assert len(chunks) > 1
    assert await fetched(server, "mayor_bot/empty") in ([], [b""])
    largest = await fetched(server, "mayor_bot/largest")
    assert sum(map(len, largest)) == MOST
    assert max(map(len, largest)) <= 64 * 1024


async def test_what_is_gone_or_too_large_or_of_no_bot_is_refused(server: Server) -> None:
    server.put("too-large", bytes(MOST + 1))
    for ref in ("mayor_bot/too-large", "mayor_bot/invalid-id", "no_bot/x", "mayor_bot/", "mayor_bot", ""):
        with pytest.raises(Refused):
            await fetched(server, ref)
    server.put("photo-id", SMALL)
    server.fail("download", 404)
    with pytest.raises(Refused):
        await fetched(server, "mayor_bot/photo-id")


async def test_what_may_come_is_asked_for_later_and_no_error_holds_the_token(server: Server) -> None:
    server.put("photo-id", SMALL)
    waits: list[float] = []
    failures: list[tuple[str, int, dict[str, Any]]] = [
        ("getFile", 429, {"retry_after": 17}), ("getFile", 500, {}), ("getFile", 401, {}), ("getFile", 403, {}),
        ("download", 500, {}), ("download", 429, {}),
    ]  # fmt: skip
    for method, status, parameters in failures:
        server.fail(method, status, **parameters)
        with pytest.raises(Unavailable) as error:
            await fetched(server, "mayor_bot/photo-id")
        waits.append(error.value.retry_after_s)
        chain = (error.value, error.value.__cause__, error.value.__context__)
        assert TOKEN not in repr(chain[:2])
        assert chain[2] is None or error.value.__suppress_context__
    assert waits[0] == 17
    with pytest.raises(Unavailable):
        await fetched(server, "mayor_bot/not-at-hand-now")
    for body in ('{"ok":true,"result":{}}', '{"ok":true,"result":1}', '{"ok":true,"result":{"file_id":"x","file_unique_id":"y"}}',
                 '{"ok":true,"result":{"file_id":"x","file_unique_id":"y","file_path":"/etc/passwd"}}', "{"):  # fmt: skip
        server.fail("getFile", 200, rubbish=body)
        with pytest.raises(Unavailable):
            await fetched(server, "mayor_bot/photo-id")
    assert b"".join(await fetched(server, "mayor_bot/photo-id")) == SMALL


async def test_a_server_that_is_away_is_asked_later(free_port: object) -> None:
    telegram = Telegram(settings_for("http://127.0.0.1:9"))
    with pytest.raises(Unavailable):
        _ = [chunk async for chunk in telegram.fetch("mayor_bot/photo-id")]


async def test_who_stops_reading_leaves_no_connection_open(server: Server) -> None:
    server.put("largest", bytes(MOST))
    stream = Telegram(settings_for(server.url)).fetch("mayor_bot/largest")
    assert await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
