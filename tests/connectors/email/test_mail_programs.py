"""Real mail programs against the door: swaks, smtp-source, and Postfix as it stands in front of one."""

import asyncio
import contextlib
import re
import time
from pathlib import Path
from typing import Any

import pytest

from connectors.email import Email
from schemas.errors import Unavailable

pytestmark = pytest.mark.integration
MAYOR = "shimin@12345.example.gov.cn"


async def run(*command: str | int | Path, timeout_s: float = 60) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), timeout_s)
    assert process.returncode is not None
    return process.returncode, said.decode("utf-8", "replace")


@pytest.mark.needs("swaks")
async def test_swaks_sends_a_letter_with_a_photo(door: Any, tmp_path: Path, needs: Any) -> None:
    photo = tmp_path / "现场 照片.jpg"
    photo.write_bytes(bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9"))
    code, said = await run(
        needs("swaks"), "--server", f"127.0.0.1:{door.email.port}", "--from", "zhangsan@mail.example", "--to", MAYOR,
        "--header", "Subject: =?gb18030?B?wrfWvbXGu7XByw==?=", "--body", "路灯坏了", "--attach-type", "image/jpeg", "--attach", f"@{photo}",
    )  # fmt: skip
    assert code == 0, said
    assert "Registered 0000-0000-0000-0001" in said
    content = Email.normalise(door.store.raws)
    assert content.text == "路灯坏了"
    assert [file.media_type for file in content.attachments] == ["image/jpeg"]


@pytest.mark.needs("swaks")
@pytest.mark.parametrize(
    ("sender", "recipient", "exit_code", "answer"),
    [
        ("zhangsan@mail.example", "anyone@elsewhere.example", 24, "554 5.7.1 We do not relay"),
        ("zhangsan@mail.example", "nobody@12345.example.gov.cn", 24, "550 5.1.1 No such mailbox"),
        ("张三@邮件.example", "市民@市政.example", 0, "250 2.0.0 Registered"),
        ("<>", MAYOR, 0, "250 2.0.0 Registered"),
    ],
)
async def test_swaks_hears_who_is_at_home(
    *, door: Any, needs: Any, sender: str, recipient: str, exit_code: int, answer: str
) -> None:
    code, said = await run(
        needs("swaks"), "--server", f"127.0.0.1:{door.email.port}", "--from", sender, "--to", recipient
    )
    assert answer in said, said
    assert code == exit_code
    assert len(door.store.raws) == (exit_code == 0)


@pytest.mark.needs("smtp-source")
async def test_a_thousand_mails_from_ten_at_once(door: Any, needs: Any) -> None:
    started_s = time.monotonic()
    code, said = await run(
        needs("smtp-source"), "-m", 1000, "-s", 10, "-l", 4096, "-f", "a@citizen.example", "-t", MAYOR, f"127.0.0.1:{door.email.port}"
    )  # fmt: skip
    taken_s = time.monotonic() - started_s
    assert code == 0, said
    assert len(door.store.raws) == 1000
    print(f"{1000 / taken_s:.0f} mails/s of 4 KiB")


@pytest.mark.needs("postfix", "swaks")
async def test_postfix_keeps_a_mail_until_we_can_store_it(
    door: Any, needs: Any, open_folder: Path, counterparts: Path, free_port: Any
) -> None:
    async def away() -> None:
        if door.store.calls <= 2:
            raise Unavailable("spool full")

    door.store.before = away
    port = free_port()
    recipe = counterparts / "postfix.sh"
    code, said = await run("sh", recipe, open_folder, port, door.email.port, "12345.example.gov.cn")
    assert code == 0, said
    try:
        code, said = await run(
            needs("swaks"), "--server", f"127.0.0.1:{port}", "--from", "zhangsan@mail.example", "--to", MAYOR
        )
        assert code == 0, said
        async with asyncio.timeout(90):  # Postfix sets a mail that it still holds back by a minute
            while not door.store.raws:
                await asyncio.sleep(0.1)
            log = open_folder / "mail.log"
            while "status=sent" not in log.read_text():
                await asyncio.sleep(0.1)
    finally:
        await run(needs("postfix"), "-c", open_folder / "etc", "stop")
    assert door.store.calls == 3
    assert len(door.store.raws) == 1
    assert re.search(r"status=deferred .*452 4\.3\.1", log.read_text())


@pytest.mark.needs("swaks")
async def test_the_door_comes_back_on_the_same_port(door: Any, needs: Any) -> None:
    port = door.email.port
    door.task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await door.task
    again = type(door.email)(door.email.settings.model_copy(update={"port": port}))
    door.email, door.task = again, asyncio.create_task(again.listen(door.store))
    await asyncio.wait_for(again.listening.wait(), 5)
    code, said = await run(
        needs("swaks"), "--server", f"127.0.0.1:{port}", "--from", "a@mail.example", "--to", MAYOR
    )
    assert code == 0, said
