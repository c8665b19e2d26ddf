"""A Bot API server that keeps Telegram's rules: python bot_api.py PORT [LOG].

/bot<token>/<method> and /file/bot<token>/<path> as the real one answers them:

- an update stays until a getUpdates names an offset beyond it; until then it comes again and again
- a second getUpdates ends the one that waits with 409; while a webhook is set, every getUpdates is 409
- a webhook gets one update after the other, each again until it is answered with 2xx
- a file has a path once getFile was asked for it; larger than 20 MiB it has none
- methods fail on demand, 429 with ``retry_after``

The test's side: POST /test/updates a list of updates without update_id · PUT /test/files/<id> a file's bytes ·
POST /test/fail {"method", "status", "body", "times", "rubbish"} · GET /test/state what is waiting and what was asked ·
POST /test/next {"update_id"} the number of the next update.

Every answer to a bot is written to LOG, one JSON line each, for other libraries to read; but not rubbish that a test
asked for: failures with ``rubbish``, and all after updates sent to /test/updates?strange=1, which Telegram never sends.
"""

import asyncio
import json
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN = "4711:a-token-of-nobody"
FILE_BYTES_MAX = 20 * 1024 * 1024
RETRY_S = 0.05
ME = {
    "id": 4711, "is_bot": True, "first_name": "市长信箱", "username": "wuyang_mayor_bot", "can_join_groups": True,
    "can_read_all_group_messages": False, "supports_inline_queries": False, "can_connect_to_business": False,
    "has_main_web_app": False,
}  # fmt: skip
TERMINATED = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
HOOKED = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


