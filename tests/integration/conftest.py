"""The whole line in processes of its own, on a real broker; every run's output is searched for citizens' words."""

import pytest

from linekit.fixtures import broker, line, place

__all__ = ["broker", "line", "place"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/integration/" in str(item.path):
            item.add_marker("integration")
