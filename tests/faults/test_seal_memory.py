"""Sealing 300 MB in JavaScript: memory stays bounded, whatever the file's size.

Both passes over a synthetic file: hashed, encrypted to measure, encrypted again as for uploading.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.bidding import seal_js
from tests.javascript import NODE, requires_node, static

MIB = 1024 * 1024
#: What sealing may add to the process, in bytes.
BOUND = 128 * MIB


@requires_node
def test_seal_memory_stays_bounded(tmp_path):
    script = Path(seal_js.__file__).with_name("memory.mjs")
    done = subprocess.run(
        [NODE, "--expose-gc", script, static(tmp_path / "static"), str(300 * 10**6)],
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    assert json.loads(done.stdout)["growth"] <= BOUND
