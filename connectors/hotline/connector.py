"""The channel's class: a webhook for pushes, and a listener for the folders that the settings name."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import TypeAdapter, ValidationError

from connectors.hotline import push
from connectors.hotline.calls import BadTranscript
from connectors.hotline.cut import batch, cut
from connectors.hotline.drop import watch
from connectors.hotline.payload import normalise
from connectors.hotline.reading import FORMATS, Columns, Reading, Speakers
from connectors.hotline.settings import Settings as HotlineSettings
from schemas.letter import Raw
from schemas.ports import (
    Accept,
    ConnectorSettings,
    Cutter,
    FileOption,
    Normaliser,
    Reception,
    Request,
    Response,
)

_OFFLINE = "offline"


class Hotline:
    """The channel ``hotline``."""

    channel: ClassVar[str] = "hotline"
    Settings: ClassVar[type[ConnectorSettings]] = HotlineSettings
    normalise: ClassVar[Normaliser] = staticmethod(normalise)
    cut: ClassVar[Cutter] = staticmethod(cut)
    file_options: ClassVar[tuple[FileOption, ...]] = (
        FileOption("format", "文件格式（不写：按后缀）", "format (default: by its ending)", choices=FORMATS),
        FileOption("map", "表头对照，JSON：{列: 表头}", "header map, JSON: {column: header}", is_file=True),
        FileOption("speakers", "说话人对照，JSON：{标签: agent|citizen}", "speaker map, JSON: {label: agent|citizen}",
                   is_file=True),
    )  # fmt: skip

    def __init__(self, settings: HotlineSettings) -> None:
        self._settings = settings
        self.body_bytes_max = settings.body_bytes_max

    def receive(self, request: Request) -> Reception:
        """Raises Untrusted, Malformed."""
        if request.method != "POST":
            return Reception(
                (), lambda _: Response(405, b"method not allowed\n", headers=(("allow", "POST"),))
            )
        return push.receive(self._settings, request)

    def refuse(self, request: Request, error: Exception) -> Response:  # noqa: ARG002 - the contract's shape
        """As JSON."""
        return push.refuse(error)

    async def listen(self, accept: Accept) -> None:
        """Watches every folder of the settings until cancelled; without one it only waits."""
        async with asyncio.TaskGroup() as watchers:
            for name, drop in self._settings.drops.items():
                watchers.create_task(watch(name, drop, accept))
            await asyncio.get_running_loop().create_future()

    @classmethod
    def from_file(cls, payload: bytes, name: str, options: Mapping[str, str]) -> Sequence[Raw]:
        """The file as the batch that a drop folder would have made of it. Raises BadTranscript."""
        try:
            reading = Reading(
                format=next((known for known in FORMATS if known == options.get("format")), "auto"),
                file_name=name.rpartition("/")[2][:255],
                columns=TypeAdapter(Columns).validate_json(options.get("map") or "{}"),
                speakers=TypeAdapter(Speakers).validate_json(options.get("speakers") or "{}"),
            ).stored()
        except (ValidationError, ValueError):
            raise BadTranscript("--map 或 --speakers 不是所要的 JSON 对照表") from None
        return [batch(_OFFLINE, payload, reading, datetime.now(UTC))]
