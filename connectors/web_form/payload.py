"""What the browser and the JSON API send, field for field, and ``normalise``: pure.

Both ways in fill the same model. Checks that a human can still correct happen here, before the letter is accepted:
each problem names its field and a word of ``words``. What was accepted is stored as canonical JSON (``stored``: sorted
by the model's field order, defaults left out, so equal letters are equal bytes), and ``normalise`` reads that back
leniently: whatever was accepted once can always be read.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from connectors._names import safe_name
from schemas.errors import Malformed
from schemas.letter import (
    KIND_SAID_CHARACTERS_MAX,
    KINDS,
    TEXT_CHARACTERS_MAX,
    Attachment,
    Content,
    Place,
    Raw,
    Sender,
    kind_named,
)

TEXT_MAX = 10_000
"""Characters of the text; a line end counts as one."""
ACCOUNT_MAX = 320
NAME_MAX = 100
SUBJECT_MAX = 200
PLACE_MAX = 200
EMAIL_MAX = 254
PHONE_DIGITS_MIN, PHONE_DIGITS_MAX, PHONE_MAX = 5, 20, 64
NOTICE_MAX = 64

_PHONE = re.compile(r"\+?[0-9()][0-9()\- 转#,x]*\Z")
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\.]+(\.[^\s@<>,;:\"()\[\]\\.]+)+\Z")
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160)))
_COUNTRY = re.compile(r"^(00)?86(?=1[0-9]{10}$)")
_VISIBLE = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]")
_DIGITS = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with *field*: a key of ``words.PROBLEMS``, and the limit it mentions if any."""

    field: str
    word: str
    limit: int | str = ""


class FormErrors(Malformed):
    """One field or several of a letter are missing or wrong. The sender can correct every one of them."""

    def __init__(self, *problems: Problem) -> None:
        known = (f"{p.field if p.field in WebLetter.model_fields else 'field'}: {p.word}" for p in problems)
        super().__init__("; ".join(known))
        self.problems = problems


