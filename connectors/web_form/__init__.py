"""网上来信 (web form and JSON API): a page where people write to their city, and an address for the city's programs.

Where        ``/in/web_form/`` the page · ``/in/web_form/api/letters`` the API · ``/in/web_form/api/openapi.json``
Peers        browsers, with or without JavaScript; programs that send JSON
Yes means    the receipt page (201; 200 when it was known already) with number and query code; the same as JSON
Retries      people press again; programs repeat with the same ``Idempotency-Key``. Both get the same number
No means     the page again with what was typed, the wrong field named, 422 · 413 too large · 503 with Retry-After
             · 429 with Retry-After where one address or one sender sent too many letters ([door.limits]; not the API)

Settings
    [connectors.web_form]
    tracking_url = "https://letters.example.gov.cn/"        # where number and code show the state
    privacy_version = "2026-11"                             # recorded in every letter; new words, new version
    [connectors.web_form.accounts.mayor]                    # one table a mailbox; the name is the API's "account"
    city = "wuyang"
    mailbox = "mayor"
    title = "舞阳市 · 市长信箱"                               # what people choose

    Also: heading, hotline, emergency_phones, privacy_notice (each with an _english twin where people read it),
    english = true to answer browsers that ask for English, body_bytes_max (25 MiB, files included).

What is kept   the filled-in fields as JSON, and the files. Nothing of the browser, no address, no cookie.
Large type     ``?size=large``, a link on every page; kept through mistakes and on the receipt, without a cookie.
"""

from connectors.web_form.connector import WebForm

__all__ = ["WebForm"]
