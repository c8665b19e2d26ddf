"""The collections of mails beside the project: which files are mails, and what another program read in some of them.

Nothing of a mail stands here: a file is named by collection and file name, a difference by its reason.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from connectors._html import to_text
from connectors.email.payload import normalise
from schemas.letter import Content, Raw

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

MAILS = (
    "cpython/msg_*.txt", "cpython_cjk/*.txt", "enmime/*/*.raw", "mikel_mail/emails/**/*.eml", "mimekit/messages/*",
    "mimekit/openpgp/*.eml", "mimekit/openpgp/*.txt", "mimekit/partial/*.eml", "mimekit/tnef/*.eml", "spamassassin/**/*.txt",
    "talon/**/*.eml", "zammad/*.box", "zh_mailinglists/*.eml",
)  # fmt: skip
"""Other files there are attachments, pages, replies without a head, and expected results."""

REASONS = {
    ("mail019", "name"): "the name stands before an empty address; it is read here, and left out there",
    ("mail021", "text"): "one entity stands for two look-alike brackets in HTML 4 and HTML 5",
    ("mail087", "sender"): "name and address without brackets; expected takes both together for the address",
    ("mail087", "name"): "the same",
    (
        "mail087",
        "files",
    ): "a part without a type is text and its words are shown; expected makes a file of it",
    ("mail087", "text"): "the same: expected shows none of its words",
    ("mail105", "text"): "a multipart without a single boundary: its words are shown; expected shows none",
}
"""(file, what) to why it is not read as expected. A difference that is not listed here is a fault."""

_TAGGED = re.compile(r"</(?:div|p|span|table|b)>")
_NO_WORDS = "no visible content"


@dataclass(frozen=True, slots=True)
class Difference:
    """What was read otherwise in one mail: sender, name, subject, files or text."""

    mail: str
    what: str

    @property
    def reason(self) -> str:
        return REASONS.get((self.mail, self.what), "")


@dataclass(frozen=True, slots=True)
class Compared:
    """One mail beside its expected parse: which of its facts are stated there, and which are read otherwise."""

    stated: frozenset[str]
    differences: tuple[Difference, ...]


def mails(data: Path) -> list[Path]:
    """Every file that is a mail."""
    folder = data / "mail"
    return sorted({path for pattern in MAILS for path in folder.glob(pattern) if path.is_file()})


def raw(mail: bytes, key: str = "x") -> Raw:
    return Raw(account="a@b.cn", external_id=key, conversation="", letter_key=key, body=mail, received_at=AT)


def compared(data: Path) -> Iterator[Compared]:
    """Every mail that an expected parse stands beside."""
    for path in sorted((data / "mail" / "zammad").glob("*.yml")):
        expected = yaml.load(path.read_text(), _Loader)
        content = normalise((raw(path.with_suffix(".box").read_bytes()),))
        facts = dict(_facts(expected, content))
        yield Compared(
            frozenset(facts),
            tuple(Difference(path.stem, what) for what, (there, here) in facts.items() if there != here),
        )


def _facts(expected: dict[str, Any], content: Content) -> Iterator[tuple[str, tuple[object, object]]]:
    if "from_email" in expected:
        yield "sender", (str(expected["from_email"]).lower(), content.sender.handle)
    if "from_display_name" in expected:
        yield "name", (_bare(expected["from_display_name"]), _bare(content.sender.name))
    if "subject" in expected:
        yield "subject", (_bare(expected["subject"]), _bare(content.subject))
    if "attachments" in expected:
        # That program adds the page as a file of its own making.
        sent = [file for file in expected["attachments"] or () if not _made(file)]
        yield "files", (len(sent), len(content.attachments))
    if "body" in expected:
        yield "text", (_bare(_without_tags(expected)), _bare(content.text))


def _made(file: dict[str, Any]) -> bool:
    return bool((file.get("preferences") or {}).get("original-format"))


def _without_tags(expected: dict[str, Any]) -> str:
    body = "" if expected["body"] == _NO_WORDS else str(expected["body"])
    is_html = expected.get("content_type") == "text/html" or _TAGGED.search(body)
    return to_text(body) if is_html else body


def _bare(text: object) -> str:
    """Without blanks, and without the brackets that mark a link."""
    return re.sub(r"[\s\[\]]+", "", "" if text is None else str(text))


class _Loader(yaml.SafeLoader):
    pass


def _ruby(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


_Loader.add_multi_constructor("!ruby/", _ruby)
_Loader.add_constructor("!binary", lambda _, node: node.value)
