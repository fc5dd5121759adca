"""Packages for ``manage.py verify``: a folder or a ZIP, judged by its contents.

The package's structure, ledger part and digests are checked by the script that stands in this
project (never by the one inside the package); the index volume's seal and the timestamp over the
tag manifest by the same assessment as every other signature. The package is authentic only if its
timestamp and seal are recognised; its digest is for the reader to compare with the register.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from asn1crypto import tsp

from archive.domain import package, shipping
from signatures.domain import verify
from signatures.domain.assess import assess
from signatures.domain.assessment import Assessment, Verdict
from signatures.domain.errors import Malformed
from signatures.domain.verify import Question, Result, Verifier

SECONDS = 3600


def recognises(question: Question) -> bool:
    """A folder with a tag manifest, or a ZIP that begins as ours do or lists a tag manifest."""
    if question.path.is_dir():
        return (question.path / package.TAG_MANIFEST).is_file()
    if not question.head.startswith(b"PK\x03\x04"):
        return False
    if b"/bag-info.txt" in question.head[:200]:
        return True
    try:
        with zipfile.ZipFile(question.path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return True
    return any(name.endswith(f"/{package.TAG_MANIFEST}") for name in names)


def judge(question: Question) -> Result:
    """The verdict on a package."""
    if question.path.is_dir():
        return _of_folder(question.path, question)
    with tempfile.TemporaryDirectory(prefix="sunlit-package-") as place:
        try:
            folder = shipping.unpack(question.path, Path(place))
        except Malformed as error:
            return Result(Verdict.INVALID, (str(error),))
        return _of_folder(folder, question)


def _of_folder(folder: Path, question: Question) -> Result:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(package.VERIFIER), "--consistent-only", str(folder)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        env={"LANG": "C.UTF-8"},
        check=False,
    )
    if done.returncode != 0:
        failed = [line.removeprefix("FAILED").strip() for line in done.stdout.splitlines()
                  if line.startswith("FAILED")]  # fmt: skip
        return Result(Verdict.INVALID, tuple(failed or [done.stderr.strip()[-300:]]))
    tag_manifest = (folder / package.TAG_MANIFEST).read_bytes()
    digest = hashlib.sha256(tag_manifest).hexdigest()
    reply = tsp.TimeStampResp.load((folder / package.TOKEN).read_bytes(), strict=True)
    judged = [
        assess(
            tag_manifest,
            kind="timestamp",
            at=question.at,
            policy=question.policy,
            signature=reply["time_stamp_token"].dump(),
        ),
        assess(
            (folder / package.INDEX).read_bytes(),
            kind="pdf",
            at=question.at,
            policy=question.policy,
        ),
    ]
    return _together(judged, digest)


def _together(judged: list[Assessment], digest: str) -> Result:
    verdicts = {each.verdict for each in judged}
    verdict = next(
        each
        for each in (Verdict.INVALID, Verdict.INDETERMINATE, Verdict.VALID)
        if each in verdicts
    )
    return Result(
        verdict,
        (
            f"Package digest {digest}: compare it with the register or the ledger.",
            *(reason for each in judged for reason in each.reasons),
        ),
        tuple(one.as_dict() for each in judged for one in each.signatures),
    )


def register() -> None:
    """Make packages verifiable; called when the app is ready."""
    verify.register(Verifier("package", recognises, judge))
