"""The settings table ``[connectors.web_form]``, and which account a letter goes to."""

from pydantic import Field

from connectors.web_form.payload import FormErrors, Problem, WebLetter
from schemas.ports import ConnectorSettings

NOTICE = (
    "我们用您填写的信息登记、办理和答复您的来信，按规定转给承办单位，不作他用。"
    "选择保密的，承办单位看不到您的姓名和联系方式。您可以随时要求查阅、更正或删除个人信息。"
)
NOTICE_ENGLISH = (
    "We use what you write to register, handle and answer your letter, pass it on to the unit in charge as the rules "
    "demand, and use it for nothing else. If you ask for confidentiality, that unit does not see your name and contact."
)


class Settings(ConnectorSettings):
    """``accounts``: every mailbox the form offers, ``title`` is what citizens read.

    ``privacy_version`` is recorded in every letter: change it with every change of the notice's words.
    ``tracking_url``: the page where a number and its query code show the state; empty: no link.
    """

    heading: str = Field(default="给政府写信", max_length=60)
    heading_english: str = Field(default="Write to your city", max_length=60)
    body_bytes_max: int = Field(default=25 * 1024 * 1024, ge=1024 * 1024, le=200 * 1024 * 1024)
    tracking_url: str = Field(default="", pattern=r"^(?:(?:https?:/)?/[^\s]*)?$")
    hotline: str = "12345"
    emergency_phones: str = "110、119、120"
    english: bool = False
    privacy_version: str = Field(default="2026-11", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    privacy_notice: str = Field(default=NOTICE, max_length=5000)
    privacy_notice_english: str = Field(default=NOTICE_ENGLISH, max_length=5000)


def account_of(settings: Settings, letter: WebLetter) -> str:
    """The account that *letter* names; the only one where it names none. Raises FormErrors."""
    if letter.account:
        if letter.account in settings.accounts and not letter.city and not letter.mailbox:
            return letter.account
    elif letter.city or letter.mailbox:
        for account, place in settings.accounts.items():
            if place.city == letter.city and place.mailbox == letter.mailbox:
                return account
    elif len(settings.accounts) == 1:
        return next(iter(settings.accounts))
    raise FormErrors(Problem("account", "account_needed"))
