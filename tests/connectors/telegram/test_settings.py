"""Settings that cannot work are refused before anything starts, and say what is wrong; secrets are never shown."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.telegram import TelegramSettings

TOKEN, SECRET = "4711:a-token-of-nobody", "a-secret-of-nobody"
MAILBOX = {"city": "wuyang", "mailbox": "mayor"}


def settings(
    bots: dict[str, dict[str, str]], accounts: tuple[str, ...] = ("a",), **more: Any
) -> TelegramSettings:
    table = {"bots": bots, "accounts": dict.fromkeys(accounts, MAILBOX), **more}
    return TelegramSettings.model_validate(table)


@pytest.mark.parametrize(
    ("bots", "more", "said"),
    [
        ({"a": {"token": "no-token"}}, {}, "as BotFather shows it"),
        ({"b": {"token": TOKEN}}, {}, "only in one of them: a, b"),
        ({"a": {"token": TOKEN}}, {"mode": "webhook"}, "secret_token for each bot; it is missing for a"),
        ({"a": {"token": TOKEN, "secret_token": "short"}}, {}, "16 to 256 characters"),
        ({"a": {"token": TOKEN, "proxy": "socks5://p"}}, {}, "http://host:port"),
        ({"a": {"token": TOKEN, "api_url": "ftp://x"}}, {}, "api_url"),
        ({"a": {"token": TOKEN}, "b": {"token": TOKEN}}, {"accounts": ("a", "b")}, "two bots have the same token"),
        ({"a/b": {"token": TOKEN}}, {"accounts": ("a/b",)}, "a bot's name"),
        ({"a": {"token": TOKEN}}, {"mode": "updater"}, "mode"),
        ({"a": {"token": TOKEN, "drop_pending_updates": "1"}}, {}, "drop_pending_updates"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused(
    bots: dict[str, dict[str, str]], more: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        settings(bots, **more)
    assert said in str(refused.value)
    assert TOKEN not in str(refused.value)


def test_secrets_are_not_shown() -> None:
    found = settings({"a": {"token": TOKEN, "secret_token": SECRET, "proxy": "http://user:pass@proxy:3128"}})
    for shown in (repr(found), str(found), found.model_dump_json()):
        assert "nobody" not in shown
        assert "pass@" not in shown
    assert found.bots["a"].own_id == 4711
