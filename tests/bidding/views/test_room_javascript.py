"""The room's client of the pages, under node: each of its tests is one here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
HERE = Path(__file__).parent
SCRIPTS = HERE.parents[2] / "bidding" / "static" / "bidding" / "js"
SUITE = HERE / "room.test.js"

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("node")
    for source in (SCRIPTS / "room.js", SCRIPTS / "room_session.js", SUITE):
        shutil.copy(source, folder / source.name)
    (folder / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", SUITE.name],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_room_client_holds_to_the_protocol(report):
    assert re.findall(r"^not ok .*", report, flags=re.M) == []


def test_room_client_has_all_its_tests_run(report):
    written = len(re.findall(r"^ *test\(", SUITE.read_text(encoding="utf-8"), flags=re.M))
    found = re.search(r"^# pass (\d+)", report, flags=re.M)
    assert found is not None, report[-2000:]
    assert int(found.group(1)) >= written
