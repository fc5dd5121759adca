"""Files that hold given bytes, found by a process of its own.

Closing a file drops every POSIX lock that the process holds on it, SQLite's too: a test that read
the database's file would leave it unlocked, and the next server to close it would take the
write-ahead log away from under this process's connections.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_SEARCH = """
import json, os, sys
data = sys.stdin.buffer.read()
found = []
for root in sys.argv[1:]:
    for folder, _folders, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as stream:
                if data in stream.read():
                    found.append(path)
print(json.dumps(found))
"""


def holding(data: bytes, *roots: Path | str) -> list[Path]:
    """The files below ``roots`` whose bytes contain ``data``."""
    if not data:
        raise ValueError("Every file holds nothing.")
    done = subprocess.run(
        [sys.executable, "-c", _SEARCH, *map(str, roots)],
        input=data,
        capture_output=True,
        check=True,
        timeout=60,
    )
    return [Path(path) for path in json.loads(done.stdout)]
