"""People who write by hand: the page without JavaScript, the API, a mail. Each hears a number and a query code."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from linekit.letters import Draft
from linekit.line import Line
from linekit.load import FORM_PATH
from linekit.mails import mail, number_in
from linekit.settings import account_of, address_of

TOKEN = re.compile(r'name="token" value="([0-9a-f]{32})"')
NUMBER = re.compile(r'id="number">([0-9]{4})-([0-9]{4})-([0-9]{4})-([0-9]{4})<')
CODE = re.compile(r'id="code">([0-9]{8})<')


@dataclass(frozen=True, slots=True)
class Receipt:
    number: str
    query_code: str = ""


def by_api(line: Line, draft: Draft, **fields: Any) -> Receipt:
    body = {
        "account": account_of(line.cities[0]),
        "name": draft.name,
        "phone": draft.phone,
        "subject": draft.subject,
        "text": draft.text,
        **fields,
    }
    answer = httpx.post(f"http://{line.door}{FORM_PATH}", json=body, headers={"idempotency-key": draft.key})
    assert answer.status_code in {200, 201}, f"{answer.status_code} {answer.text[:300]}"
    number, code = str(answer.json()["number"]), str(answer.json()["query_code"])
    return Receipt(number, code)


def by_page(line: Line, draft: Draft, files: dict[str, bytes] | None = None) -> Receipt:
    """As a browser without JavaScript: fetch the page, fill it in, send it."""
    with httpx.Client(base_url=f"http://{line.door}/in/web_form") as browser:
        page = browser.get("/").raise_for_status().text
        token = TOKEN.search(page)
        assert token is not None, "the page has no token"
        answer = browser.post(
            "/",
            data={
                "token": token[1],
                "account": account_of(line.cities[0]),
                "name": draft.name,
                "phone": draft.phone,
                "subject": draft.subject,
                "text": draft.text,
            },
            files=[
                ("files", (name, content, "image/jpeg")) for name, content in (files or {"": b""}).items()
            ],
        )
    assert answer.status_code == 201, f"{answer.status_code} {answer.text[:300]}"
    number, code = NUMBER.search(answer.text), CODE.search(answer.text)
    assert number is not None, "the receipt shows no number"
    assert code is not None, "the receipt shows no query code"
    return Receipt("".join(number.groups()), code[1])


def by_mail(line: Line, draft: Draft, *, file_bytes: int = 0) -> Receipt:
    return Receipt(number_in(mail(line.smtp, address_of(line.cities[0]), draft, file_bytes=file_bytes)))


def fresh(text: str, name: str = "李四", phone: str = "13800001234") -> Draft:
    """One letter with these words."""
    key = uuid4().hex
    return Draft(key=key, name=name, phone=phone, subject="来信", text=text, mark=key)
