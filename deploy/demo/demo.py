"""Sends letters of our own writing through every channel of a running line and tells what became of each.

Run by ``make demo`` while ``xinshu up`` runs (here or in another terminal). Speaks as citizens and programs do: the
page, the JSON API, SMTP, an SMS vendor's callback, a Telegram webhook, a call centre's signed push and its folder;
``senders.py`` beside this file has the last four. Then reads the register until every letter has its decision and every order is in every sink,
for 30 seconds at most; exit code 1 where something does not come.
"""

import os
import re
import secrets
import smtplib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import httpx
from senders import NoAnswer, dropped, pushed, texted, told_a_bot

from pipeline import settings_file
from pipeline.cli.story_words import decision_words
from pipeline.numbers import shown
from pipeline.register.reader import Reader
from pipeline.settings import Settings
from pipeline.story import Story
from schemas.decision import InScope
from schemas.order import Receipt

PATIENCE_S = 30.0
LAMP = "示例路与样本街路口的三盏路灯已经一周不亮了,晚上放学的孩子看不清路,请尽快派人修理。"
NOISE = "样本小区东门外的工地夜里两点还在打桩,连续三天了,老人和孩子都睡不好,请管一管。"
GAS = "我家楼道里有很浓的煤气味,整栋楼都闻得到,煤气泄漏了,快来人!"
TREE = "昨夜大风,示例公园北门的一棵大树倒在人行道上,轮椅和婴儿车都过不去,请清理。"


@dataclass(frozen=True, slots=True)
class Sent:
    """One letter and the number its sender heard."""

    way: str
    about: str
    number: str


def main() -> int:
    """The exit code."""
    settings = settings_file.load(settings_file.find(None, os.environ), os.environ)
    try:
        sent = list(_send_all(settings))
    except BrokenPipeError:
        raise
    except (httpx.TransportError, OSError) as error:
        print(f"连不上正在运行的线({type(error).__name__})。请先在另一个终端启动:make up", file=sys.stderr)
        return 1
    except (NoAnswer, httpx.HTTPStatusError) as error:
        print(f"没有得到应有的回答:{error}", file=sys.stderr)
        return 1
    print(f"\n已寄出 {len(sent)} 封,等待决定与工单……\n")
    deadline = time.monotonic() + PATIENCE_S
    return max([_tell(settings, letter, deadline) for letter in sent], default=1)


def _send_all(settings: Settings) -> Iterator[Sent]:
    door = f"http://{settings.door.host}:{settings.door.http_port}/in/web_form"
    mark = secrets.token_hex(4)
    writer = f"zhangsan-{mark}@example.org"
    if "web_form" in settings.connectors:
        account = next(iter(settings.connectors["web_form"]["accounts"]))
        with httpx.Client(timeout=15) as client:
            lamp = {
                "name": "张三",
                "email": writer,
                "kind": "求助",
                "subject": "路灯不亮",
                "text": f"{LAMP}(演示 {mark})",
            }
            yield _heard("网页", "路灯不亮", _by_page(client, door, {**lamp, "account": account}))
            yield _heard("网页", "同一件事又写了一遍", _by_page(client, door, {**lamp, "account": account}))
            for about, text in (("夜间施工", NOISE), ("煤气泄漏", GAS)):
                body = {
                    "account": account,
                    "name": "李四",
                    "phone": "13800000002",
                    "text": f"{text}(演示 {mark})",
                }
                yield _heard("JSON 接口", about, _by_api(client, door, body))
    if "email" in settings.connectors:
        yield _heard("电子邮件", "大树倒伏", _by_mail(settings.connectors["email"], writer, mark))
    with httpx.Client(
        timeout=15, base_url=f"http://{settings.door.host}:{settings.door.http_port}"
    ) as client:
        for channel, way, about, send in (
            ("sms", "短信", "垃圾清运", texted), ("telegram", "机器人", "公交站牌", told_a_bot),
            ("hotline", "热线推送", "自来水", pushed), ("hotline", "热线文件", "广场噪声", dropped),
        ):  # fmt: skip
            if channel in settings.connectors:
                yield _heard(way, about, send(settings, client, mark))


