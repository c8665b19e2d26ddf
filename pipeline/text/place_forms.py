"""Places that no ending tells, but what is said of them: a building's number, a manager, whose dormitory, a house in a road."""

import re
from collections.abc import Iterator

from pipeline.text import place_words as words
from pipeline.text.place_keys import NAME_MAX, NAME_MIN, Kind, Name, begin_of, core_of, key_of
from pipeline.text.place_parts import ADDRESS, NUMERAL, value_of

_HOUSED = re.compile(
    r"(栋|幢|号楼|#楼|期(?![间待望限末中货刊房]))|物业(?!费|管理费|维修)|业委会|业主(?!委员会|大会)|楼盘|售楼|地下车库|地库"
)
_NUMBER_BEFORE = re.compile(rf"{NUMERAL}$")
_NUMBER_MAX = 4
_ESTATE = re.compile(
    r"(?!.*(?:业委|业主|物业|开发|部门|居委|全体|所有|广大|多数|一些|很多))[\u3400-\u9fff]{3,6}"
)
_AREA_BEFORE = re.compile(r".*(?:街道|社区|[镇乡])(?=[\u3400-\u9fff]{3,6}$)")
"""In whose area the estate is: 东升街道棠湖春天3栋."""
_ENDED = re.compile(
    rf"(?:{'|'.join(sorted(word for word in words.SUFFIXES if len(word) > 1))}|宿舍|家属.|家属大院)$"
)
"""Such a name is known by its ending."""
_OWNED = re.compile(r"是(?!.{0,5}[了过着没有不在])([\u3400-\u9fff]{3,6})的(?:业主|住户)")
_DORMITORY = re.compile("宿舍|家属(?:院|楼|区|大院)|生活区")
_ROAD_MAX = 5
_CIVIC = re.compile(
    r"(?:第[一二三四五六七八九十](?:人民|康复|中医|妇幼|儿童|精神卫生)?(?:医院|中心医院)|[市县区](?:第?[一二三四五六七八九十](?=人民|康复|医|中|小)|人民(?=医)|中医|妇幼|妇女儿童|儿童|中心(?=医)|图书|体育|博物|科技|文化|青少年|老年|游泳|殡仪|客运)(?:人民|康复|保健|中西)?(?:医院|院|馆|宫|中心|活动中心|大学|站|中学|小学|中)"
    r"|人民(?:公园|广场)|(?:火车|高铁|汽车|客运)[东南西北]站)"
)
# Begins with what is rare, and looks back after that: only so does the search skip what cannot begin one.
_NUMBERED_SCHOOL = re.compile(
    r"中(?<=[一二三四五六七八九]中)(?=学|[的门校食初高读旁对附老教补上家新东西南北操宿]|[^\u3400-\u9fff]|$)"
)


def told(text: str) -> Iterator[Name]:
    """The names in folded *text* that bear no ending."""
    yield from _housed(text)
    if "的业主" in text or "的住户" in text:
        yield from _owned(text)
    yield from _civic(text)
    if "宿舍" in text or "家属" in text or "生活区" in text:
        yield from _dormitories(text)
    if "号" in text:
        yield from _addresses(text)
    if "中" in text:
        yield from _numbered_schools(text)


def _housed(text: str) -> Iterator[Name]:
    """What bears the number of a building, or has a manager, is an estate even where nobody says so: 幸福里3栋, 枫林绿洲物业."""
    for match in _HOUSED.finditer(text):
        start = match.start()
        if match[1]:
            number = _NUMBER_BEFORE.search(text, max(0, start - _NUMBER_MAX), start)
            if number is None:
                continue
            start = number.start()
        begin = begin_of(text, max(0, start - NAME_MAX), start)
        name = text[begin:start]
        if (area := _AREA_BEFORE.match(name)) is not None:
            begin, name = begin + area.end(), name[area.end() :]
        if _ENDED.search(name) or not _ESTATE.fullmatch(name):
            continue
        if (core := core_of(name, words.NO_NAMES)) is not None:
            yield Name(begin, Kind.AREA if core.is_builder else Kind.PLACE, core.key, start)


def _owned(text: str) -> Iterator[Name]:
    """Who says where they live: 我是枫林绿洲的业主."""
    for match in _OWNED.finditer(text):
        name = match[1]
        if _ENDED.search(name) or not _ESTATE.fullmatch(name):
            continue
        if (core := core_of(name, words.NO_NAMES)) is not None and not core.is_builder:
            yield Name(match.start(1), Kind.PLACE, core.key, match.end(1))


def _civic(text: str) -> Iterator[Name]:
    """What a city has one of: one key for 市第一人民医院 and 市一医院. Behind the name of a division it is another city's, or a district's."""
    for match in _CIVIC.finditer(text):
        start = match.start()
        if begin_of(text, max(0, start - NAME_MAX), start) == start:
            said = match[0] if match[0][0] != "第" else f"市{match[0]}"
            key = said.replace("第", "").replace("人民医院", "医院")[:3]
            yield Name(start, Kind.PLACE, key, match.end())


def _numbered_schools(text: str) -> Iterator[Name]:
    """清源一中 and 清源第一中学 are one school."""
    for match in _NUMBERED_SCHOOL.finditer(text):
        number = match.start() - 1
        start = number - text.startswith("第", number - 1)
        begin = begin_of(text, max(0, start - NAME_MAX), start)
        tail = text[begin:start][-2:]
        if len(tail) == NAME_MIN and tail not in words.NO_NAMES:
            yield Name(start - 2, Kind.PLACE, f"{tail}{text[number]}中", match.end())


def _dormitories(text: str) -> Iterator[Name]:
    """铁路宿舍 and 铁路家属院 are one place, named by whose people live there."""
    for match in _DORMITORY.finditer(text):
        start = match.start()
        begin = begin_of(text, max(0, start - NAME_MAX), start)
        tail = text[begin:start][-2:]
        if len(tail) == NAME_MIN and tail not in words.NO_DORMITORIES and not tail.isascii():
            yield Name(start - 2, Kind.PLACE, key_of(tail), match.end())


def _addresses(text: str) -> Iterator[Name]:
    """A road with the number of a house is one house: 枫林路66号."""
    for match in ADDRESS.finditer(text):
        start = match.start()
        begin = begin_of(text, max(0, start - _ROAD_MAX), start)
        if start - begin > NAME_MIN:
            road = text[start - NAME_MIN - 1 : start - 1]
            yield Name(begin, Kind.MARK, f"{road}{value_of(match[1])}号", match.end())
