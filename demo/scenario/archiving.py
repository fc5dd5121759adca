"""The archivist asks for the package; it is fetched, opened and verified without the platform."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import Any

from demo.run import Run
from demo.scenario import bill
from signatures.domain import checkpoint


def play(run: Run) -> None:
    """Everything up to the verified package; ``packaged`` is reached."""
    archivist = run["archivist"].client
    with run.step("The archivist asks for the package; it is built, sealed and filed"):
        archivist.post(f"/api/v1/lots/{run.lot}/package")
        entry: dict[str, Any] = run.wait(
            lambda: archivist.get(f"/api/v1/lots/{run.lot}/package"), "the package"
        )
        run.await_stage("ARCHIVED")
    with run.step("The package is fetched and opened"):
        data = archivist.get(f"/api/v1/lots/{run.lot}/package/download")
        folder = run.out / "package"
        folder.mkdir(exist_ok=True)
        archive = folder / f"{entry['name']}.zip"
        archive.write_bytes(data)
        with zipfile.ZipFile(archive) as bundle:
            bundle.extractall(folder)
        run.summary["package"] = str(folder / entry["name"])
        run.summary["package_digest"] = entry["digest"]
    with run.step("The script in the package verifies it, with this software absent"):
        done = subprocess.run(
            [sys.executable, "-I", "-S", "verify/verify.py", "--expect", entry["digest"]],
            cwd=folder / entry["name"],
            env={},
            capture_output=True,
            text=True,
            check=False,
        )
        (folder / "verify.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        run.require(done.returncode == 0, f"the package does not verify:\n{done.stdout[-2000:]}")
    if "bill" in run.summary:
        bill.in_the_package(run)
    _close(run)
    run.reached("packaged")


def _close(run: Run) -> None:
    """The ledger's size and its newest checkpoint, cosigned by the witness."""
    note = run.troupe.operator.get("/ledger/checkpoint").decode()
    opened = checkpoint.read_checkpoint(note)
    run.summary["ledger"] = {"size": opened.size, "checkpoint": note}
