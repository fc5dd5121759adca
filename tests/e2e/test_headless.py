"""The headless run as a command: it ends with 0, refuses by one line, leaves nothing running.

Interrupts, kills and whole runs are in ``tests/faults``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bidding.kit.locking import exclusive
from demo.__main__ import main
from signatures.domain import jcs
from tests.e2e.command import Headless


def test_headless_until_published_holds_and_leaves_nothing_running(tmp_path: Path) -> None:
    with Headless(tmp_path) as run:
        code = run.ended()
        assert (code, run.alive()) == (0, []), run.printed
        assert sorted(run.seen) == ["clock", "lab", "web", "witness", "worker"]
        assert run.printed.splitlines()[-1] == f"Everything held. {run.out / 'summary.json'}"
        summary = json.loads((run.out / "summary.json").read_text(encoding="utf-8"))
    assert sorted(summary) == ["bill", "dates", "project", "stages"]
    assert sorted(summary["project"]) == ["category", "code", "id", "lot", "title"]
    assert [sorted(each) for each in summary["stages"]] == [["at", "seconds", "stage"]]
    assert summary["stages"][0]["stage"] == "published"
    dates = {name: jcs.parse_timestamp(at) for name, at in summary["dates"].items()}
    assert (dates["deadline"] - dates["notice"]).days >= 20  # TBL 24
    assert dates["opening"] == dates["deadline"]  # TBL 34


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line with which a call is refused before anything is started."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    return said.err.strip()


@pytest.fixture
def out(tmp_path: Path) -> str:
    return str(tmp_path / "out")


def test_headless_without_out_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "--headless") == "make demo: a headless run needs OUT=folder"


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--until", "won", "argument --until: invalid choice: 'won' (choose from 'published', "),
        ("--category", "fish", "argument --category: invalid choice: 'fish'"),
        ("--port", "http", "argument --port: invalid int value: 'http'"),
        ("--port", "0", "there is no port 0; ports are 1 to 65535"),
        ("--port", "65536", "there is no port 65536"),
        ("--bid-file", "/no/such/plan.pdf", "there is no file /no/such/plan.pdf"),
        ("--bid-file", "/", "there is no file /"),
        ("--speed", "9", "unrecognized arguments: --speed 9"),
    ],
)
def test_headless_bad_option_is_refused_by_one_line(
    out: str, capsys: pytest.CaptureFixture[str], option: str, value: str, said: str
) -> None:
    line = refused(capsys, "--headless", "--out", out, option, value)
    assert line.startswith(f"make demo: {said}")
    assert not Path(out).exists()


def test_headless_empty_bid_file_is_refused_by_name(
    tmp_path: Path, out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "技术文件.pdf"
    empty.touch()
    line = refused(capsys, "--headless", "--out", out, "--bid-file", str(empty))
    assert line.startswith("make demo: BID_FILE: ")
    assert "技术文件.pdf" in line


def test_headless_bid_file_with_a_hostile_name_is_refused(
    tmp_path: Path, out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = tmp_path / "plan\n.pdf"
    hostile.write_text("plan")
    line = refused(capsys, "--headless", "--out", out, "--bid-file", str(hostile))
    assert line.startswith("make demo: BID_FILE: ")


@pytest.mark.parametrize(("inside", "of"), [("data/out", "data"), ("out", "out/data"), ("o", "o")])
def test_headless_actors_folder_within_the_platform_s_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], inside: str, of: str
) -> None:
    line = refused(
        capsys, "--headless", "--out", str(tmp_path / inside), "--data", str(tmp_path / of)
    )
    assert line == "make demo: OUT and DATA must be two folders, neither within the other"


def test_headless_folder_that_is_a_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    line = refused(capsys, "--headless", "--out", str(tmp_path / "file"))
    assert line == f"make demo: OUT={tmp_path / 'file'} is not a folder"


@pytest.fixture
def handlers_kept() -> Iterator[None]:
    """``main`` answers to signals in its own way; pytest's come back afterwards."""
    kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers_kept")
@pytest.mark.parametrize("busy", ["out", "data"])
def test_headless_folder_of_another_run_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], busy: str
) -> None:
    with exclusive(tmp_path / busy):
        code = main(
            ["--headless", "--out", str(tmp_path / "out"), "--data", str(tmp_path / "data")]
        )
    assert code == 1
    assert capsys.readouterr().err == (
        f"The run ends here: Another run is at work in {tmp_path / busy}."
        " Wait for it, or give another folder.\n"
    )


def test_make_demo_passes_its_variables_on() -> None:
    done = subprocess.run(
        [
            "make", "-n", "--no-print-directory", "demo",
            "HEADLESS=1", "OUT=a b", "DATA=d", "UNTIL=opened", "BID_FILE=p.pdf",
        ],
        cwd=Path(__file__).parent.parent.parent,
        # As from a shell, also where the suite itself was started by make.
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.replace("\\\n", "").split("exec ")[1].split() == (
        '.venv/bin/python -m demo --headless --out "a b" --data "d" --until "opened" '
        '--bid-file "p.pdf"'
    ).split()
