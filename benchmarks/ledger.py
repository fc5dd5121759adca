"""The ledger: how fast it grows, and how long a proof takes in a large one.

- ``ledger.append``: entries appended a second, each in a transaction of its own, against
  single-row commits of the bare database library on the same disk.
- ``ledger.append.together``: the same by whole acts, committed together as a room's queue does.
- ``ledger.proof``: one inclusion proof among a million entries, against reading as many rows by
  key with the bare library.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.framework import Figure, in_turn, platform
from benchmarks.limits import bare_database

SIZE = 1_000_000


def append() -> list[Figure]:
    with platform() as folder, bare_database(folder) as bare:
        from django.db import transaction

        from signatures.domain import guard, log
        from signatures.domain.act import Actor, Outcome
        from signatures.domain.together import Order, together

        enter, actor = _command(), Actor.process("bench")

        def alone() -> float:
            start = time.perf_counter()
            for number in range(500):
                entry = {
                    "act": "bench.append",
                    "actor": actor.urn,
                    "subject": "lot:bench",
                    "digests": {},
                    "context": {"n": number},
                }
                with guard.writes("benchmark"), transaction.atomic():
                    log.append([log.Pending(entry=entry, public=False)])
            return 500 / (time.perf_counter() - start)

        def grouped() -> float:
            start = time.perf_counter()
            for _ in range(10):
                fates = together([Order(enter(number=number), actor) for number in range(50)])
                if not all(isinstance(fate, Outcome) for fate in fates):
                    raise RuntimeError(f"An act failed: {fates[0]}")
            return 500 / (time.perf_counter() - start)

        def limit() -> float:
            return 1500 / bare(1500)

        return [
            Figure(name, *_ordered(in_turn(measure, limit)))
            for name, measure in (("ledger.append", alone), ("ledger.append.together", grouped))
        ]


def _ordered(measured: tuple[float, float]) -> tuple[float, str, float, str]:
    figure, limit = measured
    return figure, "appends/s", limit, ">= 0.6"


def _command() -> type:
    """A command whose whole work is its entry in the ledger."""
    from signatures.domain.act import Act, Actor, Scene, command

    @command("bench.enter")
    @dataclass(frozen=True, kw_only=True)
    class Enter(Act):
        number: int

        def permit(self, actor: Actor) -> None:
            return None

        def decide(self, scene: Scene) -> dict[str, Any]:
            scene.enter(subject="lot:bench", context={"n": self.number})
            return {}

    return Enter


def build(database: Path, size: int) -> bytes:
    """Put a ledger of ``size`` entries into the database at once; returns its root.

    The hashes are those that appending one by one would have stored.
    """
    from signatures.domain import ledger
    from signatures.models import LedgerEntry, LedgerHead, LedgerNode

    entry, node, head = (model._meta.db_table for model in (LedgerEntry, LedgerNode, LedgerHead))
    level = [hashlib.sha256(b"\0%d" % number).digest() for number in range(size)]
    edge: list[bytes] = []

    def rows(height: int, hashes: list[bytes]) -> Iterator[tuple[int, int, bytes]]:
        for index, value in enumerate(hashes):
            yield height, index, value

    line = sqlite3.connect(database)
    with line:
        line.executemany(
            f'INSERT INTO {entry} ("index", data) VALUES (?, ?)',
            ((number, b"%d" % number) for number in range(size)),
        )
        height = 0
        while level:
            if height:
                line.executemany(
                    f'INSERT INTO {node} ("level", "index", "hash") VALUES (?, ?, ?)',
                    rows(height, level),
                )
            if len(level) % 2:
                edge.insert(0, level[-1])
            level = [
                hashlib.sha256(b"\1" + level[at] + level[at + 1]).digest()
                for at in range(0, len(level) - 1, 2)
            ]
            height += 1
        line.execute(f"UPDATE {head} SET size = ?, frontier = ?", (size, b"".join(edge)))
    line.close()
    return ledger.fold(edge)


def proof() -> list[Figure]:
    with platform() as folder:
        from signatures.domain import ledger, log
        from signatures.models import LedgerEntry, LedgerNode

        root = build(folder / "bench.sqlite3", SIZE)
        if log.root(SIZE) != root:
            raise RuntimeError("The ledger that was built is not a ledger.")
        line = sqlite3.connect(folder / "bench.sqlite3")
        read = f'SELECT hash FROM {LedgerNode._meta.db_table} WHERE "level" = ? AND "index" = ?'
        read_leaf = f'SELECT data FROM {LedgerEntry._meta.db_table} WHERE "index" = ?'
        chosen = random.Random(1).sample(range(SIZE), 300)

        def measure() -> float:
            spent = []
            for index in chosen:
                start = time.perf_counter()
                path = log.inclusion_proof(index, SIZE)
                spent.append(time.perf_counter() - start)
                leaf = hashlib.sha256(b"\0%d" % index).digest()
                if not ledger.verify_inclusion(index, SIZE, leaf, path, root):
                    raise RuntimeError(f"The proof of entry {index} does not verify.")
            return statistics.median(spent)

        def limit() -> float:
            spent = []
            for index in chosen:
                nodes = [key for group in ledger.inclusion_plan(index, SIZE) for key in group]
                start = time.perf_counter()
                for height, at in nodes:
                    if height:
                        line.execute(read, (height, at)).fetchone()
                    else:
                        line.execute(read_leaf, (at,)).fetchone()
                spent.append(time.perf_counter() - start)
            return statistics.median(spent)

        figure, bound = in_turn(measure, limit)
        line.close()
    return [Figure("ledger.proof", figure * 1000, "ms", bound * 1000, "<= 1 ms")]


BENCHMARKS: dict[str, Any] = {"ledger.append": append, "ledger.proof": proof}
