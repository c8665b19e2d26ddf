"""The channel keeps the contract of every channel, over pushes of our own writing."""

from pathlib import Path

from connectors.contract import check_connector
from connectors.hotline import Hotline
from connectors.hotline.settings import Settings

CASES = Path(__file__).parent / "cases"


def test_hotline_keeps_the_contract() -> None:
    settings = Settings.model_validate_json((CASES / "settings.json").read_text("utf-8"))
    check_connector(Hotline, settings, CASES, played_in="tests/connectors/hotline/test_drop.py")
