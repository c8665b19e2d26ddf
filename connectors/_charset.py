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
    return len(_CJK.findall(text)) >= 4


def _cascade(data: bytes, declared: str | None) -> str:
    for codec in ("utf_8", _GB18030, "big5hkscs"):
        text = _leniently(data, codec) if codec in ("utf_8", declared) else _strictly(data, codec)
        if text is not None:
            return text
    if declared is not None and declared not in _WESTERN:
        text = _leniently(data, declared)
        if text is not None:
            return text
    return _leniently(data, _GB18030) or _strictly(data, "cp1252") or data.decode("latin-1")


def _leniently(data: bytes, codec: str) -> str | None:
    """The text, where all but a few characters fit: a letter cut in mid-character is still a letter."""
    try:
        text = data.decode(codec, "replace")
    except (UnicodeError, LookupError):
        return None
    broken = text.count("\ufffd")
    meant = sum(1 for _ in re.finditer("[^\x00-\x7f\ufffd]", text))
    return text if broken == 0 or (meant > 10 and broken <= max(1, meant * _LENIENT_SHARE_MAX)) else None
