"""The modules of a tender's preparation, under node."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.javascript import NODE, requires_node, static

SUITE = Path(__file__).with_name("preparing.test.js")

pytestmark = requires_node


def test_modules_do_what_their_suite_says(tmp_path):
    folder = static(tmp_path)
    shutil.copy(SUITE, folder / SUITE.name)
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", SUITE.name],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert re.findall(r"^not ok .*", done.stdout, flags=re.M) == [], done.stdout
    assert len(re.findall(r"^ok ", done.stdout, flags=re.M)) == 4
