"""The archive package of a real run: it passes what its VERIFY.md documents; with one bit flipped
anywhere it does not.

``SUNLIT_PACKAGE=folder`` takes the package of an earlier run (with ``summary.json`` two folders
above it) instead of playing one; ``SUNLIT_FLIPS`` says how many bits are tried in each file.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.command import Headless
from tests.faults import flipping
from tests.faults.conftest import SEED
from tests.faults.flipping import Bit, Guide

FLIPS = int(os.environ.get("SUNLIT_FLIPS", "2"))

pytestmark = pytest.mark.skipif(
    bool(flipping.missing_tools()),
    reason=f"not installed: {', '.join(flipping.missing_tools())}",
)


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Guide:
    folder = tmp_path_factory.mktemp("package")
    earlier = os.environ.get("SUNLIT_PACKAGE")
    if earlier:
        summary = Path(earlier).parent.parent / "summary.json"
        digest = json.loads(summary.read_text(encoding="utf-8"))["package_digest"]
        return Guide.of(Path(shutil.copytree(earlier, folder / "package")), digest)
    with Headless(folder, until="packaged") as run:
        assert run.ended() == 0, run.printed
        found = json.loads((run.out / "summary.json").read_text(encoding="utf-8"))
    return Guide.of(Path(found["package"]), found["package_digest"])


def unseen(guide: Guide, bits: list[Bit]) -> list[Bit]:
    """Bits whose flip no documented command notices; the package is whole again afterwards."""
    found = []
    for bit in bits:
        with flipping.flipped(guide.package, bit):
            if guide.failing() is None:
                found.append(bit)
    assert guide.failing() is None
    return found


def test_package_of_a_run_passes_every_documented_command(guide: Guide) -> None:
    assert guide.failing() is None


def test_one_flipped_bit_in_any_file_does_not_pass(guide: Guide) -> None:
    bits = list(flipping.random_bits(guide.package, SEED, FLIPS))
    assert {bit.path for bit in bits} == set(flipping.every_file(guide.package))
    assert unseen(guide, bits) == []


def test_one_flipped_bit_in_what_no_manifest_covers_does_not_pass(guide: Guide) -> None:
    """Evidence may be renewed, so no manifest names it: here far more bits are tried."""
    renewed = [
        path for path in flipping.every_file(guide.package) if path.startswith(flipping.RENEWED)
    ]
    assert renewed
    bits = []
    for path in renewed:
        every = list(flipping.all_bits(guide.package, path))
        bits += every[:: max(1, len(every) // 400)]
    assert unseen(guide, bits) == []


def test_another_digest_than_the_package_s_does_not_pass(guide: Guide) -> None:
    other = Guide.of(guide.package, "0" * 64)
    assert other.failing() == "sha256sum tagmanifest-sha256.txt"
