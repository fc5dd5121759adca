"""Leaf hashes of a body's parts, computed beside the cipher.

SHA-256 is slower than AES-GCM here, and both release the interpreter's lock, so the hashing of one
part overlaps with the encryption of the next.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from bidding.kit.body import PART_SIZE, part_leaf

#: Parts that may wait for the hasher: bounds memory.
_WAITING = 4


class LeafHasher:
    """Hashes parts in order on a thread of its own; a context manager."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="leaf-hasher")
        self._waiting: deque[Future[bytes]] = deque()
        self._leaves: list[bytes] = []

    def __enter__(self) -> LeafHasher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def add(self, part: bytes) -> None:
        """Hash the next part (1,048,576 bytes; only the last may be shorter)."""
        if len(part) > PART_SIZE:
            raise ValueError("A part has at most 1 MiB.")
        self._waiting.append(self._pool.submit(part_leaf, part))
        if len(self._waiting) >= _WAITING:
            self._leaves.append(self._waiting.popleft().result())

    def finish(self) -> tuple[bytes, ...]:
        """The leaf hashes of all parts, in order."""
        while self._waiting:
            self._leaves.append(self._waiting.popleft().result())
        return tuple(self._leaves)
