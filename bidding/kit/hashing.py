"""Hashing and writing beside the cipher, on threads of their own.

SHA-256 is slower than AES-GCM here, and both release the interpreter's lock, so what is done with
one part overlaps with the encryption or decryption of the next.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Generic, TypeVar

from bidding.kit.body import PART_SIZE, part_leaf

#: Pieces that may wait for the thread: bounds memory.
_WAITING = 4

A = TypeVar("A")
T = TypeVar("T")


class _Queue(Generic[T]):
    """Runs calls in order on one thread; at most a few wait."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting: deque[Future[T]] = deque()
        self._results: list[T] = []

    def call(self, function: Callable[[A], T], argument: A) -> None:
        self._waiting.append(self._pool.submit(function, argument))
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


class FileWriter:
    """Writes one file after another on its thread, and takes their SHA-256; to be closed.

    ``OSError`` comes from the call that notices it, or from the next.
    """

    #: Bytes after which what is written begins to go to disk, beside everything else.
    SYNCED = 16 * 1024 * 1024

    def __init__(self) -> None:
        self._queue: _Queue[None] = _Queue("file-writer")
        self._syncs: _Queue[None] = _Queue("file-sync")
        self._state = hashlib.sha256()
        self._stream: BinaryIO | None = None
        self._unsynced = 0

    def begin(self, path: Path) -> None:
        """The next file, which must not exist."""
        self._stream = path.open("xb", buffering=0)
        self._unsynced = 0

    def write(self, data: bytes | memoryview) -> None:
        """The file's next bytes, which the caller must not change any more."""
        self._queue.call(self._put, data)

    def finish(self) -> bytes:
        """The file is on disk; its digest."""
        assert self._stream is not None
        self._queue.results()
        self._syncs.results()
        os.fsync(self._stream.fileno())
        self._stream.close()
        digest, self._state, self._stream = self._state.digest(), hashlib.sha256(), None
        return digest

    def close(self) -> None:
        """End the threads, whatever was not finished."""
        self._queue.close()
        self._syncs.close()
        if self._stream is not None:
            self._stream.close()

    def _put(self, data: bytes | memoryview) -> None:
        assert self._stream is not None
        view = memoryview(data)
        while view:
            view = view[self._stream.write(view) :]
        self._state.update(data)
        self._unsynced += len(data)
        if self._unsynced >= self.SYNCED:
            self._syncs.call(os.fdatasync, self._stream.fileno())
            self._unsynced = 0
