"""Bodies with a service that speaks S3: one object a part, ``PREFIX/envelope/number``.

A part is an object that is written whole or not at all, and the service answers once it keeps it.
Every part was compared with the leaf that its tenderer committed to before it is written, so two
writers of one envelope, on two machines, write the same bytes; whose parts count, the act decides.
On one machine a lock keeps a second writer, and the erasing, waiting as it does for files.
"""

from __future__ import annotations

import fcntl
import io
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from bidding.domain.body_errors import busy, full, missing, unreachable
from bidding.kit.body import PART_SIZE

#: Parts on their way to the service at once, for one writer: bounds memory.
AT_ONCE = 4
GONE = frozenset({"NoSuchKey", "404", "NotFound"})
FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "507"})


@cache
def _service(endpoint: str, region: str, key: str, secret: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region or None,
        aws_access_key_id=key or None,
        aws_secret_access_key=secret or None,
        config=Config(
            connect_timeout=5,
            read_timeout=30,
            retries={"total_max_attempts": 3, "mode": "standard"},
            max_pool_connections=64,
            s3={"addressing_style": "path" if endpoint else "auto"},
            # Every part has its own proof; not every service knows the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def _call(operation: str, **arguments: Any) -> Any:
    """One request to the service; raises ``DiskFull``, and ``KeyError`` for what is not there."""
    place = settings.S3
    client = _service(place["endpoint"], place["region"], place["key"], place["secret"])
    try:
        return getattr(client, operation)(Bucket=place["bucket"], **arguments)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in GONE:
            raise KeyError(code) from None
        raise (full() if code in FULL else unreachable()) from error
    except BotoCoreError as error:
        raise unreachable() from error


def _folder(envelope: UUID) -> str:
    return f"{settings.S3['prefix']}{envelope.hex}/"


def _key(envelope: UUID, offset: int) -> str:
    if offset % PART_SIZE:
        raise ValueError("A part begins at a multiple of 1 MiB.")
    return f"{_folder(envelope)}{offset // PART_SIZE:06d}"


def _get(envelope: UUID, offset: int) -> bytes | None:
    try:
        answer = _call("get_object", Key=_key(envelope, offset))
        return bytes(answer["Body"].read())
    except KeyError:
        return None
    except (BotoCoreError, OSError) as error:
        raise unreachable() from error


class _Written:
    """An envelope's parts, some of them on their way."""

    def __init__(self, envelope: UUID, pool: ThreadPoolExecutor) -> None:
        self._envelope, self._pool = envelope, pool
        self._waiting: deque[Future[Any]] = deque()

    def write(self, data: bytes | memoryview, offset: int) -> None:
        if len(self._waiting) >= AT_ONCE:
            self._waiting.popleft().result()
        key = _key(self._envelope, offset)
        put = self._pool.submit(_call, "put_object", Key=key, Body=bytes(data))
        self._waiting.append(put)

    def read(self, size: int, offset: int) -> bytes:
        return (_get(self._envelope, offset) or b"")[:size]

    def sync(self) -> None:
        while self._waiting:
            self._waiting.popleft().result()


class _Stream(io.RawIOBase):
    """The parts one after another; the next is fetched while one is read."""

    def __init__(self, envelope: UUID, first: bytes, pool: ThreadPoolExecutor) -> None:
        self._envelope, self._pool = envelope, pool
        self._part = memoryview(first)
        self._next = 0
        self._coming = self._fetch()

    def _fetch(self) -> Future[bytes | None]:
        self._next += PART_SIZE
        return self._pool.submit(_get, self._envelope, self._next)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._part:
            part = self._coming.result()
            if part is None:
                return 0
            self._part, self._coming = memoryview(part), self._fetch()
        room = memoryview(buffer).cast("B")
        count = min(len(room), len(self._part))
        room[:count] = self._part[:count]
        self._part = self._part[count:]
        return count


def free() -> int | None:
    """A service does not tell."""
    return None


def probe() -> None:
    """Ask the service for the bucket; writing would leave a version of it behind each time."""
    _call("head_bucket")


def length(envelope: UUID) -> int:
    found = _listed(envelope, "list_objects_v2", "Contents")
    ends = [int(key.rpartition("/")[2]) * PART_SIZE + size for key, size, _version in found]
    return max(ends, default=0)


@contextmanager
def writing(envelope: UUID) -> Iterator[_Written]:
    with _lock(envelope, fcntl.LOCK_EX | fcntl.LOCK_NB), ThreadPoolExecutor(AT_ONCE) as pool:
        yield _Written(envelope, pool)


@contextmanager
def reading(envelope: UUID) -> Iterator[BinaryIO]:
    first = _get(envelope, 0)
    if first is None:
        raise missing()
    with (
        ThreadPoolExecutor(1) as pool,
        io.BufferedReader(_Stream(envelope, first, pool), PART_SIZE) as stream,
    ):
        yield stream


def erase(envelope: UUID) -> bool:
    """Every version of every part is removed: a bucket may keep what is deleted or replaced."""
    with _lock(envelope, fcntl.LOCK_EX):
        found = _listed(envelope, "list_object_versions", "Versions", "DeleteMarkers")
        for key, _size, version in found:
            _call("delete_object", Key=key, VersionId=version)
    return bool(found)


def _listed(envelope: UUID, operation: str, *tables: str) -> list[tuple[str, int, str]]:
    """(key, size, version) of all that there is of an envelope."""
    found: list[tuple[str, int, str]] = []
    after: dict[str, str] = {}
    names = {
        "ContinuationToken": "NextContinuationToken",
        "KeyMarker": "NextKeyMarker",
        "VersionIdMarker": "NextVersionIdMarker",
    }
    while True:
        answer = _call(operation, Prefix=_folder(envelope), **after)
        for table in tables:
            found += [
                (one["Key"], int(one.get("Size", 0)), str(one.get("VersionId", "null")))
                for one in answer.get(table, [])
            ]
        if not answer.get("IsTruncated"):
            return found
        after = {name: answer[told] for name, told in names.items() if answer.get(told)}


@contextmanager
def _lock(envelope: UUID, how: int) -> Iterator[None]:
    folder = Path(settings.DATA) / "uploads" / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / envelope.hex, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield
    except BlockingIOError:
        raise busy() from None
    finally:
        os.close(descriptor)