def _heard(way: str, about: str, number: str) -> Sent:
    print(f"{way:<6} 《{about}》 → 登记编号 {shown(number)}")
    return Sent(way, about, number)


def _by_page(client: httpx.Client, door: str, fields: dict[str, str]) -> str:
    page = client.get(f"{door}/").raise_for_status().text
    token = _one(r'name="token" value="([0-9a-f]+)"', page, "网页上的一次性令牌")
    notice = _one(r'name="privacy_notice" value="([^"]*)"', page, "网页上的隐私告知")
    filled = {**fields, "token": token, "privacy_notice": notice}
    photo = {"files": ("现场照片.txt", "(这里本来是一张照片)".encode(), "text/plain")}
    receipt = client.post(f"{door}/", data=filled, files=photo).raise_for_status().text
    return _digits(_one(r'id="number">([0-9 -]+)<', receipt, "回执上的登记编号"))


def _by_api(client: httpx.Client, door: str, body: dict[str, str]) -> str:
    answer = client.post(f"{door}/api/letters", json=body, headers={"Idempotency-Key": secrets.token_hex(16)})
    return str(answer.raise_for_status().json()["number"])


def _by_mail(table: dict[str, Any], writer: str, mark: str) -> str:
    mail = EmailMessage()
    mail["From"] = f"张三 <{writer}>"
    mail["To"] = next(iter(table["accounts"]))
    mail["Subject"] = "示例公园北门大树倒伏"
    mail["Message-ID"] = f"<{mark}@example.org>"
    mail.set_content(f"{TREE}(演示 {mark})", charset="gb18030", cte="base64")
    mail.add_attachment(
        "(这里本来是一张照片)".encode(), maintype="text", subtype="plain", filename="大树.txt"
    )
    with smtplib.SMTP(table.get("host", "127.0.0.1"), table.get("port", 2525), timeout=15) as smtp:
        smtp.ehlo()
        smtp.mail(writer)
        smtp.rcpt(str(mail["To"]))
        code, said = smtp.data(mail.as_bytes(policy=SMTP))
    if code != 250:
        raise NoAnswer(f"邮件没有被收下:{code} {said.decode(errors='replace')}")
    return _digits(
        _one(r"\b(\d{16}|\d{4}(?:[ -]\d{4}){3})\b", said.decode(errors="replace"), "收信应答里的登记编号")
    )


def _one(pattern: str, text: str, what: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise NoAnswer(f"没有找到{what}")
    return found[1]


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _tell(settings: Settings, letter: Sent, deadline: float) -> int:
    """Wait for the letter's end, print it; 0 where it came."""
    story: Story | None = None
    while time.monotonic() < deadline:
        if settings.register_path.exists():
            with Reader(settings.register_path) as reader:
                story = reader.story(letter.number)
        if story is not None and _complete(story, set(settings.sinks)):
            break
        time.sleep(0.1)
    print(f"{shown(letter.number)}  {letter.way}《{letter.about}》")
    if story is None or not _complete(story, set(settings.sinks)):
        print("    没有等到结果!请执行:xinshu explain", letter.number)
        return 1
    for part in story.parts:
        if part.decision is not None:
            print(f"    决定:{decision_words(part.decision.decision)}")
        if part.link is not None:
            print(f"    合并:与 {shown(part.link.to_number)} 是同一人的同一件事,不另开工单")
        if part.order is not None:
            order = part.order.order
            due = order.due_at.strftime("%Y-%m-%d")
            print(
                f"    工单:{order.id},承办 {order.unit},最迟 {due},已送达 {'、'.join(sorted(_sinks(story)))}"
            )
    return 0


def _sinks(story: Story) -> set[str]:
    return {entry.record.sink for entry in story.entries if isinstance(entry.record, Receipt)}


def _complete(story: Story, sinks: set[str]) -> bool:
    decided = all(part.decision is not None for part in story.parts)
    ordered = any(
        part.decision is not None and isinstance(part.decision.decision, InScope) and part.link is None
        for part in story.parts
    )
    return decided and (not ordered or (all(part.order for part in story.parts) and sinks <= _sinks(story)))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
