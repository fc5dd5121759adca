"""Run by ``test_full_disk.py`` in a process of its own, under a limit on the size of files.

Arguments: the folder, the envelope's id, the size of what is written at once. Prints what came.
"""

from __future__ import annotations

import resource
import signal
import sys
import uuid
from pathlib import Path


def main(folder: str, envelope: str, limit: int) -> None:
    from django.conf import settings

    settings.configure(DATA=Path(folder), BODIES="disk", USE_I18N=False, DATABASES={})
    from bidding.domain import bodies

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    block = b"\x01" * 1_048_576
    written = 0
    try:
        with bodies.writing(uuid.UUID(envelope)) as body:
            while True:
                body.write(block, written)
                body.sync()
                written += len(block)
    except bodies.DiskFull as full:
        print(written, full.code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
