"""Hashing beside the cipher, on a thread of its own.

SHA-256 is slower than AES-GCM here, and both release the interpreter's lock, so the hashing of one
part overlaps with the encryption, decryption or writing of the next.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

from bidding.kit.body import PART_SIZE, part_leaf

#: Pieces that may wait for the thread: bounds memory.
_WAITING = 4

T = TypeVar("T")


class _Queue(Generic[T]):
    """Runs calls in order on one thread; at most a few wait."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting: deque[Future[T]] = deque()
        self._results: list[T] = []

    def call(self, function: Callable[[bytes | memoryview], T], data: bytes | memoryview) -> None:
        self._waiting.append(self._pool.submit(function, data))
        if len(self._waiting) >= _WAITING:
            self._results.append(self._waiting.popleft().result())

    def results(self) -> list[T]:
        """Wait for all calls; what they returned since the last time, in order."""
        while self._waiting:
            self._results.append(self._waiting.popleft().result())
        found, self._results = self._results, []
        return found

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class LeafHasher:
    """Leaf hashes of a body's parts, in order; a context manager."""

    def __init__(self) -> None:
        self._queue: _Queue[bytes] = _Queue("leaf-hasher")

    def __enter__(self) -> LeafHasher:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._queue.close()

    def add(self, part: bytes) -> None:
        """Hash the next part (1,048,576 bytes; only the last may be shorter)."""
        if len(part) > PART_SIZE:
            raise ValueError("A part has at most 1 MiB.")
        self._queue.call(part_leaf, part)

    def finish(self) -> tuple[bytes, ...]:
        """The leaf hashes of all parts, in order."""
        return tuple(self._queue.results())


class FileHasher:
    """SHA-256 of one file after another; to be closed."""

    def __init__(self) -> None:
        self._queue: _Queue[None] = _Queue("file-hasher")
        self._state = hashlib.sha256()

    def update(self, data: bytes | memoryview) -> None:
        """The current file's next bytes, which the caller must not change any more."""
        self._queue.call(self._state.update, data)

    def finish(self) -> bytes:
        """The current file's digest; the next file starts anew."""
        self._queue.results()
        digest, self._state = self._state.digest(), hashlib.sha256()
        return digest

    def close(self) -> None:
        """End the thread."""
        self._queue.close()
