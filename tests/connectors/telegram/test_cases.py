"""The channel keeps the contract of every channel, over updates of our own writing; settings that cannot work."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from connectors.contract import check_connector
from connectors.telegram import BotSettings, Telegram, TelegramSettings
from schemas.ports import Mailbox

SETTINGS = TelegramSettings(
    mode="webhook",
    bots={
        "mayor_bot": BotSettings(
            token=SecretStr("4711:a-token-of-nobody"), secret_token=SecretStr("a-secret-of-nobody")
        )
    },
    accounts={"mayor_bot": Mailbox(city="wuyang", mailbox="mayor")},
)


def test_telegram_keeps_the_contract() -> None:
    check_connector(Telegram, SETTINGS, Path(__file__).parent / "cases")
