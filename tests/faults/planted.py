"""Words that the platform must not have, and others that it has because we put them there."""

from __future__ import annotations

import io
import secrets
import socket
import sqlite3
import string
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from bidding.kit.wraps import Head
from demo.run import Run


def random_word(length: int = 40) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def plain_text(word: str) -> bytes:
    """A technical document as nobody's word processor writes it: only text."""
    return f"施工组织设计\n{word}\nfirst line, and the word once more: {word}\n".encode()


def real_pdf(word: str) -> bytes:
    """A PDF whose title and uncompressed page hold the word, as any search can see it."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pageCompression=0, invariant=1)
    canvas.setTitle(word)
    canvas.drawString(72, 720, word)
    canvas.save()
    return stream.getvalue()


@dataclass
class Decoys:
    """A word of its own for each of the four places."""

    database: str = field(default_factory=random_word)
    storage: str = field(default_factory=random_word)
    logs: str = field(default_factory=random_word)
    memory: str = field(default_factory=random_word)


@contextmanager
def planted(run: Run) -> Iterator[Decoys]:
    """Put decoys where a leak would be; the one in memory is there while the context is."""
    decoys = Decoys()
    data = run.platform.data
    in_a_row(run, decoys.database)
    name = random_word(64)
    (data / "store" / name).write_bytes(b"%PDF-1.7\n" + decoys.storage.encode())
    with (data / "logs" / "web.log").open("a", encoding="utf-8") as log:
        log.write(f"INFO uploaded {decoys.logs}\n")
    with ExitStack() as held:
        held.enter_context(held_by_the_server(run, decoys.memory))
        try:
            yield decoys
        finally:
            (data / "store" / name).unlink()


def in_a_row(run: Run, word: str) -> None:
    """As a project's title: through an act, like every row of the platform."""
    answer = run["tenderee"].client.post(
        "/api/v1/projects",
        {
            "title": f"诱饵 {word}",
            "category": run.variant.category,
            "tenderee": run.troupe.organisations["tenderee"],
            "agency": run.troupe.organisations["agency"],
            "lots": [{"title": "一标段", "estimate": "1.00", "parameters": {}}],
        },
    )
    with closing(sqlite3.connect(run.platform.data / "sunlit.sqlite3")) as connection:
        row = connection.execute(
            "SELECT count(*) FROM trading_project WHERE title LIKE ?", (f"%{word}",)
        )
        assert row.fetchone() == (1,), answer


@contextmanager
def held_by_the_server(run: Run, word: str, *, more: int = 0) -> Iterator[None]:
    """A request whose body has begun and does not end: the server holds what has come of it, in a
    nameless file where ``more`` bytes make it too large for memory."""
    body = b'{"username": "' + word.encode() + bytes(more)
    head = (
        f"POST /api/v1/session/password HTTP/1.1\r\nHost: 127.0.0.1:{run.platform.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body) + 1000}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", run.platform.port), timeout=30) as line:
        line.sendall(head.encode() + body)
        yield


@dataclass(frozen=True)
class Stolen:
    """An envelope as it lies on the platform's disk: head from a row, body from a file."""

    head: Head
    body: bytes


def stolen(data: Path) -> list[Stolen]:
    """All envelopes, taken by somebody who has a copy of the disk."""
    database = (data / "sunlit.sqlite3").as_uri()
    with closing(sqlite3.connect(f"{database}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT id, head FROM bidding_envelope").fetchall()
    bodies = {path.stem.replace("-", ""): path for path in (data / "uploads").rglob("*.body")}
    return [Stolen(Head.parse(head), bodies[name].read_bytes()) for name, head in rows]
