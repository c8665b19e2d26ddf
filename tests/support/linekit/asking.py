"""How senders that are programs ask: again and again until they hear yes, each try signed anew where it is signed."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Callable
from typing import Any

import httpx

from connectors.hotline.signature import sign
from linekit.smtp import Refused

AGAIN_S = 0.2
PATIENCE_S = 300.0
PUSH_KEY = "a-key-of-no-call-centre-000000"


async def until_yes(send: Any, *arguments: Any) -> str:
    end = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(OSError, TimeoutError, Refused):
            return str(await send(*arguments))
        assert time.monotonic() < end, "no yes to a mail"
        await asyncio.sleep(AGAIN_S)


async def push(http: httpx.AsyncClient, account: str, body: bytes) -> httpx.Response:
    nonce = hashlib.sha256(body).hexdigest()[:16]

    def signed() -> dict[str, str]:
        stamp = str(int(time.time()))
        signature = sign(PUSH_KEY, path=account, query=(), timestamp=stamp, nonce=nonce, body=body)
        return {"x-timestamp": stamp, "x-nonce": nonce, "x-signature": signature}

    return await post(http, f"/in/hotline{account}", body, signed)


def plain() -> dict[str, str]:
    return {}


async def post(
    http: httpx.AsyncClient, path: str, body: bytes, headers: Callable[[], dict[str, str]]
) -> httpx.Response:
    """Until the answer is a yes, with new *headers* each time."""
    end = time.monotonic() + PATIENCE_S
    while True:
        with contextlib.suppress(httpx.TransportError):
            answer = await http.post(
                path, content=body, headers={"content-type": "application/json", **headers()}
            )
            if answer.is_success:
                return answer
            assert answer.status_code in (429, 500, 503), f"{path}: {answer.status_code}"
        assert time.monotonic() < end, f"no yes from {path}"
        await asyncio.sleep(AGAIN_S)
