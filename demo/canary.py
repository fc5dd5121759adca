"""A search for a word in everything that the platform keeps and holds in memory.

``python -m demo.canary WORD --data DATA [--processes OUT/processes]`` says where the word is: in
the database's rows, in files (database, storage, logs), in the memory of running processes and in
the nameless files that they have open. Put a word of your own into ``BID_FILE`` and search for it
before and after the opening.

A word is looked for in UTF-8, UTF-16 and UTF-32, hexadecimal and Base64, whole or broken once
(half of it suffices); not inside compressed or encrypted data.
"""

from __future__ import annotations

import argparse
import base64
import errno
import sqlite3
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

DATABASE, STORAGE, LOGS, MEMORY = "database", "storage", "logs", "memory"
PLACES = (DATABASE, STORAGE, LOGS, MEMORY)

#: Processes of the platform; keeper and witness are other people's, the lab is the outside world.
PLATFORM = ("web", "worker", "clock")

#: Half a word must still be too long to stand anywhere by chance.
LEAST = 24
_BLOCK = 8 * 1024 * 1024
#: Mappings of the kernel's own, which cannot be read or hold no data of the process.
_NO_DATA = (["[vvar]"], ["[vvar_vclock]"], ["[vsyscall]"])


class Unreadable(RuntimeError):
    """A place that this user may not read: the search would say nothing about it."""


@dataclass(frozen=True)
class Found:
    """``form`` of what was looked for stands in ``place``, at ``where``."""

    place: str
    where: str
    form: str

    def __str__(self) -> str:
        return f"{self.place}: {self.where} ({self.form})"


Needles = Mapping[bytes, str]


def needles_of(word: str) -> dict[bytes, str]:
    """What to look for, so that a word is found in every form named above.

    ``ValueError`` for a word that is shorter than 24 letters or digits.
    """
    if len(word) < LEAST or not (word.isascii() and word.isalnum()):
        raise ValueError(f"A canary is {LEAST} or more letters and digits of ASCII, at random.")
    half = len(word) // 2
    found: dict[bytes, str] = {}
    for part in (word[:half], word[-half:]):
        plain = part.encode("ascii")
        found[plain] = "UTF-8"
        for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
            found[part.encode(encoding)] = encoding[:6].upper()
        found |= _encoded(plain)
    return found


def needles_of_bytes(secret: bytes, name: str) -> dict[bytes, str]:
    """A secret key or share as it is and in hexadecimal and Base64, under a name to show."""
    encoded = {each: f"{name}, {form}" for each, form in _encoded(secret).items()}
    return {secret: name, **encoded}


