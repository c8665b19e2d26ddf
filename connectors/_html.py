"""HTML that a stranger wrote, to the text a person would have read: no scripts, no styles, no remote content.

Small, shallow HTML goes through nh3 (an allow-list of tags) and inscriptis (layout: tables, lists, line breaks). What
is large, deep or built to be slow goes through a tag stripper that is linear in its length. Neither raises.
"""

import re
from html import unescape

HTML_BYTES_MAX = 256 * 1024
DEPTH_MAX = 200
TAG_CHARACTERS_MAX = 4096
WORK_MAX = 1_000_000
"""Tags times depth."""
REOPENED_MAX = 50_000
"""Tags times open formatting tags: a tree builder opens those again in every block that follows."""

_TAGS = frozenset(
    "a abbr address article aside b blockquote body br caption center cite code col colgroup dd del div dl dt em "  # noqa: SIM905 - one word a line would fill a screen
    "figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i ins li main ol p pre q s section small span strong "
    "sub sup table tbody td tfoot th thead tr u ul".split()
)
_NEVER_SHOWN = frozenset(
    {"script", "style", "title", "head", "template", "noscript", "iframe", "object", "svg", "math"}
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905 - one word a line would fill a screen
_CLOSED_BY_THE_NEXT = frozenset("p li td th tr dt dd option tbody thead tfoot colgroup".split())  # noqa: SIM905 - one word a line would fill a screen
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())  # noqa: SIM905 - one word a line would fill a screen
_BREAKS = frozenset(
    "p div br tr li h1 h2 h3 h4 h5 h6 table ul ol blockquote pre hr section article dt dd center".split()  # noqa: SIM905 - one word a line would fill a screen
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:_-]{0,40})([^<>]*+)>?")
_UNSHOWN = re.compile(r"<!--|<(script|style|title|template)\b", re.IGNORECASE)
_ENDING_TAG_CHARACTERS_MAX = 64
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{9,};?")
_SPACES = re.compile(r"[ \t\u00a0\f\v]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def to_text(html: str) -> str:
    """The text of *html*. Never raises."""
    text = _rendered(html) if _is_tame(html) else None
    return _tidy(text if text is not None else strip_tags(html))


def _is_tame(html: str) -> bool:
    """Whether a tree builder is safe with it. Depth is counted from above: what closes by itself is left out."""
    if len(html) > HTML_BYTES_MAX or len(html.encode("utf-8", "replace")) > HTML_BYTES_MAX:
        return False
    depth = deepest = tags = formatting = most_formatting = 0
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        tags += 1
        if len(tag[3]) > TAG_CHARACTERS_MAX and tag[3].count("=") > 50:
            return False
        if name in _VOID or name in _CLOSED_BY_THE_NEXT:
            continue
        depth = max(0, depth - 1) if tag[1] else depth + 1
        deepest = max(deepest, depth)
        if name in _FORMATTING:
            formatting = max(0, formatting - 1) if tag[1] else formatting + 1
            most_formatting = max(most_formatting, formatting)
    return deepest <= DEPTH_MAX and tags * deepest <= WORK_MAX and tags * most_formatting <= REOPENED_MAX


def _rendered(html: str) -> str | None:
    # Loaded here: the door imports this package and never reads HTML; only its worker does (40 MiB of lxml).
    import nh3  # noqa: PLC0415 - as above
    from inscriptis import get_text  # noqa: PLC0415 - as above

    safe = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_NEVER_SHOWN - _TAGS),
        attributes={"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        strip_comments=True,
        link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"},
    )
    if not safe.strip():
        return ""
    try:
        return str(get_text(f"<html><body>{safe}</body></html>"))
    except (ValueError, RecursionError, IndexError, KeyError, TypeError, AssertionError):
        return None


def strip_tags(html: str) -> str:
    """The text of *html* without a tree: tags out, breaks as line ends. Linear in its length."""
    pieces: list[str] = []
    position = 0
    for start, end in _hidden_spans(html):
        pieces.append(html[position:start])
        position = end
    pieces.append(html[position:])
    shown = _TAG.sub(
        lambda tag: "\n" if tag[2].lower() in _BREAKS else " " if tag[2].lower() == "td" else "",
        "".join(pieces),
    )
    return unescape(_LONG_REFERENCE.sub("\ufffd", shown))


def _hidden_spans(html: str) -> list[tuple[int, int]]:
    """Comments, scripts, styles: from where to where. One that never ends hides nothing: better noise than loss."""
    lower = html.lower() if len(html.lower()) == len(html) else html
    spans: list[tuple[int, int]] = []
    endless: set[str] = set()
    position = 0
    while (opening := _UNSHOWN.search(html, position)) is not None:
        closing = "-->" if opening[1] is None else f"</{opening[1].lower()}"
        end = -1 if closing in endless else lower.find(closing, opening.end())
        if end < 0:
            endless.add(closing)
            position = opening.end()
            continue
        position = end + len(closing)
        if opening[1] is not None:
            position = max(position, html.find(">", position, position + _ENDING_TAG_CHARACTERS_MAX) + 1)
        spans.append((opening.start(), position))
    return spans


def _tidy(text: str) -> str:
    lines = (_SPACES.sub(" ", line).strip() for line in text.splitlines())
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()
