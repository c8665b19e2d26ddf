"""The windows of one partition on disk: all cities at one moment, in one folder that is whole or not there.

A folder is named by the offset up to which the memory topic stands in it. It is written beside and renamed; older ones
are deleted then. A folder that cannot be used, whatever the reason, is ignored: the changelog holds everything.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from pipeline import logs
from pipeline.desk import snapshot
from pipeline.judge.relate import Index
from pipeline.judge.relate.index import ROWS_MAX

SUFFIX = ".window"
_TAKEN = "taken.json"


@dataclass(frozen=True, slots=True)
class Taken:
    """When it was taken: the memory topic's offset, and what the last record before it said."""

    read_to: int
    next_offset: int
    at: datetime


def save(
    folder: Path, windows: Mapping[str, Index], taken: Taken, topic: str, versions: Mapping[str, str]
) -> None:
    """Write the windows as they are. OSError where the disk refuses; what stood before still stands then."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{taken.read_to}.new"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        for city, index in windows.items():
            snapshot.save(index, aside / f"{city}{SUFFIX}", {topic: taken.read_to}, versions)
        said = {"next_offset": taken.next_offset, "at": taken.at.isoformat(), "cities": sorted(windows)}
        (aside / _TAKEN).write_text(json.dumps(said), "utf-8")
        whole = folder / str(taken.read_to)
        shutil.rmtree(whole, ignore_errors=True)
        aside.rename(whole)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    for old in folder.iterdir():
        if old != whole:
            shutil.rmtree(old, ignore_errors=True)


def newest(
    folder: Path, topic: str, versions: Mapping[str, str], *, window_s: int, begin: int, end: int
) -> tuple[Taken, dict[str, Index]] | None:
    """The windows as last saved, where the topic still reaches from there on: *begin* to *end* are its offsets."""
    found = sorted((int(one.name) for one in folder.glob("*") if one.name.isdecimal()), reverse=True)
    for read_to in found:
        if not begin <= read_to <= end:
            structlog.get_logger().warning(logs.SNAPSHOT_UNUSABLE, offset=read_to, reason="offset")
            continue
        read = _read(folder / str(read_to), topic, versions, window_s, read_to)
        if read is not None:
            return read
    return None


def _read(
    whole: Path, topic: str, versions: Mapping[str, str], window_s: int, read_to: int
) -> tuple[Taken, dict[str, Index]] | None:
    try:
        said = json.loads((whole / _TAKEN).read_text("utf-8"))
        taken = Taken(read_to, int(said["next_offset"]), datetime.fromisoformat(said["at"]))
        cities = [str(city) for city in said["cities"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        structlog.get_logger().warning(logs.SNAPSHOT_UNUSABLE, offset=read_to, reason=type(error).__name__)
        return None
    windows: dict[str, Index] = {}
    for city in cities:
        match snapshot.load(whole / f"{city}{SUFFIX}", versions, window_s=window_s, rows_max=ROWS_MAX):
            case snapshot.Unusable(why):
                structlog.get_logger().warning(logs.SNAPSHOT_UNUSABLE, offset=read_to, city=city, reason=why)
                return None
            case snapshot.Snapshot(index, reached) if reached.get(topic) == read_to:
                windows[city] = index
            case _:
                structlog.get_logger().warning(
                    logs.SNAPSHOT_UNUSABLE, offset=read_to, city=city, reason="offset"
                )
                return None
    return taken, windows
