"""What lies beside a file that was taken: a number for every call, so that the call centre can reconcile its books.

Which answer is whose is known only by cutting the file once more. Of a large file that is done by a process of its own
(``python -m connectors.hotline.receipt``), so that the door lends it neither its memory nor its one interpreter.
Rows read are rows accepted and rows bad, nothing else; where the answers do not match the rows there is no such
receipt, only the numbers in their order.
"""

import asyncio
import json
import os
import resource
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from connectors.hotline.calls import BadTranscript
from connectors.hotline.cut import cut_items
from connectors.hotline.items import Bad, Good
from schemas.errors import Unavailable
from schemas.letter import Raw, Registered, RegisteredConflict

IN_THREAD_BYTES_MAX = 256 * 1024
CHILD_S_MAX = 120.0
CHILD_MEMORY_BYTES = 768 * 1024 * 1024

Receipt = dict[str, Any]


class Answer(NamedTuple):
    """What the door said of one piece."""

    number: str
    outcome: str


class NoReceipt(Exception):
    """The process that was to write it died, or took too long, or the answers are not those of the rows."""


def answers_of(registered: Sequence[Registered]) -> list[Answer]:
    """Raises TypeError for a conflict: no call asks for one."""
    answers = []
    for one in registered:
        if isinstance(one, RegisteredConflict):
            raise TypeError("a call was refused as a conflict although none is asked for")
        answers.append(Answer(one.number, one.outcome))
    return answers


def receipt_of(batch: Raw, answers: Sequence[Answer]) -> Receipt:
    """What became of every row. Raises ValueError where the answers are not those of the rows."""
    items = cut_items(batch)
    letters: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for item, answer in zip(items, answers, strict=True):
        match item:
            case Good(line=line, call=call):
                said = {"line": line, "call_id": call.call_id}
                letters.append(said | {"number": answer.number, "outcome": answer.outcome})
            case Bad(line=line, problem=problem):
                bad.append({"line": line, "problem": problem, "number": answer.number})
    return {
        "rows": sum(item.rows for item in items),
        "rows_accepted": sum(item.rows for item in items if isinstance(item, Good)),
        "rows_bad": sum(item.rows for item in items if isinstance(item, Bad)),
        "calls": len(letters),
        "calls_new": sum(one["outcome"] == "new" for one in letters),
        "letters": letters,
        "bad": bad,
    }


async def written(batch: Raw, answers: Sequence[Answer]) -> Receipt:
    """The receipt, made beside the door's own work. Raises NoReceipt."""
    body = batch.body if isinstance(batch.body, bytes) else b""
    if len(body) <= IN_THREAD_BYTES_MAX:
        try:
            return await asyncio.to_thread(receipt_of, batch, answers)
        except (ValueError, BadTranscript) as error:
            raise NoReceipt(type(error).__name__) from None
    head = batch.__pydantic_serializer__.to_json(batch, exclude={"body"})
    asked = b"\n".join((head, json.dumps(answers).encode(), body))
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", __name__,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
        )  # fmt: skip
    except OSError as error:
        raise Unavailable(f"no process for a receipt: {type(error).__name__}") from None
    try:
        async with asyncio.timeout(CHILD_S_MAX):
            said, _ = await child.communicate(asked)
    except TimeoutError:
        raise NoReceipt("timeout") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise NoReceipt(f"exit code {child.returncode}")
    receipt: Receipt = json.loads(said)
    return receipt


def main() -> None:
    """Read batch, answers and bytes from standard input, write the receipt to standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES))
    head, answers, body = sys.stdin.buffer.read().split(b"\n", 2)
    batch = Raw.model_validate_json(head[:-1] + b',"body":""}').model_copy(update={"body": body})
    receipt = receipt_of(batch, [Answer(*answer) for answer in json.loads(answers)])
    sys.stdout.buffer.write(json.dumps(receipt).encode())


if __name__ == "__main__":
    main()
