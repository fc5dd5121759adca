"""100 MB and 2 GiB: sealed by the page's JavaScript and opened by the kit, and the other way round.

Streamed on both sides, and neither process grows with the file. ``SUNLIT_LARGE`` takes other sizes
(bytes, separated by commas).
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bidding.kit import body
from bidding.kit.body import BodyCipher, BodyReader
from signatures.domain import ledger
from tests.bidding import seal_js
from tests.javascript import Node, requires_node, static

MIB = 1024 * 1024
SIZES = [int(size) for size in os.environ.get("SUNLIT_LARGE", f"{10**8},{2**31}").split(",")]
KEY, SALT, CONTEXT = b"k" * 32, b"s" * 24, b"TBX1 body" + bytes(32)
#: What a process may grow by, whatever the size of the file.
BOUND = 256 * MIB

pytestmark = requires_node


@dataclass(frozen=True)
class OnDisk:
    """A plaintext that is read where it is asked for."""

    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def read(self, offset: int, size: int) -> bytes:
        with self.path.open("rb") as stream:
            stream.seek(offset)
            return stream.read(size)


@pytest.fixture
def folder() -> Iterator[Path]:
    """On a disk: the suite's own folder may lie in memory, and would be counted there."""
    made = Path(tempfile.mkdtemp(prefix="sunlit-large-", dir="/var/tmp"))  # noqa: S108
    yield made
    shutil.rmtree(made)


@pytest.fixture
def node(folder) -> Iterator[Node]:
    runner = Path(seal_js.__file__).with_name("runner.mjs")
    made = Node(runner, static(folder / "static"), "--no-warnings")
    made.call("sizes", {"size": 1})
    yield made
    made.close()


def written(path: Path, size: int) -> bytes:
    """A file of this size in which no two MiB are alike; its SHA-256."""
    chance, block, digest = random.Random(size), random.Random(1).randbytes(MIB), hashlib.sha256()
    with path.open("wb") as stream:
        for left in range(size, 0, -MIB):
            data = (chance.randbytes(16) + block[16:])[: min(left, MIB)]
            stream.write(data)
            digest.update(data)
    return digest.digest()


def digest_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def status(process: int, name: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)


@contextmanager
def bounded(process: int) -> Iterator[None]:
    """The process's largest resident size stays within BOUND of what it is now."""
    Path(f"/proc/{process}/clear_refs").write_text("5")  # The peak is counted from here.
    before = status(process, "VmRSS")
    yield
    growth = status(process, "VmHWM") - before
    print(f"grown by {growth / MIB:.0f} MiB")
    assert growth <= BOUND


@pytest.mark.parametrize("size", SIZES)
def test_kit_opens_what_the_page_seals(node, folder, size):
    digest = written(folder / "plain", size)
    given = {
        "plain": str(folder / "plain"), "to": str(folder / "body"),
        "key": KEY.hex(), "salt": SALT.hex(), "context": CONTEXT.hex(),
    }  # fmt: skip
    with bounded(node._process.pid):
        lengths = node.call("encrypt", given)
    total = body.body_size(size)
    assert (folder / "body").stat().st_size == total
    assert lengths == [body.part_length(total, i) for i in range(body.part_count(total))]
    with bounded(os.getpid()):
        reader, found, count = BodyReader(KEY, CONTEXT), hashlib.sha256(), 0
        with (folder / "body").open("rb") as stream:
            while piece := stream.read(MIB):
                plain = reader.update(piece)
                found.update(plain)
                count += len(plain)
        last = reader.finish()
        found.update(last)
    assert count + len(last) == size
    assert found.digest() == digest


@pytest.mark.parametrize("size", SIZES)
def test_page_opens_what_the_kit_seals(node, folder, size):
    digest = written(folder / "plain", size)
    leaves = []
    with bounded(os.getpid()), (folder / "body").open("wb") as stream:
        for part in BodyCipher(KEY, SALT, CONTEXT).parts(OnDisk(folder / "plain")):
            stream.write(part)
            leaves.append(body.part_leaf(part))
    (folder / "plain").unlink()
    given = {
        "from": str(folder / "body"), "to": str(folder / "plain"),
        "key": KEY.hex(), "context": CONTEXT.hex(),
    }  # fmt: skip
    with bounded(node._process.pid):
        node.call("decrypt", given)
    assert (folder / "plain").stat().st_size == size
    assert digest_of(folder / "plain") == digest
    found = node.call("root", {"leaves": [leaf.hex() for leaf in leaves]})
    assert found == ledger.root_of(leaves).hex()


@pytest.mark.parametrize("size", SIZES)
def test_one_bit_in_the_last_part_of_a_large_body_is_refused_by_both(node, folder, size):
    """And by the page before it has given out the last piece."""
    from bidding.kit.errors import EnvelopeError
    from tests.javascript import Raised

    written(folder / "plain", size)
    with (folder / "body").open("wb") as stream:
        for part in BodyCipher(KEY, SALT, CONTEXT).parts(OnDisk(folder / "plain")):
            stream.write(part)
    with (folder / "body").open("r+b") as stream:
        stream.seek(-17, os.SEEK_END)
        byte = stream.read(1)
        stream.seek(-17, os.SEEK_END)
        stream.write(bytes([byte[0] ^ 1]))
    reader = BodyReader(KEY, CONTEXT)
    with pytest.raises(EnvelopeError) as caught, (folder / "body").open("rb") as stream:
        while piece := stream.read(MIB):
            reader.update(piece)
        reader.finish()
    assert caught.value.code == "body-damaged"
    given = {
        "from": str(folder / "body"), "to": str(folder / "opened"),
        "key": KEY.hex(), "context": CONTEXT.hex(),
    }  # fmt: skip
    with pytest.raises(Raised) as raised:
        node.call("decrypt", given)
    assert raised.value.code == "body-damaged"
    assert (folder / "opened").stat().st_size < size
