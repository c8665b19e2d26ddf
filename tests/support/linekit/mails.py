"""Letters by SMTP, from a sender that comes again until it hears yes, as mail servers do."""

import re
import smtplib
import time
from collections.abc import Callable

from linekit.letters import Draft

TRY_AGAIN_S = 0.2
NUMBER = re.compile(r"Registered ([0-9]{4})-([0-9]{4})-([0-9]{4})-([0-9]{4})")


def number_in(said: str) -> str:
    """The 16 digits of the first number in the server's answer to a mail."""
    found = NUMBER.search(said)
    assert found is not None, f"no number in {said!r}"
    return "".join(found.groups())


def mail(address: str, to: str, draft: Draft, *, file_bytes: int = 0, timeout_s: float = 15.0) -> str:
    """One letter; what the server said to its data. Raises smtplib.SMTPException, OSError."""
    host, _, port = address.rpartition(":")
    with smtplib.SMTP(host, int(port), timeout=timeout_s) as client:
        client.ehlo("mail.example.cn")
        code, said = client.mail(f"{draft.key[:24]}@example.cn")
        if code == 250:
            code, said = client.rcpt(to)
        if code == 250:
            code, said = client.data(draft.mail(to, file_bytes=file_bytes))
        if code != 250:
            raise smtplib.SMTPResponseException(code, said)
        return said.decode()


def mail_until_yes(
    address: str,
    to: str,
    draft: Draft,
    *,
    file_bytes: int = 0,
    patience_s: float = 60.0,
    stop: Callable[[], bool] = lambda: False,
) -> str:
    """As ``mail``, again and again while the server is away or asks to come later, until *stop* says so.

    What it said, or an empty string where *stop* ended it. A refusal for good (5xx) is raised at once.
    """
    end = time.monotonic() + patience_s
    while not stop():
        try:
            return mail(address, to, draft, file_bytes=file_bytes)
        except (OSError, smtplib.SMTPException) as error:
            if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500:
                raise
            if time.monotonic() > end:
                raise
            time.sleep(TRY_AGAIN_S)
    return ""
