"""What a mail says: ``normalise`` turns its bytes into Content, and does nothing else.

It is pure, linear in the mail's size apart from the measured limits of ``mime`` and ``_html``, and raises nothing but
Malformed. Flags: ``charset_guessed`` (a charset was missing, wrong or unknown), ``html_only`` (the text was HTML),
``defects`` (structure or encoding broken, read as far as possible), ``auto_reply`` (a machine answered),
``bounce`` (a delivery report), ``list`` (through a mailing list), ``reply_to`` (answers are wanted at another
address), ``quotes`` (an earlier mail is quoted), ``signature`` (a signature was recognised), ``text_cut`` (longer than
is kept; the rest stands in the raw bytes). A flag never takes anything away: machines' mails are letters too.
A registration number in the subject that its check digit proves to be one stands in the thread as ``number:…``.
"""

import re
import unicodedata
from collections.abc import Sequence

from connectors._charset import clean, decode
from connectors.email import headers
from connectors.email.mime import Part, parse
from connectors.email.quoting import look
from connectors.email.reading import read
from schemas.errors import Malformed
from schemas.letter import TEXT_CHARACTERS_MAX, Content, Raw, Sender
from schemas.numbers import is_number, plain

_THREAD_MAX = 50
_NUMBERS_MAX = 5
_NUMBER = re.compile(r"(?<![0-9])[0-9]{4}(?:[-‐–—_.· ]?[0-9]{4}){3}(?![0-9])")
_AUTOMATIC = re.compile(
    r"auto[ -]?reply|automatic reply|autoreply|out of office|自动回复|自動回覆|外出自动答复", re.IGNORECASE
)
_AUTOMATIC_FIELDS = (
    "x-autoreply",
    "x-autorespond",
    "x-auto-response-from",
    "x-autoreply-from",
    "x-mail-autoreply",
)
_WORD = re.compile(r"\s*([A-Za-z0-9._+-]{1,64})\s*(?:\([^()]{0,200}\))?\s*")
_DAEMON = re.compile(rb"\s*<?(mailer-daemon|postmaster|mail-daemon)\b", re.IGNORECASE)
_LINE_ENDS = re.compile(r"\r\n|\r")
_CONTROLS = re.compile("[\x01-\x08\x0b-\x1f\x7f]")


def normalise(pieces: Sequence[Raw]) -> Content:
    """The content of one mail. Raises Malformed where it is empty, beyond a limit, or not exactly one piece."""
    if len(pieces) != 1:
        raise Malformed(f"a mail is one piece, not {len(pieces)}")
    raw = pieces[0]
    if not isinstance(raw.body, bytes):
        raise TypeError("the worker loads a piece's bytes before it is read")
    mail = parse(raw.body)
    reading = read(mail)
    charset = reading.charset
    subject = headers.text_of(mail.field("subject"), charset)
    flags = _flags(mail, subject.text)
    sender, reply_to = _sender(mail, raw.conversation, charset, listed="list" in flags)
    text = _text(reading.text)
    seen = look(text)
    found = {
        "charset_guessed": reading.guessed or subject.guessed,
        "html_only": reading.only_html and bool(text),
        "defects": reading.broken,
        "reply_to": reply_to,
        "quotes": seen.quote is not None,
        "signature": seen.signature is not None,
        "text_cut": reading.cut or len(text) > TEXT_CHARACTERS_MAX,
    }
    if not (text or subject.text or reading.files or sender.handle):
        raise Malformed("nothing in it can be read: no sender, subject, text or file")
    return Content(
        sender=sender,
        subject=subject.text[:1000],
        text=text[:TEXT_CHARACTERS_MAX],
        attachments=tuple(reading.files),
        thread=_thread(mail, subject.text),
        sent_at=headers.date(mail.field("date"), raw.received_at),
        flags=tuple(sorted(flags | {flag for flag, is_so in found.items() if is_so})),
    )


def _sender(mail: Part, envelope: str, charset: str | None, *, listed: bool) -> tuple[Sender, bool]:
    """Who wrote, and whether answers are wanted elsewhere. A From without an address falls back to the envelope."""
    claims = [headers.mailbox(value, charset) for value in mail.every_field("from")]
    named = next((claim for claim in claims if claim.name), headers.Mailbox("", ""))
    written = next((claim for claim in claims if claim.address), named)
    others = (mail.field("sender"), mail.field("reply-to"), envelope.encode("utf-8", "replace"))
    address = written.address or next(filter(None, map(headers.address_of, others)), "")
    answers = "" if listed else headers.mailbox(mail.field("reply-to"), charset).address
    # Mail servers on the same machine sign with a bare word.
    word = _WORD.fullmatch(decode(mail.field("from")).text)
    handle = address or (word[1].lower() if word else "")
    sender = Sender(handle=handle, name=written.name[:200], email=answers or address)
    return sender, bool(answers) and answers != address


def _thread(mail: Part, subject: str) -> tuple[str, ...]:
    ids = headers.message_ids(mail.field("references")) + headers.message_ids(mail.field("in-reply-to"))
    numbers = [plain(found[0]) for found in _NUMBER.finditer(unicodedata.normalize("NFKC", subject[:1000]))]
    own = dict.fromkeys(f"number:{number}" for number in numbers if is_number(number))
    return tuple(own)[:_NUMBERS_MAX] + tuple(dict.fromkeys(ids))[-_THREAD_MAX + _NUMBERS_MAX :]


def _flags(mail: Part, subject: str) -> set[str]:
    flags: set[str] = set()
    precedence = headers.main_value(mail.field("precedence"))
    automatic = headers.main_value(mail.field("auto-submitted"))
    if (
        automatic not in ("", "no")
        or precedence == "auto_reply"
        or any(mail.field(name) for name in _AUTOMATIC_FIELDS)
        or (mail.media_type == "multipart/report" and not _is_bounce(mail))  # "has been read", "is spam"
        or _AUTOMATIC.match(subject)
    ):
        flags.add("auto_reply")
    if _is_bounce(mail):
        flags.add("bounce")
    if precedence in ("list", "bulk", "junk") or mail.field("list-id") or mail.field("list-unsubscribe"):
        flags.add("list")
    return flags


def _is_bounce(mail: Part) -> bool:
    if mail.media_type == "multipart/report":
        return mail.parameter("content-type", "report-type").lower() == "delivery-status"
    if mail.field("return-path").strip() == b"<>":
        return True
    author = mail.field("from")
    return bool(_DAEMON.match(author) or _DAEMON.match(headers.mailbox(author).address.encode()))


def _text(text: str) -> str:
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", clean(text))).strip()
