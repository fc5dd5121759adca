"""Settings are read from typed variables; a wrong one stops the start with its name."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from trading import environment as env

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("on", True), ("YES", True), ("0", False), ("", False)]
)
def test_flag(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("SUNLIT_X", value)
    assert env.flag("SUNLIT_X") is expected


@pytest.mark.parametrize("value", ["2", "maybe", "tru"])
def test_flag_unreadable_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SUNLIT_X", value)
    with pytest.raises(ImproperlyConfigured, match="SUNLIT_X"):
        env.flag("SUNLIT_X")


@pytest.mark.parametrize("value", ["x", "1.5", "0", "61", "-1"])
def test_integer_out_of_its_range_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SUNLIT_X", value)
    with pytest.raises(ImproperlyConfigured, match="SUNLIT_X"):
        env.integer("SUNLIT_X", 5, low=1, high=60)


@pytest.mark.parametrize("value", ["mysql://u@h/d", "/var/db", "sqlite"])
def test_database_of_another_kind_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SUNLIT_X", value)
    with pytest.raises(ImproperlyConfigured, match="SUNLIT_X"):
        env.database("SUNLIT_X", default="")


def test_database_postgresql_reads_every_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUNLIT_X", "postgresql://us%40er:p%2Fw@/name?host=/tmp/socket")
    found = env.database("SUNLIT_X", default="")
    assert (found["USER"], found["PASSWORD"]) == ("us@er", "p/w")
    assert (found["NAME"], found["HOST"]) == ("name", "/tmp/socket")


def test_secret_made_once_by_many_is_one_and_private(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SUNLIT_X", raising=False)
    path = tmp_path / "keys" / "secret"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: env.secret("SUNLIT_X", keep_in=path), range(32)))
    assert found == {path.read_text()}
    assert len(path.read_text()) >= 50
    assert path.stat().st_mode & 0o777 == 0o600


def test_secret_missing_without_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUNLIT_X", raising=False)
    with pytest.raises(ImproperlyConfigured, match="SUNLIT_X"):
        env.secret("SUNLIT_X", keep_in=None)


def production(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "SUNLIT_DATA": str(tmp_path),
        "SUNLIT_ORIGIN": "https://sunlit.example",
        "SUNLIT_HOSTS": "sunlit.example",
        "SUNLIT_SECRET_KEY": "k9" * 40 + "abcdefghijklmnopqrstuvwxyz",
    } | variables
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={name: value for name, value in environment.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_is_the_default_and_starts_clean(tmp_path: Path) -> None:
    done = production(tmp_path)
    assert (done.returncode, done.stderr.count("WARNINGS")) == (0, 0), done.stderr


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("SUNLIT_SECRET_KEY", "", "SUNLIT_SECRET_KEY"),
        ("SUNLIT_LAB", "/tmp/lab", "signatures.E001"),
        ("SUNLIT_MODE", "staging", "SUNLIT_MODE"),
    ],
)
def test_production_refuses_to_start(
    tmp_path: Path, variable: str, value: str, named: str
) -> None:
    done = production(tmp_path, **{variable: value})
    assert done.returncode != 0
    assert named in done.stderr


def test_production_with_debug_asked_for_has_none(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "SUNLIT_DATA": str(tmp_path),
        "SUNLIT_SECRET_KEY": "x" * 60,
        "SUNLIT_DEBUG": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", "from trading import settings as s; print(s.DEBUG, s.LAB)"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False None"
