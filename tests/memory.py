"""Where tests keep what nobody needs after a fall: in memory, where the machine has room for it.

A commit waits for the disk, and tests commit often. The databases, the stores and the servers are
the same ones; only what they sync to is faster.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SHARED = Path("/dev/shm")
#: Bytes that must be free there: several workers' stages, servers and databases at once.
ROOM = 4 << 30


def folder() -> str | None:
    """The folder in memory, or none where there is none with room."""
    if not os.access(SHARED, os.W_OK | os.X_OK) or shutil.disk_usage(SHARED).free < ROOM:
        return None
    return str(SHARED)
