"""Makes the archive of preloaded classes beside the broker's jars: with it a broker starts in half the time.

Runs a broker once in a temporary folder and lets Java write the archive when it ends. Set-up works without it.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from pipeline.kafka.broker import ARCHIVE, LocalBroker


async def make(libs: Path) -> None:
    """Write the archive, whole or not at all."""
    part = libs / f"{ARCHIVE}.part"
    with tempfile.TemporaryDirectory(prefix="xinshu-archive-") as folder:
        options = (f"-XX:ArchiveClassesAtExit={part.resolve()}", "-Xlog:disable")
        async with LocalBroker(folder=Path(folder), libs=libs, java_options=options, stop_s_max=60):
            pass
    part.replace(libs / ARCHIVE)


if __name__ == "__main__":
    asyncio.run(make(Path(sys.argv[1])))
