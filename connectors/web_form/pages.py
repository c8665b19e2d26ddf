"""Renders the two pages. Everything a citizen typed is escaped by the template engine."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from connectors.web_form.payload import TEXT_MAX, Problem
from connectors.web_form.settings import Settings
from connectors.web_form.words import Words
from schemas.letter import KINDS
from schemas.numbers import shown

_HERE = Path(__file__).parent

FIELDS = ("account", "kind", "subject", "place", "text", "name", "phone", "email")
"""As they stand on the page."""

_KINDS_ENGLISH = ("question", "help", "complaint", "report an offence", "proposal", "praise", "other")


class Pages:
    """The templates, compiled once."""

    def __init__(self, settings: Settings) -> None:
        templates = Environment(
            loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )  # fmt: skip
        self._settings = settings
        self._form = templates.get_template("page.html")
        self._receipt = templates.get_template("receipt.html")
        self.css = (_HERE / "style.css").read_bytes()
        self._style = f"style.css?v={hashlib.sha256(self.css).hexdigest()[:8]}"

    def form(
        self,
        words: Words,
        *,
        large: bool,
        token: str,
        values: Mapping[str, str],
        problems: Sequence[Problem] = (),
        notice: str = "",
        files_lost: bool = False,
    ) -> bytes:
        """The form with *values* typed in, and what was wrong with them."""
        errors: dict[str, str] = {}
        for problem in sorted(problems, key=_place):
            errors.setdefault(problem.field, words.problem(problem.field, problem.word, problem.limit))
        page = self._form.render(
            **self._common(words, large=large), other_size=_address(values.get("account", ""), large=not large),
            token=token, values=values, errors=errors, notice=notice, files_lost=files_lost,
            kinds=[(kind, words.say(kind, english)) for kind, english in zip(KINDS, _KINDS_ENGLISH, strict=True)],
            accounts=[(account, self._title(account)) for account in self._settings.accounts],
            text_max=TEXT_MAX, megabytes=self._settings.body_bytes_max // (1024 * 1024),
            privacy_version=self._settings.privacy_version,
            privacy_notice=words.say(self._settings.privacy_notice, self._settings.privacy_notice_english),
        )  # fmt: skip
        return page.encode("utf-8", "replace")

    def receipt(
        self, words: Words, *, large: bool, number: str, code: str, account: str, files: int, reachable: bool
    ) -> bytes:
        """The page that says: registered, under this number."""
        page = self._receipt.render(
            **self._common(words, large=large), number=shown(number, "-"), code=code,
            title=self._title(account), files=files, reachable=reachable, tracking_url=self._settings.tracking_url,
        )  # fmt: skip
        return page.encode("utf-8", "replace")

    def _common(self, words: Words, *, large: bool) -> dict[str, object]:
        settings = self._settings
        return {
            "lang": words.lang,
            "say": words.say,
            "label": words.field,
            "heading": words.say(settings.heading, settings.heading_english),
            "style": self._style,
            "large": large,
            "hotline": settings.hotline,
            "emergency_phones": settings.emergency_phones,
        }

    def _title(self, account: str) -> str:
        place = self._settings.accounts[account]
        return place.title or f"{place.city} {place.mailbox}"


def _place(problem: Problem) -> int:
    """Where its field stands on the page: mistakes are listed in the order in which they are met."""
    return FIELDS.index(problem.field) if problem.field in FIELDS else len(FIELDS)


def _address(account: str, *, large: bool) -> str:
    """The form's own address, in the other size."""
    query = ({"account": account} if account else {}) | ({"size": "large"} if large else {})
    return "./" + (f"?{urlencode(query, errors='surrogateescape')}" if query else "")
