"""Bytes of unknown honesty to text: what Chinese mail, form and SMS gateways really send.

A declared charset is a claim. ``decode`` tries the claim (with the GB family read as GB18030, its superset, because
everyday names such as 镕 and 喆 are missing from GB2312), then UTF-8, GB18030 and Big5, each strictly, and at last
Windows-1252. It never raises, and the text holds no NUL and no lone surrogate.
"""

import re
from encodings.aliases import aliases
from typing import NamedTuple

_GB18030 = "gb18030"
_GB_FAMILY = frozenset(
    "gb2312 gb2312_80 gb_2312_80 gb_2312 gb18030 gb18030_2000 gbk x_gbk cp936 ms936 euc_cn euccn eucgb2312_cn "  # noqa: SIM905 - one word a line would fill a screen
    "chinese csgb2312 csgb231280 iso_ir_58 x_euc_cn windows_936 hz_gb_2312_80".split()
)
_OWN_NAMES = {
    "big5_eten": "big5hkscs",
    "big5": "big5hkscs",
    "cn_big5": "big5hkscs",
    "x_x_big5": "big5hkscs",
    "csbig5": "big5hkscs",
    "unicode_1_1_utf_7": "utf_7",
    "utf8mb4": "utf_8",
    "ks_c_5601_1987": "cp949",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "x_sjis": "cp932",
    "shift_jis": "cp932",
    "windows_31j": "cp932",
    "cp_850": "cp850",
    "utf": "utf_8",
}
# Text codecs of Python that are no charsets (their cost grows with the square of the length, or they warn), and
# those that turn bytes into bytes.
_NO_CHARSETS = frozenset(
    "idna punycode unicode_escape raw_unicode_escape undefined mbcs oem base64_codec bz2_codec hex_codec "  # noqa: SIM905 - one word a line would fill a screen
    "quopri_codec rot_13 uu_codec zlib_codec".split()
)
_KNOWN = frozenset(aliases.values()) - _NO_CHARSETS
_WESTERN = frozenset({"ascii", "latin_1", "cp1252", "iso8859_15"})
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_EVERYDAY = re.compile(
    "[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种"
    "事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日者意无力与长把机十民第公此已"
    "工使情明性知全三又关点正业外将两高间由问很最重并物手应向头文体政相见被利什二等产或新制身果加西月话合回特代内信表化"
    "老给世位次度门任常先海通教原东提立及比员解水名真论处走各入几口认条平系气题活更别打女变总何电数安少报结反受目太量再"
    "建务做接必场件计管期市直資命山金指许统区保至便空決治展路记住告类求請请您好，。"
    "這個們來為國說時會對於過後發經麼學當沒動還進樣開從實無與長機問題話變電數報結務場計總業將兩間應頭體見產給門東員論處認條系]"
)
_LOOK_CHARACTERS = 4000
_CJK = re.compile("[\u3400-\u9fff]")
_LENIENT_SHARE_MAX = 0.02


class Decoded(NamedTuple):
    """Text, and whether its charset had to be guessed (it was not declared, unknown, or did not fit)."""

    text: str
    guessed: bool


def codec_of(declared: str) -> str | None:
    """The codec that reads what mail calls *declared*, or None where there is none."""
    name = re.sub(r"[^a-z0-9]+", "_", declared.strip().lower()).strip("_")
    if name in _GB_FAMILY:
        return _GB18030
    name = _OWN_NAMES.get(name, name)
    for prefix in ("", "x_", "cs", "windows_"):
        rest = name.removeprefix(prefix)
        codec = aliases.get(rest, rest)
        if codec in _KNOWN:
            return _OWN_NAMES.get(codec, codec)
    return _GB18030 if name.startswith(("gb2312", "gbk", "gb_")) else None


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """*data* as text. Linear in its length; never raises."""
    if data.isascii() and (declared is None or (codec_of(declared) or "ascii") not in _SEVEN_BIT):
        return Decoded(clean(data.decode("ascii")), guessed=False)
    codec = codec_of(declared) if declared else None
    if codec is not None:
        text = _strictly(data, codec)
        if text is not None and not _really_utf8(data, codec):
            return Decoded(clean(text), guessed=False)
    text = _cascade(data, codec)
    return Decoded(clean(text), guessed=codec != "utf_8" or "\ufffd" in text)


_SEVEN_BIT = frozenset(
    {"utf_7", "hz", "iso2022_jp", "iso2022_kr", "utf_16", "utf_16_be", "utf_16_le", "utf_32"}
) | {f"iso2022_jp_{kind}" for kind in ("1", "2", "2004", "3", "ext")}

_KIN = {f"iso2022_jp{kind}": ("cp932", "euc_jp") for kind in ("", "_1", "_2", "_2004", "_3", "_ext")} | {
    "hz": (_GB18030,),
    "iso2022_kr": ("cp949",),
}
"""What is sent under a seven-bit label by programs that forgot to encode."""

_OLDER_JAPANESE = re.compile(rb"\x1b\$[@B]")
"""Switches to JIS X 0208, all of which is in JIS X 0213."""


def clean(text: str) -> str:
    """*text* without NUL, a lone surrogate shown as the replacement character."""
    return _UNFIT.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text)


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _really_utf8(data: bytes, codec: str) -> bool:
    """Whether the label is wrong beyond doubt: long valid UTF-8 is not anything else by chance."""
    if codec in _SEVEN_BIT or codec == "utf_8":
        return False
    text = _strictly(data, "utf_8")
    if text is None:
        return False
    if codec in _WESTERN:
        return True
    return len(_CJK.findall(text, 0, _LOOK_CHARACTERS)) >= 4


def _cascade(data: bytes, declared: str | None) -> str:
    if declared in _SEVEN_BIT:
        text = _first_fitting(data, () if data.isascii() else _KIN.get(declared, ()))
        if text is None and declared.startswith("iso2022_jp"):
            # Circled digits and the like, which every Japanese mail program writes, stand in the newer set only.
            text = _strictly(_OLDER_JAPANESE.sub(b"\x1b$(Q", data), "iso2022_jp_2004")
        return text if text is not None else data.decode(declared, "replace")
    for codec in ("utf_8", declared):
        text = _leniently(data, codec) if codec and codec not in _WESTERN else None
        if text is not None:
            return text
    text = _chinese(data)
    if text is not None and not _PRIVATE.search(text):
        return text
    western = _strictly(data, "cp1252")
    if western is not None and _beyond_ascii(western) * 4 < len(western):
        return western
    return text or _leniently(data, _GB18030) or western or data.decode("latin-1")


def _chinese(data: bytes) -> str | None:
    """GB18030 or Big5. Most Big5 text is valid GB18030, but rare characters: everyday ones decide."""
    readings = [text for codec in (_GB18030, "big5hkscs") if (text := _strictly(data, codec)) is not None]
    return max(readings, key=lambda text: len(_EVERYDAY.findall(text, 0, _LOOK_CHARACTERS)), default=None)


def _first_fitting(data: bytes, codecs: tuple[str, ...]) -> str | None:
    return next((text for codec in codecs if (text := _strictly(data, codec)) is not None), None)


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _leniently(data: bytes, codec: str) -> str | None:
    """The text, where all but a few characters fit: a letter cut in mid-character is still a letter."""
    try:
        text = data.decode(codec, "replace")
    except (UnicodeError, LookupError):
        return None
    broken = text.count("\ufffd")
    if not broken:
        return text
    meant = _beyond_ascii(text) - broken
    return text if meant > 10 and broken <= max(1, meant * _LENIENT_SHARE_MAX) else None