def _lines(value: object) -> object:
    """Line ends as one character; the blank edges of a text say nothing."""
    if not isinstance(value, str):
        return value
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def _one_line(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def _phone(value: object) -> object:
    """As typed, in half-width characters."""
    if not isinstance(value, str) or not value:
        return value
    phone = unicodedata.normalize("NFKC", value).strip().replace("–", "-").replace("—", "-")
    count = len(phone_digits(phone))
    written_well = _PHONE.match(phone) and len(phone) <= PHONE_MAX
    if phone and not (written_well and PHONE_DIGITS_MIN <= count <= PHONE_DIGITS_MAX):
        raise PydanticCustomError("phone", "not a phone number")
    return phone


def _email(value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    email = unicodedata.normalize("NFKC", value).strip()
    if email and not _EMAIL.match(email):
        raise PydanticCustomError("email", "not an e-mail address")
    return email


def _said(value: object) -> object:
    if isinstance(value, str) and not _VISIBLE.search(value):
        raise PydanticCustomError("missing", "nothing was written")
    return value


Line = Annotated[str, BeforeValidator(_one_line)]


class WebLetter(BaseModel):
    """A letter to a mailbox of the city. Name the mailbox by ``account``, or by ``city`` and ``mailbox``."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, title="Letter", hide_input_in_errors=True
    )

    account: str = Field(default="", max_length=ACCOUNT_MAX, description="收信信箱的账号名")
    city: str = Field(default="", max_length=63, description="城市（与 mailbox 一起使用）")
    mailbox: str = Field(default="", max_length=63, description="信箱（与 city 一起使用）")
    name: Line = Field(default="", max_length=NAME_MAX, description="姓名；匿名可空")
    phone: Annotated[str, BeforeValidator(_phone)] = Field(default="", description="联系电话")
    email: Annotated[str, BeforeValidator(_email)] = Field(
        default="", max_length=EMAIL_MAX, description="电子邮箱"
    )
    place: Line = Field(default="", max_length=PLACE_MAX, description="事情发生的地点")
    kind: Line | None = Field(
        default=None, max_length=KIND_SAID_CHARACTERS_MAX, examples=list(KINDS),
        description="诉求类型，或本市规则包对照到这些类型的本地叫法；都不是的，按来信内容判断",
    )  # fmt: skip
    subject: Line = Field(default="", max_length=SUBJECT_MAX, description="标题")
    text: Annotated[str, BeforeValidator(_said), BeforeValidator(_lines)] = Field(
        min_length=1, max_length=TEXT_MAX, description="正文"
    )
    publish_consent: bool = Field(default=False, description="同意公开来信与答复（隐去个人信息）")
    confidential: bool = Field(default=False, description="要求对个人信息保密")
    privacy_notice: str = Field(
        default="", max_length=NOTICE_MAX, pattern=r"^[A-Za-z0-9._-]*$", description="已读的隐私告知的版本"
    )

    def stored(self) -> bytes:
        """The letter as it is kept: equal letters are equal bytes. The mailbox stands in ``Raw.account``."""
        return self.__pydantic_serializer__.to_json(
            self, exclude_defaults=True, exclude={"account", "city", "mailbox"}
        )

    def who(self) -> str:
        """Whose words these are, as far as the sender said: what keeps a person's letters in order."""
        if self.phone:
            return f"tel:{_COUNTRY.sub('', phone_digits(self.phone))}"
        return f"mailto:{self.email.lower()}" if self.email else ""


class _Stored(BaseModel):
    """What ``stored`` wrote, read leniently: limits may have changed since."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    name: str = ""
    phone: str = ""
    email: str = ""
    place: str = ""
    kind: str | None = None
    subject: str = ""
    text: str = ""
    publish_consent: bool = False
    confidential: bool = False
    privacy_notice: str = ""


def phone_digits(phone: str) -> str:
    """Only the digits."""
    return _DIGITS.sub("", phone)


def from_json(body: bytes) -> WebLetter:
    """The API's letter. Raises FormErrors naming the fields, Malformed for what is no JSON object."""
    try:
        return WebLetter.model_validate_json(body)
    except ValidationError as error:
        if _broken(error):
            return from_fields(_mended(body))
        raise FormErrors(*_problems(error)) from None


def from_fields(fields: Mapping[str, Any]) -> WebLetter:
    """The letter that these fields make. Raises FormErrors."""
    try:
        return WebLetter.model_validate(fields)
    except ValidationError as error:
        raise FormErrors(*_problems(error)) from None


def normalise(pieces: Sequence[Raw]) -> Content:
    """The content of the one piece that a web letter is. Raises Malformed."""
    if len(pieces) != 1 or not isinstance(pieces[0].body, bytes):
        raise Malformed("a web letter is one piece with its bytes")
    piece, letter = pieces[0], _read(pieces[0].body)
    kind, kind_said = kind_named(clean(letter.kind or ""))
    return Content(
        sender=Sender(
            name=clean(letter.name)[:200], phone=clean(letter.phone)[:PHONE_MAX], email=clean(letter.email)[:320]
        ),
        subject=clean(letter.subject)[:1000],
        text=clean(letter.text)[:TEXT_CHARACTERS_MAX],
        kind=kind,
        kind_said=kind_said,
        place=_place(clean(letter.place)[:500]),
        confidential=letter.confidential,
        publish_consent=letter.publish_consent,
        privacy_notice=clean(letter.privacy_notice)[:NOTICE_MAX],
        attachments=tuple(
            Attachment(
                sha256=file.sha256, size_bytes=file.size_bytes, name=safe_name(file.name), media_type=file.media_type
            )
            for file in piece.files
        ),
        flags=() if letter.phone or letter.email else ("no_contact",),
    )  # fmt: skip


def clean(text: str) -> str:
    """Without NUL, other control characters and lone surrogates; line ends are line feeds."""
    if text.replace("\n", "").isprintable():  # as nearly every text is, and quickly asked
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _read(body: bytes) -> _Stored:
    try:
        return _Stored.model_validate_json(body)
    except ValidationError as error:
        broken = _broken(error)
    try:
        if broken:
            return _Stored.model_validate(_mended(body))
    except ValidationError:
        pass
    raise Malformed("not a letter of the web form")


def _broken(error: ValidationError) -> bool:
    """Whether the JSON itself could not be read."""
    return any(
        problem["type"] == "json_invalid"
        for problem in error.errors(include_url=False, include_context=False)
    )


def _mended(body: bytes) -> dict[str, Any]:
    """JSON that only a lenient reader takes: half a surrogate pair, left where a program cut an emoji, or a BOM."""
    try:
        read = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(read, dict):
        raise Malformed("not a JSON object")
    return {_whole(key): _whole(value) if isinstance(value, str) else value for key, value in read.items()}


def _whole(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _place(text: str) -> Place | None:
    return Place(text=text) if text else None


_WORDS = {
    "missing": "missing",
    "string_too_short": "missing",
    "string_too_long": "too_long",
    "phone": "phone",
    "email": "email",
    "extra_forbidden": "unknown_field",
    "bool_type": "not_bool",
    "string_type": "not_text",
    "string_pattern_mismatch": "notice",
}


def _problems(error: ValidationError) -> list[Problem]:
    problems = []
    for found in error.errors(include_url=False, include_input=False)[:20]:
        field = ".".join(str(place) for place in found["loc"])[:64] or "letter"
        limit = found.get("ctx", {}).get("max_length", "")
        problems.append(Problem(field, _WORDS.get(found["type"], "unreadable"), limit))
    return problems
