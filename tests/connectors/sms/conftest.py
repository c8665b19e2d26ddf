"""The settings all cases of this channel are read with."""

from pathlib import Path

import pytest

from connectors.sms.settings import Settings

CASES = Path(__file__).parent / "cases"


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings.model_validate_json((CASES / "settings.json").read_text())