@dataclass
class Telegram:
    log: TextIO | None = None
    next_id: int = 1000
    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    files: dict[str, bytes] = field(default_factory=dict)
    failures: dict[str, deque[dict[str, Any]]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    webhook: dict[str, Any] = field(default_factory=dict)
    last_error: str = ""
    poll_no: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def tell(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    def confirm(self, offset: int) -> None:
        while self.waiting and self.waiting[0]["update_id"] < offset:
            self.waiting.popleft()

    async def updates(self, asked: dict[str, Any]) -> Response:
        if self.webhook:
            return no(409, HOOKED)
        self.poll_no += 1
        mine = self.poll_no
        await self.tell()  # who waits is ended
        offset, limit = int(asked.get("offset", 0)), min(int(asked.get("limit", 100)), 100)
        self.confirm(offset)
        try:
            async with asyncio.timeout(float(asked.get("timeout", 0))), self.changed:
                await self.changed.wait_for(lambda: self.waiting or self.webhook or self.poll_no != mine)
        except TimeoutError:
            return yes([])
        if self.webhook or self.poll_no != mine:
            return no(409, HOOKED if self.webhook else TERMINATED)
        return yes(list(self.waiting)[:limit])

    async def set_webhook(self, asked: dict[str, Any]) -> Response:
        if "url" not in asked or not asked["url"]:
            return await self.delete_webhook(asked)
        self.webhook = asked
        await self.tell()
        return yes(True)

    async def delete_webhook(self, asked: dict[str, Any]) -> Response:
        if asked.get("drop_pending_updates") in ("true", "True", True):
            self.waiting.clear()
        self.webhook = {}
        await self.tell()
        return yes(True)

    def webhook_info(self) -> Response:
        info: dict[str, Any] = {
            "url": self.webhook.get("url", ""), "has_custom_certificate": False,
            "pending_update_count": len(self.waiting),
        }  # fmt: skip
        if self.last_error:
            info |= {"last_error_date": 1_790_000_000, "last_error_message": self.last_error}
        return yes(info)

    def file(self, asked: dict[str, Any]) -> Response:
        if not (name := asked.get("file_id", "")) or name.startswith("invalid"):
            return no(400, "Bad Request: invalid file_id")
        content = self.files.get(name)
        if content is None:
            return no(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        if len(content) > FILE_BYTES_MAX:
            return no(400, "Bad Request: file is too big")
        return yes({
            "file_id": name, "file_unique_id": f"u{name}", "file_size": len(content), "file_path": f"documents/{name}"
        })  # fmt: skip

    async def push(self) -> None:
        async with httpx.AsyncClient(timeout=10) as http:
            while True:
                async with self.changed:
                    await self.changed.wait_for(lambda: self.webhook and self.waiting)
                hook, update = self.webhook, self.waiting[0]
                headers = {"x-telegram-bot-api-secret-token": hook.get("secret_token", "")}
                try:
                    answer = await http.post(hook["url"], json=update, headers=headers)
                except httpx.HTTPError:
                    self.last_error = "Connection refused"
                    await asyncio.sleep(RETRY_S)
                    continue
                if answer.is_success:
                    self.confirm(update["update_id"] + 1)
                else:
                    self.last_error = f"Wrong response from the webhook: {answer.status_code}"
                    await asyncio.sleep(RETRY_S)

    async def call(self, method: str, asked: dict[str, Any]) -> Response:
        self.asked.append({"method": method, "at_s": time.monotonic(), **asked})
        failures = self.failures.get(method)
        if failures:
            planned = failures.popleft()
            headers = {"x-rubbish": "1"} if planned["rubbish"] else {}
            return Response(planned["body"], planned["status"], headers, media_type="application/json")
        match method:
            case "getMe":
                return yes(ME)
            case "getUpdates":
                return await self.updates(asked)
            case "setWebhook":
                return await self.set_webhook(asked)
            case "deleteWebhook":
                return await self.delete_webhook(asked)
            case "getWebhookInfo":
                return self.webhook_info()
            case "getFile":
                return self.file(asked)
            case _:
                return no(404, "Not Found")


def yes(result: Any) -> Response:
    # Telegram escapes all that is not ASCII.
    return Response(json.dumps({"ok": True, "result": result}), media_type="application/json")


def no(status: int, description: str, **parameters: int) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return JSONResponse(body | ({"parameters": parameters} if parameters else {}), status)


def application(telegram: Telegram) -> Starlette:
    async def bot(request: Request) -> Response:
        method = request.path_params["method"]
        if request.path_params["token"] != TOKEN:
            return no(401, "Unauthorized")
        asked = dict(request.query_params) | dict(parse_qsl((await request.body()).decode()))
        answer = await telegram.call(method, asked)
        if telegram.log and "x-rubbish" not in answer.headers:
            line = {"method": method, "status": answer.status_code, "body": bytes(answer.body).decode()}
            telegram.log.write(json.dumps(line) + "\n")
            telegram.log.flush()
        return answer

    async def download(request: Request) -> Response:
        if request.path_params["token"] != TOKEN:
            return no(401, "Unauthorized")
        if failures := telegram.failures.get("download"):
            planned = failures.popleft()
            return Response(planned["body"], planned["status"])
        content = telegram.files.get(request.path_params["name"])
        return (
            Response(content, media_type="application/octet-stream")
            if content is not None
            else no(404, "Not Found")
        )

    async def updates(request: Request) -> Response:
        if "strange" in request.query_params:
            telegram.log = None
        for update in await request.json():
            telegram.waiting.append({"update_id": telegram.next_id} | update)
            telegram.next_id = telegram.waiting[-1]["update_id"] + 1
        await telegram.tell()
        return JSONResponse(telegram.next_id - 1)

    async def files(request: Request) -> Response:
        telegram.files[request.path_params["name"]] = await request.body()
        return Response()

    async def fail(request: Request) -> Response:
        planned = await request.json()
        telegram.failures.setdefault(planned["method"], deque()).extend([planned] * planned.get("times", 1))
        return Response()

    async def next_id(request: Request) -> Response:
        telegram.next_id = (await request.json())["update_id"]
        return Response()

    async def state(_: Request) -> Response:
        waiting = [update["update_id"] for update in telegram.waiting]
        return JSONResponse({"waiting": waiting, "asked": telegram.asked, "webhook": telegram.webhook})

    return Starlette(routes=[
        Route("/bot{token}/{method}", bot, methods=["GET", "POST"]),
        Route("/file/bot{token}/documents/{name}", download),
        Route("/test/updates", updates, methods=["POST"]),
        Route("/test/files/{name}", files, methods=["PUT"]),
        Route("/test/fail", fail, methods=["POST"]),
        Route("/test/next", next_id, methods=["POST"]),
        Route("/test/state", state),
    ])  # fmt: skip


async def main(port: int, log: TextIO | None) -> None:
    telegram = Telegram(log)
    pushing = asyncio.create_task(telegram.push())
    config = uvicorn.Config(
        application(telegram), port=port, log_level="warning", timeout_graceful_shutdown=1
    )
    await uvicorn.Server(config).serve()
    pushing.cancel()


if __name__ == "__main__":
    with Path(sys.argv[2] if len(sys.argv) > 2 else "/dev/null").open("a") as file:
        asyncio.run(main(int(sys.argv[1]), file))
