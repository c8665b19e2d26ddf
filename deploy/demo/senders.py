"""The demo's senders that are programs: an SMS vendor, a Telegram webhook, a call centre. Each speaks its real protocol.

An SMS vendor and Telegram hear no number; it is looked up in the register, by the mark that every letter carries.
"""

import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from connectors.hotline.signature import sign
from pipeline.register.reader import Reader
from pipeline.settings import Settings
from schemas.letter import Letter

PATIENCE_S = 20.0
BEIJING = timedelta(hours=8)
LITTER = "示例小区 3 号楼前的垃圾桶三天没有清运,天热气味很大,请安排清理。"
SIGN = "示例路公交站的站牌被撞歪了,看不清线路,请修一修。"
WATER = "我们楼从昨天晚上起停水,没有看到通知,请问什么时候恢复?"
SQUARE = "广场上的音响晚上十一点还在放,住在旁边的老人睡不着,请管一管。"


class NoAnswer(Exception):
    """The line answered, and not as it promises to."""


def texted(settings: Settings, client: httpx.Client, mark: str) -> str:
    """One text message, as Aliyun pushes it. The letter's number."""
    name, gateway = next(iter(settings.connectors["sms"]["gateways"].items()))
    receiver = next(iter(settings.connectors["sms"]["accounts"]))
    message = {
        "phone_number": f"1380000{secrets.randbelow(10_000):04}", "content": f"{LITTER}(演示 {mark} 短信)",
        "send_time": (datetime.now(UTC) + BEIJING).strftime("%Y-%m-%d %H:%M:%S"), "dest_code": receiver,
        "sequence_id": secrets.token_hex(8), "sign_name": "示例市",
    }  # fmt: skip
    path = f"/in/sms/{name}/{_plain(gateway['secrets'][0])}"
    if client.post(path, json=[message]).raise_for_status().json()["code"] != 0:
        raise NoAnswer("短信回调没有被收下")
    return _number_of(settings, f"演示 {mark} 短信")


def told_a_bot(settings: Settings, client: httpx.Client, mark: str) -> str:
    """One message to the bot, as Telegram calls its webhook. The letter's number."""
    name, bot = next(iter(settings.connectors["telegram"]["bots"].items()))
    who = {"id": 500_000_000 + secrets.randbelow(100_000_000), "is_bot": False, "first_name": "王五"}
    message = {
        "message_id": 1, "from": who, "chat": {"id": who["id"], "type": "private", "first_name": "王五"},
        "date": int(time.time()), "text": f"{SIGN}(演示 {mark} 机器人)",
    }  # fmt: skip
    update = {"update_id": secrets.randbelow(10**9), "message": message}
    headers = {"X-Telegram-Bot-Api-Secret-Token": _plain(bot["secret_token"])}
    client.post(f"/in/telegram/{name}", json=update, headers=headers).raise_for_status()
    return _number_of(settings, f"演示 {mark} 机器人")


def pushed(settings: Settings, client: httpx.Client, mark: str) -> str:
    """One call, pushed with a signature. The number stands in the answer, for the agent to read out."""
    account, push = next(iter(settings.connectors["hotline"]["push"].items()))
    body = json.dumps(_call(f"{mark}-1", WATER, f"{mark} 热线"), ensure_ascii=False).encode()
    stamp, nonce = str(int(time.time())), secrets.token_hex(8)
    signature = sign(
        _plain(push["keys"][0]), path=f"/{account}", query=(), timestamp=stamp, nonce=nonce, body=body
    )
    headers = {"X-Timestamp": stamp, "X-Nonce": nonce, "X-Signature": signature}
    answer = client.post(f"/in/hotline/{account}", content=body, headers=headers).raise_for_status()
    return str(answer.json()["number"])


def dropped(settings: Settings, _: httpx.Client, mark: str) -> str:
    """One call in a file, written under another name first. The number stands in the receipt that lies in ``done/``."""
    folder = Path(next(iter(settings.connectors["hotline"]["drops"].values()))["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    name = f"demo-{mark}.json"
    call = json.dumps(_call(f"{mark}-2", SQUARE, f"{mark} 文件"), ensure_ascii=False)
    (folder / f"{name}.tmp").write_text(call, encoding="utf-8")
    (folder / f"{name}.tmp").rename(folder / name)
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for receipt in folder.glob(f"done/demo-{mark}.*.receipt.json"):
            return str(json.loads(receipt.read_text(encoding="utf-8"))["letters"][0]["number"])
        time.sleep(0.1)
    raise NoAnswer(f"{folder / name} 没有被取走")


def _call(call_id: str, words: str, mark: str) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "phone": "13800000003",
        "turns": [
            {"seq": 1, "speaker": "agent", "start_ms": 0, "end_ms": 1800, "text": "您好,12345,请讲。"},
            {
                "seq": 2,
                "speaker": "citizen",
                "start_ms": 1900,
                "end_ms": 9000,
                "text": f"{words}(演示 {mark})",
            },
        ],
    }


def _plain(secret: Any) -> str:
    """A secret as the settings hold it once it was fetched from where it is kept."""
    return str(secret.get_secret_value() if hasattr(secret, "get_secret_value") else secret)


def _number_of(settings: Settings, mark: str) -> str:
    """The number of the letter that carries *mark*."""
    since, deadline = datetime.now(UTC) - timedelta(minutes=1), time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with Reader(settings.register_path) as reader:
            for number in reader.numbers(since):
                story = reader.story(number)
                letters = [entry.record for entry in story.entries] if story else []
                if any(isinstance(letter, Letter) and mark in letter.text for letter in letters):
                    return number
        time.sleep(0.2)
    raise NoAnswer(f"{PATIENCE_S:g} 秒内查询库里没有出现这封信")
