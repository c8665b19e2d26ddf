"""A file of 10,000 calls in a drop folder: seconds until the door has accepted all of it, and until all is decided.

    python bench/hotline.py --rows 10000

The whole line runs. The clock starts when the file gets its final name, and stops at its receipt: every row is in the
spool then, in one transaction, and has its number. Meanwhile somebody pushes one call after the other: how long they
wait for their number tells whether a large file holds up the door.
"""

import hashlib
import itertools
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from kit import Report, latency, parser, running_line

from connectors.hotline.signature import sign
from linekit.finding import wait_until
from linekit.history import Picture
from linekit.line import Line

CITY = "jiangcheng"
KEY = "key-of-the-bench-0000000000000"
ACCEPTED_S = 10.0


def table(rows: int) -> str:
    lines = (
        f"A{n:06},1380000{n % 10_000:04},2026-11-23 08:{n % 60:02}:00,示例路 {n} 号门前的路灯坏了三天，晚上看不清路。"
        for n in range(rows)
    )
    return "\n".join(("来电编号,来电号码,来电时间,来电内容", *lines)) + "\n"


def pushing(line: Line, stop: threading.Event, waited_s: list[float], refused: list[int]) -> None:
    with httpx.Client(base_url=f"http://{line.door}", timeout=30) as client:
        for number in itertools.count():
            if stop.is_set():
                return
            body = json.dumps({"call_id": f"P{number}", "text": f"示例街 {number} 号的井盖丢了"}).encode()
            stamp, nonce = str(int(time.time())), hashlib.sha256(body).hexdigest()[:16]
            signature = sign(KEY, path=f"/{CITY}", query=(), timestamp=stamp, nonce=nonce, body=body)
            headers = {"x-timestamp": stamp, "x-nonce": nonce, "x-signature": signature}
            began = time.monotonic()
            answer = client.post(f"/in/hotline/{CITY}", content=body, headers=headers)
            waited_s.append(time.monotonic() - began)
            if answer.status_code != 201:
                refused.append(answer.status_code)
            time.sleep(0.02)


def dropped(folder: Path, rows: int) -> float:
    """Seconds from the file's name to its receipt."""
    (folder / "calls.csv.tmp").write_text(table(rows), "utf-8")
    began = time.monotonic()
    (folder / "calls.csv.tmp").rename(folder / "calls.csv")
    wait_until(lambda: any(folder.glob("done/*.receipt.json")), 300, "the receipt", pause_s=0.01)
    return time.monotonic() - began


def main() -> int:
    options = parser(__doc__ or "")
    options.add_argument("--rows", type=int, default=10_000)
    asked = options.parse_args()
    report = Report("hotline: one file of calls", asked.json)
    with tempfile.TemporaryDirectory(prefix="xinshu-drop-") as made:
        folder = Path(made)
        channel = {
            "accounts": {CITY: {"city": CITY, "mailbox": "hotline"}},
            "drops": {"bench": {"folder": made, "account": CITY, "poll_s": 0.1}},
            "push": {CITY: {"keys": [KEY]}},
        }
        with running_line(cities=(CITY,), over={"connectors": {"hotline": channel}}) as line:
            stop, waited_s, refused = threading.Event(), list[float](), list[int]()
            pusher = threading.Thread(target=pushing, args=(line, stop, waited_s, refused))
            pusher.start()
            try:
                seconds = dropped(folder, asked.rows)
            finally:
                stop.set()
                pusher.join()
            (path,) = folder.glob("done/*.receipt.json")
            receipt: dict[str, Any] = json.loads(path.read_text("utf-8"))
            report.figure("rows", receipt["rows"])
            report.figure("accepted_s", round(seconds, 2), at_most=ACCEPTED_S)
            report.figure("rows_accepted", receipt["rows_accepted"], at_least=asked.rows)
            report.figure("pushes_meanwhile", len(waited_s))
            report.figure("pushes_not_accepted", len(refused), at_most=0)
            for name, value in latency(waited_s).items():
                report.figure(f"push_{name}", value)
            numbers = {one["number"] for one in receipt["letters"]}
            wait_until(
                lambda: line.metrics().get("xinshu_spool_depth", 1.0) == 0, 600, "all is decided", pause_s=0.5
            )
            picture = Picture.read(line.bootstrap)
            report.figure("lost", sum(not picture.known(number) for number in numbers), at_most=0)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
