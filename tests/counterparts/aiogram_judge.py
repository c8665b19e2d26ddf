"""Reads a Bot API server's answers with aiogram's models.

On standard input comes a JSON line for each answer (method, status, body). Printed for each at once: the ``kind`` of the result
or of the error that aiogram makes of it, the fields it does not know (``strange``), and the ``error`` where it cannot
read the answer at all. Runs in an environment of its own: aiogram's pins do not fit ours.
"""

import json
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from aiogram import Bot, methods
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.exceptions import ClientDecodeError, TelegramAPIError
from pydantic import BaseModel

METHODS: dict[str, Any] = {
    "getMe": methods.GetMe(), "getUpdates": methods.GetUpdates(), "getFile": methods.GetFile(file_id="x"),
    "setWebhook": methods.SetWebhook(url="https://x.invalid"), "deleteWebhook": methods.DeleteWebhook(),
    "getWebhookInfo": methods.GetWebhookInfo(),
}  # fmt: skip


def strange(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from strange(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strange(inner, f"{path}[]")


BOT, SESSION = Bot("1:x"), AiohttpSession()


@cache
def judged(line: str) -> dict[str, Any]:
    told = json.loads(line)
    method = METHODS.get(told["method"])
    if method is None:
        return {"method": told["method"], "kind": "unknown method", "strange": [], "error": ""}
    try:
        answer = SESSION.check_response(BOT, method, told["status"], told["body"])
    except ClientDecodeError as error:
        return {"method": told["method"], "kind": "", "strange": [], "error": str(error)[:500]}
    except TelegramAPIError as error:
        wait = getattr(error, "retry_after", None)
        return {
            "method": told["method"],
            "kind": type(error).__name__,
            "wait_s": wait,
            "strange": [],
            "error": "",
        }
    kind = type(answer.result).__name__
    return {
        "method": told["method"],
        "kind": kind,
        "strange": sorted(set(strange(answer.result))),
        "error": "",
    }


for line in sys.stdin:
    print(json.dumps(judged(line)), flush=True)
