"""What the form says to people, in Chinese and English. Plain words; a problem always names its remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "account": ("收信信箱", "Mailbox"),
    "city": ("城市", "City"),
    "mailbox": ("信箱", "Mailbox"),
    "name": ("姓名", "Name"),
    "phone": ("电话", "Phone"),
    "email": ("电子邮箱", "E-mail"),
    "place": ("事发地点", "Where it happened"),
    "kind": ("类型", "Kind"),
    "subject": ("标题", "Subject"),
    "text": ("内容", "Your letter"),
    "files": ("附件", "Files"),
    "publish_consent": ("公开", "Publication"),
    "confidential": ("保密", "Confidential"),
    "privacy_notice": ("隐私告知", "Privacy notice"),
    "letter": ("来信", "Letter"),
    "Idempotency-Key": ("Idempotency-Key", "Idempotency-Key"),
}

PROBLEMS: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("请填写{field}。", "Please fill in: {field}."),
    "too_long": (
        "{field}最多 {limit} 个字，请缩短后再提交。",
        "{field}: at most {limit} characters. Please shorten it.",
    ),
    "phone": (
        "电话写得不对。请只写数字，例如 13800001234 或 0796-1234567。",
        "This is not a phone number. Write digits only, for example 13800001234.",
    ),
    "email": (
        "电子邮箱写得不对。请写成 name@example.com 的样子，或留空。",
        "This is not an e-mail address. Write it like name@example.com, or leave it empty.",
    ),
    "kind": ("请从列出的类型中选一个。", "Please choose one of the kinds listed."),
    "account": ("请选择收信信箱。", "Please choose a mailbox."),
    "account_needed": (
        "请写明收信信箱：account，或 city 与 mailbox。",
        "Name a mailbox that exists: account, or city and mailbox.",
    ),
    "unknown_field": (
        "没有 {field} 这个字段，请删去或改正拼写。",
        "There is no field {field}. Remove it or correct its name.",
    ),
    "not_bool": ("{field}只能是 true 或 false。", "{field} must be true or false."),
    "not_text": ("{field}应为文字。", "{field} must be text."),
    "notice": (
        "隐私告知的版本只含字母、数字、点、横线。",
        "The notice's version has only letters, digits, dots and dashes.",
    ),
    "key": (
        "请带上 Idempotency-Key 请求头：16 至 128 个可见 ASCII 字符，每封信一个新的。",
        "Send an Idempotency-Key header of 16 to 128 visible ASCII characters, a new one for every letter.",
    ),
    "conflict": (
        "这个 Idempotency-Key 已用于另一封内容不同的信。新信请换新的键。",
        "This Idempotency-Key was used for a letter with another content. Use a new key for a new letter.",
    ),
    "unreadable": ("{field}无法读取，请检查后再提交。", "{field} cannot be read. Please check it."),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in one language."""

    lang: str
    column: int

    def field(self, name: str) -> str:
        """A field's label."""
        return FIELDS[name][self.column] if name in FIELDS else name

    def problem(self, field: str, word: str, limit: int | str = "") -> str:
        """A sentence that names the field and the remedy."""
        sentence = PROBLEMS.get(word, PROBLEMS["unreadable"])[self.column]
        return sentence.format(field=self.field(field), limit=limit)

    def say(self, chinese: str, english: str) -> str:
        """One of the two, for words that stand in one place only."""
        return (chinese, english)[self.column]


CHINESE: Final = Words("zh-CN", 0)
ENGLISH: Final = Words("en", 1)


def words_for(accept_language: str, *, english: bool) -> Words:
    """English for who asks for it first, where the settings allow it; else Chinese."""
    return ENGLISH if english and accept_language.strip().lower().startswith("en") else CHINESE
