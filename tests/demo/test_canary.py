"""The search for a canary finds what it is for, in every place and form, and nothing else."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import canary
from demo.canary import Found

WORD = "Canary0Word1With2Forty3Letters4And5Digits"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder as a platform leaves it, with nothing to find."""
    folder = tmp_path / "data"
    for each in ("store", "logs", "uploads"):
        (folder / each).mkdir(parents=True)
    with closing(sqlite3.connect(folder / "sunlit.sqlite3")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute('CREATE TABLE "trading_project" (title TEXT, facts BLOB)')
        connection.execute("INSERT INTO trading_project VALUES ('滨河路', x'00ff')")
        connection.commit()
    (folder / "store" / "a").write_bytes(os.urandom(100_000))
    (folder / "logs" / "web.log").write_text("nothing\n")
    return folder


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """A process that keeps what it reads, line by line, in memory."""
    code = "import sys\nkept = []\nfor line in sys.stdin: kept.append(line); print(flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.communicate()


def tell(holder: subprocess.Popen[str], line: str) -> None:
    assert holder.stdin is not None and holder.stdout is not None
    holder.stdin.write(line + "\n")
    holder.stdin.flush()
    holder.stdout.readline()


def searched(data: Path, **processes: int) -> set[Found]:
    return set(canary.search(data, processes, canary.needles_of(WORD)))


def test_search_nothing_planted_finds_nothing(data: Path) -> None:
    assert searched(data) == set()


@pytest.mark.parametrize(
    ("encoded", "form"),
    [
        (WORD.encode(), "UTF-8"),
        (WORD.encode("utf-16-le"), "UTF-16"),
        (WORD.encode("utf-16-be"), "UTF-16"),
        (("滨" + WORD).encode("utf-32-le"), "UTF-32"),
        (WORD.encode().hex().encode(), "hexadecimal"),
        (WORD.encode().hex().upper().encode(), "hexadecimal"),
        (base64.b64encode(WORD.encode()), "Base64"),
        (base64.b64encode(b"a" + WORD.encode() + b"bc"), "Base64"),
        (base64.urlsafe_b64encode("滨河".encode() + b"?" + WORD.encode()), "Base64"),
        (base64.encodebytes(bytes(40) + WORD.encode() + bytes(40)), "Base64"),
        ((WORD[:7] + "\n" + WORD[7:]).encode(), "UTF-8"),
        ((WORD[:30] + "\n" + WORD[30:]).encode(), "UTF-8"),
    ],
)
def test_search_word_in_a_form_is_found(data: Path, encoded: bytes, form: str) -> None:
    (data / "store" / "b").write_bytes(os.urandom(1000) + encoded + os.urandom(1000))
    assert searched(data) == {Found("storage", "store/b", form)}


@given(before=st.binary(max_size=64), after=st.binary(max_size=64))
def test_needles_every_base64_around_the_word_has_one(before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + WORD.encode() + after)
    assert any(each in encoded for each in canary.needles_of(WORD))


@given(st.binary(min_size=16, max_size=33), st.binary(max_size=5), st.binary(max_size=5))
def test_needles_every_base64_around_a_secret_has_one(
    secret: bytes, before: bytes, after: bytes
) -> None:
    encoded = base64.b64encode(before + secret + after)
    assert any(each in encoded for each in canary.needles_of_bytes(secret, "key"))


def test_search_row_in_the_database_is_found_as_row_and_in_the_log_ahead(data: Path) -> None:
    with closing(sqlite3.connect(data / "sunlit.sqlite3")) as connection:
        connection.execute(
            "INSERT INTO trading_project VALUES (?, NULL)", (json.dumps({"title": WORD}),)
        )
        connection.commit()
        assert searched(data) == {
            Found("database", "a row of trading_project", "UTF-8"),
            Found("database", "sunlit.sqlite3-wal", "UTF-8"),
        }


def test_search_value_over_several_pages_is_found_as_row(data: Path) -> None:
    with closing(sqlite3.connect(data / "sunlit.sqlite3")) as connection:
        for place in range(4000, 4100):
            text = "x" * place + WORD + "y" * 5000
            connection.execute("INSERT INTO trading_project VALUES (?, NULL)", (text,))
        connection.commit()
        assert Found("database", "a row of trading_project", "UTF-8") in searched(data)


def test_search_deleted_row_is_found_in_the_file(data: Path) -> None:
    with closing(sqlite3.connect(data / "sunlit.sqlite3")) as connection:
        connection.execute("INSERT INTO trading_project VALUES (?, NULL)", (WORD,))
        connection.commit()
        connection.execute("DELETE FROM trading_project WHERE title = ?", (WORD,))
        connection.commit()
        assert {each.where for each in searched(data)} == {"sunlit.sqlite3-wal"}


def test_search_log_line_is_found_in_logs(data: Path) -> None:
    (data / "logs" / "web.log").write_text(f"GET /{WORD}\n")
    assert searched(data) == {Found("logs", "logs/web.log", "UTF-8")}


def test_search_word_over_a_block_s_end_is_found(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canary, "_BLOCK", 1000)
    for shift in range(0, 60, 7):
        (data / "store" / "b").write_bytes(bytes(1000 - shift) + WORD.encode() + bytes(50))
        assert searched(data) == {Found("storage", "store/b", "UTF-8")}


def test_search_compressed_word_is_not_found_as_the_page_says(data: Path) -> None:
    (data / "store" / "b").write_bytes(zlib.compress(WORD.encode() + bytes(100)))
    assert searched(data) == set()


def test_search_memory_of_a_process_is_found_by_name(
    data: Path, holder: subprocess.Popen[str]
) -> None:
    word = secrets.token_hex(20)
    needles = canary.needles_of(word)
    assert canary.search(data, {"holder": holder.pid}, needles) == []
    tell(holder, word)
    assert canary.search(data, {"holder": holder.pid}, needles) == [
        Found("memory", f"holder ({holder.pid})", "UTF-8")
    ]
    tell(holder, "滨" + secrets.token_hex(3) + word)
    assert {each.form for each in canary.search(data, {"holder": holder.pid}, needles)} == {
        "UTF-8",
        "UTF-16",
    }


def test_search_nameless_file_of_a_process_is_found(tmp_path: Path) -> None:
    code = (
        "import sys, tempfile\nfile = tempfile.TemporaryFile()\n"
        "file.write(bytes(5000) + sys.argv[1].encode())\nfile.flush()\n"
        "print(flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, WORD],
        env={"TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        assert list(tmp_path.iterdir()) == []
        found = canary.in_nameless_files("holder", process.pid, canary.needles_of(WORD))
        assert found == [
            Found("storage", f"a nameless file of holder ({process.pid})", "UTF-8")
        ]
        process.stdin.close()


def test_search_ended_process_says_that_nothing_was_searched(data: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with pytest.raises(canary.Unreadable, match="cannot be read"):
        canary.search(data, {"web": ended.pid}, canary.needles_of(WORD))


@pytest.mark.parametrize("word", ["", "short", "x" * 23, "with spaces in it, and long", "字" * 40])
def test_needles_word_that_could_stand_there_by_chance_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="24 or more letters and digits"):
        canary.needles_of(word)


def test_command_says_where_and_by_its_code(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert canary.main([WORD, "--data", str(data)]) == 0
    assert capsys.readouterr().out == "Found nowhere.\n"
    (data / "store" / "b").write_text(WORD)
    assert canary.main([WORD, "--data", str(data)]) == 1
    assert capsys.readouterr().out == "storage: store/b (UTF-8)\n"


def test_command_without_a_database_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert canary.main([WORD, "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "unable to open database file\n"


def test_platform_processes_are_the_platform_s_own(tmp_path: Path) -> None:
    listed = tmp_path / "processes"
    listed.write_text("lab 1\nweb 2\nworker 3\nclock 4\nwitness 5\nkeeper 6\n")
    assert canary.platform_processes(listed) == {"web": 2, "worker": 3, "clock": 4}