def _encoded(plain: bytes) -> dict[bytes, str]:
    found = {
        plain.hex().encode(): "hexadecimal",
        plain.hex().upper().encode(): "hexadecimal",
    }
    for before in range(3):
        # Of each alignment only the characters that nothing around the word changes.
        whole = base64.b64encode(bytes(before) + plain)
        first = -(-before * 8 // 6)
        last = (before + len(plain)) * 8 // 6
        for code in (whole, whole.replace(b"+", b"-").replace(b"/", b"_")):
            found[code[first:last]] = "Base64"
    return found


def search(data: Path, processes: Mapping[str, int], needles: Needles) -> list[Found]:
    """All of it: the database's rows, the files under ``data``, and what each of the processes, by
    its name, holds in memory and in nameless files."""
    found = [*in_rows(data / "sunlit.sqlite3", needles), *in_files(data, needles)]
    for name, pid in processes.items():
        found += in_memory(name, pid, needles)
        found += in_nameless_files(name, pid, needles)
    return found


def in_rows(database: Path, needles: Needles) -> Iterator[Found]:
    """Every value of every row, as the database itself reads it.

    It sees what a search of the file cannot: values that are spread over several pages.
    """
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (name,) in tables.fetchall():
            table = name.decode()
            quoted = table.replace('"', '""')
            for row in connection.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608 - its own name
                for value in row:
                    if isinstance(value, bytes):
                        for form in _forms(value, needles):
                            yield Found(DATABASE, f"a row of {table}", form)


def in_files(data: Path, needles: Needles) -> Iterator[Found]:
    """Every file under ``data``, byte by byte: what was deleted in a database file is seen too."""
    for path in sorted(data.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        try:
            with path.open("rb") as stream:
                forms = _in_blocks(_file_blocks(stream), needles)
        except FileNotFoundError:
            continue  # ended between the listing and the look
        inside = path.relative_to(data)
        for form in sorted(forms):
            yield Found(_place(inside), str(inside), form)


def _file_blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def _place(inside: Path) -> str:
    if inside.parts[0] == "logs":
        return LOGS
    return DATABASE if inside.name.startswith("sunlit.sqlite3") else STORAGE


def in_memory(name: str, pid: int, needles: Needles) -> list[Found]:
    """Memory of a running process; :class:`Unreadable` where the kernel forbids it.

    Left out is what is mapped from a file and cannot be changed: it is that file.
    """
    forms: set[str] = set()
    try:
        regions = list(_regions(pid))
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            for start, end in regions:
                forms.update(_in_blocks(_memory_blocks(memory, start, end), needles))
    except OSError as error:
        raise Unreadable(
            f"The memory of {name} ({pid}) cannot be read: {error.strerror}. "
            "Search while it runs, as root or as the user who started it."
        ) from None
    if not regions:
        raise Unreadable(f"{name} ({pid}) has ended: there is no memory to search.")
    return [Found(MEMORY, f"{name} ({pid})", form) for form in sorted(forms)]


def in_nameless_files(name: str, pid: int, needles: Needles) -> list[Found]:
    """Files that a process has open and that stand in no folder, as a request's body does that is
    too large for memory; :class:`Unreadable` where the kernel forbids it."""
    forms: set[str] = set()
    try:
        for line in Path(f"/proc/{pid}/fd").iterdir():
            try:
                nameless = str(line.readlink()).endswith(" (deleted)")
                if nameless and stat.S_ISREG(line.stat().st_mode):
                    with line.open("rb") as stream:
                        forms |= _in_blocks(_file_blocks(stream), needles)
            except FileNotFoundError:
                continue  # closed between the listing and the look
    except OSError as error:
        raise Unreadable(
            f"The open files of {name} ({pid}) cannot be read: {error.strerror}."
        ) from None
    return [Found(STORAGE, f"a nameless file of {name} ({pid})", form) for form in sorted(forms)]


def _regions(pid: int) -> Iterator[tuple[int, int]]:
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        span, rights, _offset, _device, _inode, *mapped = line.split(maxsplit=5)
        from_file = bool(mapped) and mapped[0].startswith("/")
        if "r" not in rights or (from_file and "w" not in rights) or mapped[:1] in _NO_DATA:
            continue
        start, end = span.split("-")
        yield int(start, 16), int(end, 16)


def _memory_blocks(memory: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """A region's bytes as far as they can be read: pages may go away while we look."""
    memory.seek(start)
    while start < end:
        try:
            block = memory.read(min(_BLOCK, end - start))
        except OSError as error:
            if error.errno in (errno.EIO, errno.EFAULT):
                return
            raise
        if not block:
            return
        yield block
        start += len(block)


def _in_blocks(blocks: Iterable[bytes], needles: Needles) -> set[str]:
    overlap = max(map(len, needles)) - 1
    forms: set[str] = set()
    tail = b""
    for block in blocks:
        data = tail + block
        forms |= _forms(data, needles)
        tail = data[-overlap:]
    return forms


def _forms(data: bytes, needles: Needles) -> set[str]:
    return {form for needle, form in needles.items() if needle in data}


def main(arguments: list[str] | None = None) -> int:
    """0: nowhere; 1: somewhere, a line each; 2: a place could not be searched."""
    parser = argparse.ArgumentParser(prog="python -m demo.canary", description=__doc__)
    parser.add_argument("word", help=f"{LEAST} or more random letters and digits")
    parser.add_argument("--data", type=Path, required=True, help="the platform's DATA folder")
    parser.add_argument("--processes", type=Path, help="OUT/processes of the running platform")
    options = parser.parse_args(arguments)
    try:
        processes = platform_processes(options.processes) if options.processes else {}
        found = search(options.data.resolve(), processes, needles_of(options.word))
    except (ValueError, OSError, sqlite3.Error, Unreadable) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{each}\n" for each in found) or "Found nowhere.\n")
    return 1 if found else 0


def platform_processes(listed: Path) -> dict[str, int]:
    """The platform's own processes by name, from ``OUT/processes``."""
    lines = [line.split() for line in listed.read_text(encoding="ascii").splitlines()]
    return {name: int(pid) for name, pid in lines if name in PLATFORM}


if __name__ == "__main__":
    raise SystemExit(main())
