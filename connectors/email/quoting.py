"""Where a reply quotes what it answers, and where a signature begins: recognised, never cut.

The letter is kept whole. A citizen may answer between the quoted lines, and what looks like a signature may be the
address of the matter. Linear in the text: a line is looked at once, by its first characters, so a letter built to be
slow is read like any other (ready-made recognisers take seconds for a line of twelve thousand characters).
"""

import re
from typing import NamedTuple

LINE_CHARACTERS_MAX = 400
LINES_MAX = 20_000
SIGNATURE_LINES_MAX = 12

_QUOTED = re.compile(r"[ \t]{0,8}[>＞](?!\S{0,3}<)")
_RULE = re.compile(
    r"[ \t>]{0,8}[-_=*]{2,60} ?(?:原始邮件|原邮件|原始郵件|转发邮件|转发的邮件|轉寄郵件|original message|forwarded message|original email|reply message)"
    r" ?[-_=*]{2,60}",
    re.IGNORECASE,
)
_WROTE = re.compile(r"[ \t>]{0,8}(?:on |在|于|於|am |le |\d{4}[-/年.])", re.IGNORECASE)
_WROTE_END = re.compile(r"(?:wrote|写道|寫道|schrieb[^:：]{0,80}|a écrit)[ \t]?[:：][ \t]*$", re.IGNORECASE)
_FIELD = re.compile(
    r"[ \t>*]{0,8}(?:(from|发件人|寄件人|寄件者|发信人)|(sent|date|发送时间|发送日期|日期|寄件日期|傳送時間|to|收件人|收件者|subject|主题|主旨))"
    r"[ \t*]{0,3}[:：]",
    re.IGNORECASE,
)
_DASHES = re.compile(r"--[ \t]?$")
_SENT_FROM = re.compile(
    r"[ \t]{0,8}(?:sent from my |sent from mail for |get outlook for |发自我的|发自.{0,12}(?:iphone|手机|邮箱)|從我的|从.{0,8}(?:iphone|手机)发送)",
    re.IGNORECASE,
)


class Seen(NamedTuple):
    """At which character each begins; None where there is none."""

    quote: int | None
    signature: int | None


def look(text: str) -> Seen:
    """The first line that is quoted or announces a quote, and the author's signature. Never raises."""
    quote = signature = None
    at = since_author = signature_lines = 0
    author_at = -1
    for line in text.split("\n", LINES_MAX)[:LINES_MAX]:
        shown = line[:LINE_CHARACTERS_MAX]
        field = _FIELD.match(shown)
        if field is not None and field[1]:
            author_at, since_author = at, 0
        heads_a_mail = field is not None and field[1] is None and author_at >= 0 and since_author <= 2
        if heads_a_mail or _RULE.match(shown):
            quote = quote if quote is not None else author_at if heads_a_mail else at
            break  # all that follows is somebody else's
        since_author += 1
        if quote is None and (_QUOTED.match(shown) or _announces(shown)):
            quote = at
        if _DASHES.match(shown) or (signature is None and _SENT_FROM.match(shown)):
            signature, signature_lines = at, 0
        elif signature is not None and shown.strip():
            signature_lines += 1
            if signature_lines > SIGNATURE_LINES_MAX:
                signature = None  # that was a line in the middle of a letter
        at += len(line) + 1
    return Seen(quote, signature)


def _announces(line: str) -> bool:
    return bool(_WROTE.match(line) and _WROTE_END.search(line, max(0, len(line) - 120)))
