"""The channel keeps the contract of every channel, over mails of our own writing."""

from pathlib import Path

from connectors.contract import check_connector
from connectors.email import Email, EmailSettings
from schemas.ports import Mailbox

SETTINGS = EmailSettings(
    accounts={"shimin@12345.example.gov.cn": Mailbox(city="xingcheng", mailbox="mayor")},
    port=0,
    hostname="mx.example",
)


def test_email_keeps_the_contract() -> None:
    check_connector(Email, SETTINGS, Path(__file__).parent / "cases")
