"""Letters of our own writing, each different from every other, with a mark that survives to the work order."""

import itertools
import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from uuid import uuid4

SURNAMES = "张王李赵陈刘杨黄周吴徐孙马朱胡林郭何高罗"
GIVEN = ("三", "四", "小明", "建国", "秀英", "丽华", "志强", "桂兰", "海燕", "文博")
MATTERS = (
    ("路灯不亮", "小区门口的路灯已经坏了两个多星期，晚上回家看不清路，老人很容易摔倒，请安排人员检修。"),
    ("垃圾清运不及时", "楼下的垃圾桶好几天没有清运，气味很大，苍蝇很多，希望环卫部门尽快处理。"),
    ("噪声扰民", "附近工地每天施工到深夜，孩子没有办法休息，请有关部门核实施工时间并告知结果。"),
    ("公交线路调整", "我们这里到地铁站没有公交，建议延长现有线路或者增加班次，方便上下班的居民。"),
    ("办事材料咨询", "想办理居住证续签，不清楚需要带哪些材料，也不知道周末是否可以办理，请告知。"),
    ("道路积水", "每次下雨路口都会积水，车辆和行人都过不去，请检查下水道是否堵塞。"),
)
LETTERS = "abcdefghijklmnoprstuvwxy"
"""Without q and z, which begin and end a mark: no mark lies within another."""


def mark_of(number: int) -> str:
    """A word of letters only, another one for every number: digits might be masked on their way."""
    word = ""
    while True:
        number, rest = divmod(number, len(LETTERS))
        word = LETTERS[rest] + word
        if number == 0:
            return f"zq{word}q"


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter before it is sent. ``key`` is the sender's own name for it: sent again, it is the same letter."""

    key: str
    name: str
    phone: str
    subject: str
    text: str
    mark: str

    def json_body(self, account: str, *, bytes_min: int = 0) -> bytes:
        """The web form's JSON for one mailbox, padded to *bytes_min*."""
        body = self._json(account, self.text)
        if len(body) < bytes_min:
            body = self._json(account, self.text + "补" * ((bytes_min - len(body) + 2) // 3))
        return body

    def _json(self, account: str, text: str) -> bytes:
        fields = {
            "account": account,
            "name": self.name,
            "phone": self.phone,
            "subject": self.subject,
            "text": text,
        }
        return json.dumps(fields, ensure_ascii=False).encode()

    def mail(self, to: str, *, file_bytes: int = 0) -> bytes:
        """The letter as a mail to *to*, with a file of *file_bytes*; its Message-ID is made of the key."""
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = f"{self.name} <{self.key[:24]}@example.cn>"
        message["To"] = to
        message["Subject"] = self.subject
        message["Message-ID"] = f"<{self.key}@example.cn>"
        message["Date"] = "Mon, 23 Nov 2026 08:00:00 +0800"
        message.set_content(f"{self.text}\n")
        if file_bytes:
            noise = random.Random(self.key).randbytes(file_bytes)
            message.add_attachment(noise, maintype="image", subtype="jpeg", filename="现场照片.jpg")
        return message.as_bytes()


def drafts(tag: str = "", *, people: int = 10_000) -> Iterator[Draft]:
    """Letters without end, by *people* in turn. *tag* sets those of one source apart from those of another."""
    tag = tag or uuid4().hex[:16]
    for number in itertools.count():
        subject, words = MATTERS[number % len(MATTERS)]
        mark = f"{mark_of(int(tag, 16) if _is_hex(tag) else number)}{mark_of(number)}"
        yield Draft(
            key=f"{tag}-{number}",
            name=SURNAMES[number % len(SURNAMES)] + GIVEN[number // len(SURNAMES) % len(GIVEN)],
            phone=f"138{number % people:08d}",
            subject=f"{subject}（{mark}）",
            text=f"{words}事项标记{mark}。",
            mark=mark,
        )


def _is_hex(text: str) -> bool:
    return all(character in string.hexdigits for character in text)
