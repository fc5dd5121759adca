"""The rooms' modules of the pages, under node: each of their tests is one here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
HERE = Path(__file__).parent
SCRIPTS = HERE.parents[2] / "bidding" / "static" / "bidding" / "js"
#: Suite -> the modules that it tries; none of them needs a page.
SUITES = {
    "room.test.js": ("room.js", "room_session.js"),
    "evaluation.test.js": (
        "evaluation_drafts.js", "evaluation_points.js", "evaluation_saver.js",
    ),
}

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


@pytest.fixture(scope="module", params=SUITES)
def run(request, tmp_path_factory) -> tuple[str, str]:
    """A suite's name and node's report of it."""
    folder = tmp_path_factory.mktemp("node")
    suite = HERE / request.param
    for source in (suite, *(SCRIPTS / name for name in SUITES[request.param])):
        shutil.copy(source, folder / source.name)
    (folder / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", suite.name],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return request.param, done.stdout + done.stderr


def test_modules_do_what_their_suite_says(run):
    _suite, report = run
    assert re.findall(r"^not ok .*", report, flags=re.M) == []


def test_suite_has_all_its_tests_run(run):
    suite, report = run
    written = len(re.findall(r"^ *test\(", (HERE / suite).read_text("utf-8"), flags=re.M))
    found = re.search(r"^# pass (\d+)", report, flags=re.M)
    assert found is not None, report[-2000:]
    assert int(found.group(1)) >= written
