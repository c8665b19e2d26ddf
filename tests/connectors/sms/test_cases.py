"""The channel keeps the contract of every channel, over callbacks of our own writing."""

from pathlib import Path

from connectors.contract import check_connector
from connectors.sms import Sms
from connectors.sms.settings import Settings


def test_sms_keeps_the_contract(settings: Settings) -> None:
    check_connector(Sms, settings, Path(__file__).parent / "cases")
