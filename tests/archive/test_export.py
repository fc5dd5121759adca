"""``manage.py export_package``, and the checkpoint that a package is built under."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command

from archive.domain import ledger_slice
from archive.interfaces import building
from signatures.domain import checkpoint, checkpoints, clock
from tests.archive.test_verify_script import run

pytestmark = pytest.mark.django_db


def test_package_is_exported_as_folder_and_zip(small, tmp_path: Path) -> None:
    row = building.build_and_file(
        small.lot.pk, asker=small.archivist.pk, after=small.request()
    )
    out = StringIO()
    call_command("export_package", str(small.lot.pk), str(tmp_path), stdout=out)
    call_command("export_package", str(small.lot.pk), str(tmp_path), "--zip", stdout=out)
    assert out.getvalue() == (
        f"{tmp_path / row.name} {row.digest}\n{tmp_path / row.name}.zip {row.digest}\n"
    )
    assert run(tmp_path / row.name, "--expect", row.digest).returncode == 0
    with pytest.raises(CommandError, match="already"):
        call_command("export_package", str(small.lot.pk), str(tmp_path))


@pytest.mark.parametrize("lot", ["x", "6f1c1f0e-8a53-4a55-9d5e-0a5f6b1f7d10"])
def test_unknown_lot_is_told_in_one_line(place: Path, lot: str) -> None:
    with pytest.raises(CommandError):
        call_command("export_package", lot, str(place))


def test_missing_folder_is_told(place: Path) -> None:
    with pytest.raises(CommandError, match="no folder"):
        call_command("export_package", "x", str(place / "nowhere"))


def test_cosigned_checkpoint_is_preferred_and_carried(small, settings, tmp_path: Path) -> None:
    witness = checkpoint.NoteSigner(
        "witness", Ed25519PrivateKey.generate(), checkpoint.COSIGNATURE
    )
    settings.WITNESSES = [witness.verifier.vkey]
    after = small.request()
    checkpoints.make(clock.platform)
    row = checkpoints.latest()
    line = checkpoint.cosignature(row.note, witness, at=1_800_000_000).line()
    checkpoints.attach_cosignature(row.size, line)
    made = building.build(small.lot, version=1, after=after)
    assert made.volume.slice.size == row.size
    text = b"".join(made.layout.item("metadata/ledger.jsonl").chunks())
    assert line.split(" ")[-1].strip().encode() in text
    from archive.domain import shipping

    done = run(shipping.lay_out(made.layout, tmp_path), "--expect", made.digest)
    assert "cosigned by witness" in done.stdout
    assert done.returncode == 0


def test_entry_without_a_checkpoint_waits(small) -> None:
    from signatures.domain.errors import Unavailable

    with pytest.raises(Unavailable):
        ledger_slice.cut(small.lot, after=small.request())
