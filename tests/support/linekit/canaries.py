"""What must never be read in a log, a metric, a listing or a crash trace: citizens' words and contacts, and secrets.

Every letter of ``linekit.letters`` carries such words, so every run of a line can be searched. ``CITIZEN`` is one more
person, with a name, a phone, an address and words that stand nowhere else.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from linekit.letters import MATTERS, Draft

CITIZEN = Draft(
    key="canary-citizen-0001",
    name="甄雀翎",
    phone="13800009753",
    subject="关于翎羽巷井盖缺失的来信",
    text="翎羽巷十七号门前的井盖不见了，夜里有老人差点掉下去，请尽快补上。我的身份证号是110101199003070000。",
    mark="翎羽巷",
)
SECRET = "canary-secret-7f3a9c"
"""Planted where settings hold a password."""

_MATTERS = "|".join(re.escape(words[:12]) for _, words in MATTERS)
PATTERNS = {
    "a citizen's phone": re.compile(r"(?<!\d)1380000\d{4}(?!\d)"),
    "the mark of a letter": re.compile(r"zq[a-y]+q\w*"),
    "a citizen's words": re.compile(f"{_MATTERS}|翎羽|井盖"),
    "a citizen's name": re.compile("甄雀翎"),
    "an identity number": re.compile("110101199003070000"),
    "a sender's address": re.compile(r"[\w.+-]+@example\.cn"),
    "a secret": re.compile(SECRET),
}
"""Numbers that a citizen was given are not among them: logs may name a registration number."""


def leaks(text: str, secrets: Iterable[str] = ()) -> Iterator[str]:
    """What of the forbidden stands in *text*, each with some of its surroundings."""
    for what, pattern in PATTERNS.items():
        for found in pattern.finditer(text):
            yield f"{what}: …{text[max(0, found.start() - 80) : found.end() + 40]!r}…"
    for secret in secrets:
        if secret in text:
            yield f"a secret of this run: …{text[max(0, text.index(secret) - 80) :][:160]!r}…"


def leaks_in(folder: Path, secrets: Iterable[str] = ()) -> list[str]:
    """The same in every file of *folder*."""
    secrets = tuple(secrets)
    return [
        f"{path.name}: {leak}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for leak in leaks(path.read_text(errors="replace"), secrets)
    ]
