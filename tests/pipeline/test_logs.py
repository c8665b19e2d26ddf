"""Parts that share one stream of logs do not write into one another's lines."""

import json
import socket
import subprocess
import sys

PROGRAM = """
import structlog
from pipeline import logs
logs.set_up("door", json=True)
structlog.get_logger().info(logs.PART_READY, port=8080)
"""


def test_a_line_is_written_in_one_piece() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        # Of such a socket each write is a message of its own.
        subprocess.run([sys.executable, "-c", PROGRAM], stderr=theirs.fileno(), check=True, timeout=30)
        ours.settimeout(0)
        line = ours.recv(65_536)
    assert line.endswith(b"\n")
    assert json.loads(line)["event"] == "part.ready"
