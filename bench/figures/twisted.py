"""The same letters written otherwise: a decision must not hang on spelling, politeness, signature or emoji."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

import realdata
from matplotlib.axes import Axes
from opencc import OpenCC

from figures import base
from figures.base import Asked, Row
from pipeline.cli.policy_cases import cases_of

TITLE = "Twisted letters decided as before"
LEAST = 0.98
REAL = 300
_TRADITIONAL = OpenCC("s2t")
_TYPOS = str.maketrans({"的": "得", "账": "帐", "做": "作", "象": "像", "已": "己", "在": "再"})


def _wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


def _spaced(text: str) -> str:
    return "\u200b".join(text[at : at + 5] for at in range(0, len(text), 5))


TWISTS: dict[str, Callable[[str], str]] = {
    "traditional characters": _TRADITIONAL.convert,
    "full-width forms": _wide,
    "zero-width characters": _spaced,
    "emoji": lambda text: re.sub("[。！]", lambda mark: f"{mark[0]}😡🙏", text) + "👍",
    "polite framing": lambda text: (
        f"尊敬的领导：您好！打扰您了，{text}恳请百忙之中给予关注，感谢！祝工作顺利！"
    ),
    "signature": lambda text: f"{text}\n此致\n敬礼\n市民 王小明\n电话 13800001234\n2026年3月2日",
    "typos": lambda text: text.translate(_TYPOS),
    "dialect particles": lambda text: re.sub("。", "撒。", text) + "咯，晓得不嘛",
    "half-width punctuation": lambda text: text.translate(str.maketrans("，。！？：；", ",.!?:;")),
    "line breaks": lambda text: text.replace("，", "，\n"),
}


@dataclass(frozen=True, slots=True)
class Twisted:
    """By twist: the share decided as before. ``changed``: some ids with twist, before and after."""

    letters: int
    shares: dict[str, float]
    changed: tuple[str, ...]

    @property
    def whole(self) -> float:
        return sum(self.shares.values()) / len(self.shares)


def measure(asked: Asked) -> Twisted:
    """The open cases under their packs and some real letters, each as it is and in every twist."""
    plain = [
        (case.policy, {"id": case.id, "channel": case.channel, "text": case.text})
        for case in cases_of(realdata.path("scope", "scope_cases.tsv"))
    ]
    real = random.Random(REAL).sample(realdata.letters(), REAL)
    plain += [(asked.pack, {**base.as_line(row), "subject": ""}) for row in real]
    before = _decisions(plain)
    shares, changed = {}, []
    for name, twist in TWISTS.items():
        after = _decisions([(pack, {**line, "text": twist(line["text"])}) for pack, line in plain])
        other = [key for key in before if before[key] != after[key]]
        shares[name] = 1 - len(other) / len(before)
        changed += [f"{key} {name}: {before[key]}→{after[key]}" for key in other]
    return Twisted(len(before), shares, tuple(changed))


def _decisions(lines: list[tuple[str, dict[str, str]]]) -> dict[str, str]:
    found = {}
    for pack in sorted({pack for pack, _ in lines}):
        for answer in base.decided(pack, [line for own, line in lines if own == pack]):
            found[answer["id"]] = answer["decision"]
    return found


def rows(done: Twisted) -> list[Row]:
    """The mean, and the worst twist."""
    worst = min(done.shares, key=lambda name: done.shares[name])
    return [
        base.at_least(
            f"twisted letters decided as before ({done.letters} × {len(done.shares)})", done.whole, LEAST
        ),
        Row("twisted: the worst twist", "-", f"{done.shares[worst]:.1%} {worst}", None),
    ]


def draw(done: Twisted, axes: Axes) -> None:
    """A bar for each twist."""
    names = sorted(done.shares, key=lambda name: done.shares[name])
    base.bars(
        axes, names, [100 * done.shares[name] for name in names], [98.0] * len(names), "decided as before, %"
    )
