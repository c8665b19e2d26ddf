"""What tells namesakes apart: 人民东路 is not 人民西路, 清溪小学 not 清溪中学, and building 3 not building 13.

Keys (``place_keys``) leave this out, so that two writers of one place share a key whatever they call it; what both of them
say, and say otherwise, makes it another place. A *part* is one of 15 numbers, 0 for what says nothing; the numbered parts
of a letter (期, 栋, 号) are bits of one number, since a letter may name several.
"""

import re

from pipeline.text import place_words as words

PHASES, BUILDINGS, HOUSES = range(6), range(6, 19), range(19, 32)
"""Which bits of ``numbered`` stand for which: numbers that share a bit are taken for one."""

NUMERAL = r"(?:[0-9]{1,4}|[一二三四五六七八九十]{1,3})"
_PART_OF = {word: part for part, told in enumerate(words.PARTS, start=1) for word in told}
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2}
_NUMBER = rf"(?:{NUMERAL}|[A-Z][0-9]{{0,2}})"
_SEVERAL = rf"({_NUMBER}(?:[、,和及与]{_NUMBER})*)"
_ONE = re.compile(_NUMBER)
_NUMBERED = re.compile(rf"{_SEVERAL}(?:(期)(?![间待望限末中货刊房])|(?:栋|幢|[号#]楼))")
_SIGNS = "期栋幢楼"
_GROUP = re.compile(rf"(?<=村)第?({NUMERAL})[组社]")
"""Of a village, where no building has a number."""
ADDRESS = re.compile(rf"(?<=[路街巷道弄里])({NUMERAL})号(?![线楼]|公路)")
"""The number of a house, behind its road."""


def part_of(ending: str, trimmed: str) -> int:
    """The part of a name with this *ending*, before which *trimmed* (a direction) was left out."""
    return _PART_OF.get(ending, 0) or _PART_OF.get(trimmed, 0)


def numbered(text: str) -> int:
    """The phases, buildings and numbers of houses that folded *text* names."""
    found = 0
    if any(sign in text for sign in _SIGNS):
        for several, phase in _NUMBERED.findall(text):
            for number in _ONE.findall(several):
                found |= _bit(number, PHASES if phase else BUILDINGS)
    if "村" in text:
        for number in _GROUP.findall(text):
            found |= _bit(number, BUILDINGS)
    if "号" in text:
        for number in ADDRESS.findall(text):
            found |= _bit(number, HOUSES)
    return found


def _bit(number: str, bits: range) -> int:
    return 1 << bits[value_of(number) % len(bits)]


def differ(one: int, other: int, bits: range) -> bool:
    """Do both name numbered parts of one kind, and none in common?"""
    mask = (1 << bits.stop) - (1 << bits.start)
    return (one & mask) != 0 and (other & mask) != 0 and (one & other & mask) == 0


def value_of(number: str) -> int:
    """What ``NUMERAL`` stands for, the same in both scripts: 十二 and 12 are one. A letter has a value, too."""
    if number.isdecimal() and number.isascii():
        return int(number)
    if number.isascii():
        return sum(map(ord, number))
    tens, ten, ones = number.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)
