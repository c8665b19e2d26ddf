"""A city's own packs, from the folder that the settings name."""

from pathlib import Path

import pytest

from pipeline.desk.packs import packs_of
from pipeline.desk.part import rules_of
from pipeline.policies.model import BadPack
from pipeline.settings import City, Settings
from pipeline.trouble import Trouble

OWN = """\
pack: shili
version: "1"
title: 示例市
source: { title: 示例市办法 }
clauses:
  - { code: S1, quote: 来信都受理, effect: accept }
deadlines:
  - { days: 5, status: sample, source: 样例 }
"""


def settings(folder: Path | None, policy: str = "shili") -> Settings:
    city = City(title="示例市", fallback_unit="市民服务中心", policy=policy)
    return Settings(cities={"shili": city}, packs=folder)


def test_an_own_pack_is_used_beside_those_that_come_along(tmp_path: Path) -> None:
    (tmp_path / "shili.yaml").write_text(OWN)
    (tmp_path / "notes.txt").write_text("no pack")
    packs = packs_of(settings(tmp_path))
    assert packs.pack("shili").accept.code == "S1"
    assert packs.pack("fuxin").pack == "fuxin"
    assert "shili" in rules_of(settings(tmp_path)).cities
    assert "shili" not in packs_of(settings(None)).packs


def test_an_own_pack_that_cannot_be_used_stops_the_start_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "shili.yaml").write_text(OWN.replace("effect:", "efect:"))
    with pytest.raises(Trouble) as trouble:
        rules_of(settings(tmp_path))
    assert "shili.yaml:6: clauses.0.efect: unknown key" in str(trouble.value)
    with pytest.raises(Trouble, match="no rule pack"):
        rules_of(settings(None))
    with pytest.raises(BadPack, match="there is no such folder"):
        packs_of(settings(tmp_path / "none"))
    (tmp_path / "shili.yaml").write_bytes(b"\xff")
    with pytest.raises(BadPack, match="codec can't decode"):
        packs_of(settings(tmp_path))
