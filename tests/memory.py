"""Where tests keep what nobody needs after a fall: in memory, where the machine has room for it.

A commit waits for the disk, and a suite has some ten thousand commits. The databases, the stores
and the servers are the same ones; only what they sync to is faster.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SHARED = Path("/dev/shm")
#: Bytes that must be free there; a whole run has never held a third of it.
ROOM = 4 << 30


def folder() -> str | None:
    """The folder in memory, or none where there is none with room."""
    if not os.access(SHARED, os.W_OK | os.X_OK) or shutil.disk_usage(SHARED).free < ROOM:
        return None
    return str(SHARED)
