"""A platform of one test's own: laid out by a stage's program, then served for a real browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bidding.server import ROOT, free_port, start
from tests.factories import migrated


@dataclass(frozen=True)
class Staged:
    """Where it is served, what its program printed, and Python over the same data."""

    origin: str
    found: dict[str, Any]
    #: ``python *arguments``, to its end; what it printed.
    run: Callable[..., str]


@contextmanager
def staged(
    program: str,
    *,
    served: Callable[[dict[str, Any]], dict[str, str]] = lambda found: {},
    **environment: str,
) -> Iterator[Staged]:
    """``python -m program`` over an empty data folder, then a server over what it left.

    The program says in its last line, as JSON, what there is; ``served`` may name variables for
    the server by it.
    """
    with tempfile.TemporaryDirectory(prefix="sunlit-stage-", ignore_cleanup_errors=True) as place:
        port = free_port()
        origin = f"http://127.0.0.1:{port}"
        kept = {name: text for name, text in os.environ.items() if not name.startswith("SUNLIT_")}
        own = kept | {
            "DJANGO_SETTINGS_MODULE": "trading.settings",
            "SUNLIT_MODE": "test",
            "SUNLIT_DATA": str(Path(place) / "data"),
            "SUNLIT_ORIGIN": origin,
            "SUNLIT_LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
            **environment,
        }

        def run(*arguments: str) -> str:
            done = subprocess.run(
                [sys.executable, *arguments], cwd=ROOT, env=own, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        migrated.copy_to(Path(own["SUNLIT_DATA"]) / migrated.NAME)
        found = json.loads(run("-m", program).splitlines()[-1])
        own |= served(found)
        server = start("trading.asgi:application", port=port, env=own)
        try:
            yield Staged(origin, found, run)
        finally:
            server.process.terminate()
            server.process.wait(timeout=10)
