"""The channel telegram with a store on disk, to be killed: bot_process.py URL STORE [die].

Accept writes a line for each piece and fsyncs, as the spool would; with ``die`` the process then kills itself: after
the pieces are safe, before Telegram can have heard of it.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from botkit import settings_for

from connectors.telegram import Telegram
from schemas.letter import Raw, Registered, RegisteredNew


async def main(url: str, path: Path, *, die: bool) -> None:
    async def accept(raws: Sequence[Raw]) -> tuple[Registered, ...]:
        with path.open("a") as store:
            store.writelines(json.dumps([raw.external_id, raw.letter_key]) + "\n" for raw in raws)
            store.flush()
            os.fsync(store.fileno())
        if die:
            os.kill(os.getpid(), signal.SIGKILL)
        return tuple(RegisteredNew(number="0" * 16, query_code="0" * 8, letter_id=UUID(int=1)) for _ in raws)

    await Telegram(settings_for(url)).listen(accept)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), die=sys.argv[3:] == ["die"]))
