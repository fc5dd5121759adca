"""Follow one ledger: take its newest checkpoint only if it extends the last one that was taken.

Without witnesses an operator could show one history to one person and another to the next. A
witness keeps, on its own disk, the last checkpoint that it found consistent; it cosigns a newer
one only after proving from the log's tiles that nothing before has changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from signatures.domain import checkpoint as notes
from signatures.domain import ledger
from signatures.domain.errors import Refused, SunlitError
from signatures.domain.tiles import TileReader


class Source(Protocol):
    """Where the ledger is read from and the cosignature is sent to."""

    def get(self, path: str) -> bytes: ...

    def cosign(self, size: int, line: str) -> None: ...


class Fork(Refused):
    """The log shows a history that does not contain what it showed before. Keep both, tell all."""

    default_code = "forked-log"


@dataclass(frozen=True)
class Seen:
    """The newest checkpoint that this witness found consistent."""

    size: int
    root: bytes
    note: str


@dataclass
class Witness:
    """One witness of one log. ``log`` is the log's verifier, ``signer`` the witness's own key."""

    log: notes.NoteVerifier
    signer: notes.NoteSigner
    state: Path
    source: Source
    now: Callable[[], datetime]

    def turn(self) -> Seen | None:
        """Look once; returns what was newly cosigned, or none when the log has not grown.

        Raises :class:`Fork` when the log contradicts what this witness saw, and leaves its state
        as it was.
        """
        note = self.source.get("checkpoint").decode()
        found = notes.open_checkpoint(note, [self.log], origin=self.log.name).checkpoint
        seen = self.seen()
        if seen is not None:
            if found.size == seen.size and found.root == seen.root:
                return None
            self._require_extension(seen, found)
        line = notes.cosignature(note, self.signer, at=int(self.now().timestamp())).line()
        newest = Seen(size=found.size, root=found.root, note=note)
        self._keep(newest)
        self.source.cosign(found.size, line)
        return newest

    def seen(self) -> Seen | None:
        """What this witness keeps on its disk."""
        try:
            kept = json.loads(self.state.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Seen(size=kept["size"], root=bytes.fromhex(kept["root"]), note=kept["note"])

    def _require_extension(self, seen: Seen, found: notes.Checkpoint) -> None:
        if found.size < seen.size:
            raise Fork(f"The log had {seen.size} entries and now shows {found.size}.")
        try:
            reader = TileReader(found.size, self.source.get)
            plan = ledger.consistency_plan(seen.size, found.size)
            proof = ledger.resolve(plan, reader)
        except SunlitError as error:
            raise Fork(f"The log's tiles do not hold together: {error.message}") from error
        if not ledger.verify_consistency(seen.size, found.size, proof, seen.root, found.root):
            raise Fork(f"The log's first {seen.size} entries are not those that it showed before.")

    def _keep(self, seen: Seen) -> None:
        """Written whole and synced before the cosignature leaves: a crash never forgets."""
        self.state.parent.mkdir(parents=True, exist_ok=True)
        draft = self.state.with_suffix(".draft")
        with draft.open("w", encoding="utf-8") as stream:
            json.dump({"size": seen.size, "root": seen.root.hex(), "note": seen.note}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(self.state)
