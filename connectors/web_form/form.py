"""The page for people: shows the form, takes it, shows the receipt. Works without JavaScript; there is none.

The form carries a one-time token, drawn when the page was shown. A letter's key is the token and a hash of all that
was filled in: a double click, a reload or a second try after a cut line is the same letter; changed words are a new
one. What was typed is shown again with every refusal.
"""

import hashlib
import math
import re

from connectors.web_form.pages import Pages
from connectors.web_form.payload import ACCOUNT_MAX, FormErrors, Problem, WebLetter, from_fields
from connectors.web_form.settings import Settings, account_of
from connectors.web_form.words import Words
from schemas.errors import Malformed, TooLarge, TooMany, Unavailable, Untrusted
from schemas.letter import KINDS, Raw, Registered
from schemas.ports import Reception, Request, Response

HTML = "text/html; charset=utf-8"
TYPED = ("account", "name", "phone", "email", "place", "kind", "subject", "text", "privacy_notice")
TICKED = ("publish_consent", "confidential")
UNTICKED = frozenset({"", "0", "no", "false", "off"})

_TOKEN = re.compile(r"[0-9a-f]{32}\Z")


class Form:
    """Receives letters of people."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pages = Pages(settings)

    def show(self, request: Request, words: Words) -> Response:
        """An empty form; ``?account=…`` chooses the mailbox, ``?size=large`` the large type."""
        account = next((value for name, value in request.query if name == "account"), "")
        page = self._pages.form(
            words, large=_large(request), token=request.nonce, values={"account": account}
        )
        return Response(200, page, HTML)

    def style(self) -> Response:
        """The style sheet; its name carries its content's hash, so it may be kept."""
        return Response(
            200, self._pages.css, "text/css; charset=utf-8", (("cache-control", "public, max-age=86400"),)
        )

    def receive(self, request: Request, words: Words) -> Reception:
        """One piece, or FormErrors."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in {"multipart/form-data", "application/x-www-form-urlencoded"}:
            raise Malformed("not a form")
        letter, account = self._letter(request)
        token = _token(request)
        body = letter.stored()
        files = tuple(upload.file for upload in request.uploads)
        filled = hashlib.sha256(body)
        for file in files:
            filled.update(f"\n{file.sha256} {file.name}".encode("utf-8", "replace"))
        external_id = f"form:{token}:{filled.hexdigest()[:32]}"
        raw = Raw(
            account=account,
            external_id=external_id,
            conversation=letter.who() or f"form:{token}",
            letter_key=external_id,
            media_type="application/json",
            body=body,
            files=files,
            received_at=request.received_at,
            on_conflict="new",
        )

        def answer(registered: tuple[Registered, ...]) -> Response:
            (done,) = registered
            if done.outcome == "conflict":
                return self.refuse(request, Malformed("sent before with other words"), words)
            page = self._pages.receipt(
                words, large=_large(request), number=done.number, code=done.query_code, account=account, files=len(files),
                reachable=bool(letter.phone or letter.email),
            )  # fmt: skip
            return Response(201 if done.outcome == "new" else 200, page, HTML)

        return Reception((raw,), answer, from_person=True)

    def _letter(self, request: Request) -> tuple[WebLetter, str]:
        filled: dict[str, object] = {name: request.form_value(name) for name in TYPED}
        filled["kind"] = filled["kind"] or None
        filled |= {name: _is_ticked(request, name) for name in TICKED}
        problems: tuple[Problem, ...] = ()
        if filled["kind"] not in (None, *KINDS):
            filled["kind"], problems = None, (Problem("kind", "kind"),)
        account = request.form_value("account")
        if account not in self._settings.accounts:
            try:
                named = WebLetter(account=account[:ACCOUNT_MAX], text="x")
                account = account_of(self._settings, named)
            except FormErrors:
                problems = (Problem("account", "account"), *problems)
        try:
            letter = from_fields(filled)
        except FormErrors as error:
            raise FormErrors(*problems, *error.problems) from None
        if problems:
            raise FormErrors(*problems)
        return letter, account

    def refuse(self, request: Request, error: Exception, words: Words) -> Response:
        """The form again: what was typed, what was wrong, and what to do."""
        values = {name: request.form_value(name) for name in TYPED}
        values |= {name: "yes" if _is_ticked(request, name) else "" for name in TICKED}
        problems = error.problems if isinstance(error, FormErrors) else ()
        status, notice = self._notice(error, words)
        page = self._pages.form(
            words, large=_large(request), token=_token(request), values=values, problems=problems, notice=notice,
            files_lost=any(name == "files" for name in (upload.field for upload in request.uploads))
            or isinstance(error, TooLarge),
        )  # fmt: skip
        return Response(status, page, HTML)

    def _notice(self, error: Exception, words: Words) -> tuple[int, str]:
        hotline = self._settings.hotline
        match error:
            case FormErrors():
                return 422, words.say(
                    "来信还没有提交。请改正下面几处：", "Your letter was not sent. Please correct:"
                )
            case TooLarge():
                size = self._settings.body_bytes_max // (1024 * 1024)
                return 413, words.say(
                    f"来信还没有提交：附件合计超过 {size} MB。请减少或压缩附件后再提交。",
                    f"Your letter was not sent: the files are larger than {size} MB. Please attach fewer or smaller ones.",
                )
            case TooMany():
                minutes = max(1, math.ceil(error.retry_after_s / 60))
                return 429, words.say(
                    f"来信还没有提交：短时间内从您这里提交的来信太多。请过 {minutes} 分钟再点“提交”，急事请拨打 {hotline}。",
                    f"Your letter was not sent: too many letters came from you in a short time. Please submit again in {minutes} minute(s), or call {hotline}.",
                )
            case Unavailable():
                return 503, words.say(
                    f"来信还没有提交：系统繁忙，未受理。请稍等几分钟再点“提交”，或拨打 {hotline}。",
                    f"Your letter was not sent: the system is busy. Please submit again in a few minutes, or call {hotline}.",
                )
            case Malformed():
                return 400, words.say(
                    "来信还没有提交：没有完整收到表单。请检查后再提交一次。",
                    "Your letter was not sent: the form did not arrive whole. Please submit it again.",
                )
            case Untrusted():
                return 403, words.say(
                    "来信还没有提交：不受理此来源。", "Your letter was not sent: not allowed from here."
                )
            case _:
                return 500, words.say(
                    f"来信还没有提交：系统出了故障。请稍后再点“提交”，或拨打 {hotline}。",
                    f"Your letter was not sent: something failed here. Please submit again later, or call {hotline}.",
                )


def _is_ticked(request: Request, name: str) -> bool:
    return request.form_value(name).lower() not in UNTICKED


def _token(request: Request) -> str:
    token = request.form_value("token")
    return token if _TOKEN.match(token) else request.nonce


def _large(request: Request) -> bool:
    return ("size", "large") in request.query
