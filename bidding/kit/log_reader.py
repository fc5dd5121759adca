"""Reading the platform's ledger over HTTP, in the C2SP tlog-tiles layout.

What is read is proven by ``follower.Follower``, which computes the root of every leaf itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from bidding.kit.api import ApiClient
from signatures.domain import tiles
from signatures.domain.checkpoint import Checkpoint, read_checkpoint
from signatures.domain.errors import Unavailable

#: Full bundles never change, so several lots that are followed share them.
_KEPT = 64


@dataclass
class LogReader:
    """The log below ``/ledger`` of one platform."""

    api: ApiClient
    _bundles: OrderedDict[int, list[bytes]] = field(default_factory=OrderedDict)

    def newest(self) -> str:
        """The newest checkpoint with the cosignatures that it has so far."""
        return self._text("/ledger/checkpoint")

    def keys(self) -> tuple[str, ...]:
        """The log's verifier key, then those of the witnesses that the platform knows."""
        return tuple(self._text("/ledger/key").splitlines())

    def leaves(self, start: int, note: str) -> Iterator[bytes]:
        """The leaves from ``start`` to the size that the checkpoint states, as they are served."""
        checkpoint: Checkpoint = read_checkpoint(note)
        position = start
        while position < checkpoint.size:
            index = position // tiles.WIDTH
            entries = self._bundle(index, checkpoint.size)
            yield from entries[position - index * tiles.WIDTH :]
            position = index * tiles.WIDTH + len(entries)

    def _bundle(self, index: int, size: int) -> list[bytes]:
        kept = self._bundles.get(index)
        if kept is not None:
            return kept
        width = tiles.width_at(None, index, size)
        path = tiles.tile_path(tiles.ENTRIES, index, width)
        entries = tiles.parse_entry_bundle(self.api.send("GET", f"/ledger/{path}").content, width)
        if width == tiles.WIDTH:
            self._bundles[index] = entries
            if len(self._bundles) > _KEPT:
                self._bundles.popitem(last=False)
        return entries

    def _text(self, path: str) -> str:
        try:
            return self.api.send("GET", path).content.decode("utf-8")
        except UnicodeDecodeError:
            raise Unavailable(f"{path} is not text.", code="bad-answer") from None
