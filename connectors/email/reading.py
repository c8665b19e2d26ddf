"""Which parts of a mail are its words and which are files, as a citizen's mail program would have shown it.

Of alternatives the HTML is taken, for that is what its author saw and meant: the plain text beside it is made by
programs, and says now and then no more than that the mail should be opened elsewhere. Where the HTML shows no word (a
picture) the plain text is taken. Files are taken from everywhere. A part of text is a file where it is said to be one,
or where it has a name and the words were found before it.
"""

import re
from dataclasses import dataclass, field

from connectors._charset import decode
from connectors._html import to_text
from connectors.email import tnef
from connectors.email.files import FILES_MAX, decoded_content, file_of, filename, packed_file
from connectors.email.headers import main_value, parameters
from connectors.email.mime import Part
from schemas.letter import TEXT_CHARACTERS_MAX, NewFile

TEXT_BYTES_MAX = 4 * TEXT_CHARACTERS_MAX
HTML_BYTES_MAX = 2 * TEXT_CHARACTERS_MAX
"""How much of one part is read as words; what is beyond would not be kept. HTML costs more time than text."""

_DECLARED_IN_HTML = re.compile(
    rb"<meta[^>]{0,200}charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE
)
_TITLE = re.compile(r"<title[^<>]{0,100}+>([^<>]{0,500}+)</title\s{0,5}>", re.IGNORECASE)


@dataclass
class Reading:
    """What was read so far: words and files, and what was noticed on the way."""

    texts: list[str] = field(default_factory=list)
    files: list[NewFile] = field(default_factory=list)
    html: bool = False
    guessed: bool = False
    broken: bool = False
    cut: bool = False
    charset: str | None = None
    only_html: bool = False
    """There were no words but HTML."""

    @property
    def text(self) -> str:
        """All words, parts apart by an empty line."""
        return "\n\n".join(self.texts)


def read(mail: Part) -> Reading:
    """The words and files of *mail*."""
    reading = Reading(charset=_first_charset(mail))
    reading.broken = any(part.faults for part in mail.walk_parts())
    _read_into(reading, mail)
    return reading


def _first_charset(mail: Part) -> str | None:
    for part in mail.walk_parts():
        charset = part.parameter("content-type", "charset") if not part.parts else None
        # A header holds ASCII at the least, which no charset of two or four bytes does.
        if charset and not charset.lower().startswith(
            ("utf-16", "utf-32", "utf16", "utf32", "ucs-", "ucs2", "unicode")
        ):
            return charset
    return None


def _read_into(reading: Reading, part: Part) -> None:
    # As deep as parts may be nested (mime.DEPTH_MAX), so recursion is bounded.
    if part.media_type == "multipart/alternative" and part.parts:
        _read_alternatives(reading, part.parts)
    elif part.parts:
        for child in part.parts:
            _read_into(reading, child)
    elif _is_words(reading, part):
        _read_words(reading, part)
    else:
        _read_file(reading, part)


def _read_alternatives(reading: Reading, children: list[Part]) -> None:
    readings: list[Reading] = []
    for child in children:
        one = Reading(charset=reading.charset, files=reading.files)
        _read_into(one, child)
        reading.broken |= one.broken
        readings.append(one)
    worded = [one for one in readings if one.texts]
    chosen = next((one for one in worded if one.html), worded[0] if worded else None)
    if chosen is not None:
        reading.texts += chosen.texts
        reading.html |= chosen.html
        reading.only_html |= all(one.only_html for one in worded)
        reading.guessed |= chosen.guessed
        reading.cut |= chosen.cut


def _is_words(reading: Reading, part: Part) -> bool:
    kind = part.media_type
    if kind.startswith("multipart/"):
        return bool(part.content.strip())  # a multipart without boundary: all that can be done is show it
    if (
        kind not in ("text/plain", "text/html")
        or main_value(part.field("content-disposition")) == "attachment"
    ):
        return False
    return not (reading.texts and filename(part, reading.charset))


def _read_words(reading: Reading, part: Part) -> None:
    content, broken = decoded_content(part)
    declared = part.parameter("content-type", "charset") or None
    is_html = part.media_type == "text/html"
    if is_html and declared is None and (found := _DECLARED_IN_HTML.search(content[:4096])):
        declared = found[1].decode("ascii")
    bytes_max = HTML_BYTES_MAX if is_html else TEXT_BYTES_MAX
    reading.cut |= len(content) > bytes_max
    decoded = decode(content[:bytes_max], declared)
    text = decoded.text
    if is_html:
        text = _shown(text)
    elif parameters(part.field("content-type")).get("format", "").lower() == "flowed":
        text = unflowed(text, joined_without_space=part.parameter("content-type", "delsp").lower() == "yes")
    reading.broken |= broken
    reading.guessed |= decoded.guessed
    if text := text.strip():
        reading.html |= is_html
        reading.only_html |= is_html
        reading.texts.append(text)


def _read_file(reading: Reading, part: Part) -> None:
    name = filename(part, reading.charset)
    if not part.content.strip() and not name:
        return
    if (part.media_type in tnef.MEDIA_TYPES or name.lower() == "winmail.dat") and _read_pack(reading, part):
        return
    file, broken = file_of(part, len(reading.files) + 1, reading.charset)
    reading.files.append(file)
    reading.broken |= broken


def _read_pack(reading: Reading, part: Part) -> bool:
    """Whether all that a citizen put into the pack was read: then nobody needs the pack itself."""
    content, broken = decoded_content(part)
    unpacked = tnef.unpack(content)
    if unpacked is None or len(reading.files) + len(unpacked.files) >= FILES_MAX:
        return False
    reading.broken |= broken or unpacked.broken
    for packed in unpacked.files:
        reading.files.append(packed_file(packed, len(reading.files) + 1))
    if not reading.texts and (words := unpacked.html or unpacked.text):
        reading.cut |= len(words) > HTML_BYTES_MAX
        shown = _shown(words[:HTML_BYTES_MAX]) if unpacked.html else words.strip()
        reading.html = reading.only_html = bool(unpacked.html and shown)
        reading.texts += [shown] if shown else []
    return not (unpacked.broken or broken or (unpacked.rich_text_alone and not reading.texts))


def _shown(html: str) -> str:
    """The words of a page. Its title, which mail programs hide, is words as well: somebody may have written them."""
    return to_text(_TITLE.sub(r"<p>\1</p>", html, count=1)).strip()


def unflowed(text: str, *, joined_without_space: bool) -> str:
    """Text of RFC 3676 with its soft line breaks undone; quoted lines are joined only within one depth."""
    pieces: list[str] = []
    open_depth = -1
    for line in text.splitlines():
        quoted = len(line) - len(line.lstrip(">"))
        content = line[quoted:].removeprefix(" ")
        if open_depth != quoted:
            pieces.append("\n> " if quoted else "\n")
        soft = content.endswith(" ") and content != "-- "
        open_depth = quoted if soft else -1
        pieces.append(content[:-1] if soft and joined_without_space else content)
    return "".join(pieces).removeprefix("\n")
