"""Every test here kills, freezes or starves something, and then asks what became of every letter."""

import pytest

from linekit.fixtures import broker, line, place

__all__ = ["broker", "line", "place"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/faults/" in str(item.path):
            item.add_marker("faults")


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether this run has the time: ``make test-long``."""
    return bool(request.config.getoption("--long"))
