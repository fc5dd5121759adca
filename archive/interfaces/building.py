"""From a lot to its filed package: everything slow, outside any transaction, and then one act.

May be killed anywhere and run again: until the act files it, a package is nothing but files in the
content store, and the act files one.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from asn1crypto import cms, tsp
from django.conf import settings
from lxml import etree

from archive.domain import (
    acts,
    examinations,
    ledger_slice,
    package,
    shipping,
    trust_material,
    volume,
)
from archive.domain import layout as layouts
from archive.domain.examinations import Examination, Finding
from archive.domain.layout import Item, Layout
from archive.domain.package import Bag
from archive.domain.volume import Volume
from archive.interfaces import exports, index_volume
from archive.models import ArchivePackage
from signatures import store
from signatures.domain import (
    checkpoints,
    clock,
    jcs,
    platform,
    services,
    timestamps,
    trust_store,
)
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import Conflict, Unavailable
from signatures.domain.outside import require_outside_transaction
from signatures.domain.policy import Policy
from signatures.models import User
from trading.domain.acts import find_lot
from trading.models import Lot

VERIFY_SECONDS = 3600
WITNESS_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Built:
    """A finished package that is not filed yet."""

    volume: Volume
    layout: Layout
    kept: str
    digest: str
    examination: Examination


def build_and_file(lot: UUID, *, asker: UUID, after: int) -> ArchivePackage:
    """Build the lot's package and file it on behalf of ``asker``; the one that is filed already
    where there is one. Raises :class:`Conflict` (``dossier-changed``) when records came in."""
    filed = ArchivePackage.objects.filter(lot_id=lot, version=acts.FIRST_VERSION).first()
    if filed is not None:
        return filed
    made = build(find_lot(lot), version=acts.FIRST_VERSION, after=after)
    try:
        dispatch(_filing(made), actor=Actor.person(User.objects.get(pk=asker)))
    except Conflict as conflict:
        if conflict.code != "filed-already":
            raise
    return acts.package_of(lot)


def _filing(made: Built) -> acts.FilePackage:
    of = made.volume
    return acts.FilePackage(
        lot=of.lot.pk,
        code=of.code,
        version=of.version,
        digest=made.digest,
        layout=made.kept,
        evidence=made.layout.item(package.TOKEN).sha256,
        index=made.layout.item(package.INDEX).sha256,
        size=made.layout.size,
        files=len(made.layout.items),
        checkpoint=of.slice.size,
        state=of.collection.state,
        outcome=of.collection.outcome,
        records=len(of.records),
        gaps=len(of.collection.gaps),
        built=of.built,
    )


def build(lot: Lot, *, version: int, after: int) -> Built:
    """The lot's package in the store, verified by the very script that it carries.

    ``after`` is the ledger entry that asked for it. Raises :class:`Unavailable` where a checkpoint,
    the timestamp authority or a source of revocation data is not to be had now.
    """
    require_outside_transaction("Building a package")
    _await_witness(after)
    of = volume.prepare(lot, version=version, after=after, built=clock.now())
    policy = trust_store.policy(now=of.built)
    examination = examinations.examine(of, policy=policy)
    sealed = index_volume.sealed(of, examination, policy=policy)
    index = layouts.keep(package.INDEX, sealed)
    stamper = services.timestamper()
    first = timestamps.obtain(hashlib.sha256(sealed).digest(), stamper)
    trust = trust_material.gather(token=first, policy=policy, at=of.built)
    bag, examination = _bag(of, examination, index=index, sealed=sealed, trust=trust, policy=policy)
    token = timestamps.obtain(hashlib.sha256(bag.tag_manifest).digest(), stamper)
    if not {one.dump() for one in trust_material.certificates_of(token)} <= {
        one.dump() for one in trust_material.certificates_of(first)
    }:
        raise Unavailable("The timestamp authority changed its certificate. Build it again.")
    layout = package.finish(bag, evidence={package.TOKEN: reply_of(token)})
    verify(layout, digest=bag.digest)
    return Built(
        volume=of,
        layout=layout,
        kept=store.put(layout.dumps()).sha256,
        digest=bag.digest,
        examination=examination,
    )


def _await_witness(after: int) -> None:
    """Have a checkpoint over entry ``after``, and give the witnesses a moment to cosign it.

    A package under a cosigned checkpoint proves that the log showed it to others, too; one whose
    witnesses are away is better than none.
    """
    checkpoints.make(clock.platform)
    until = time.monotonic() + WITNESS_SECONDS
    while (
        settings.WITNESSES
        and checkpoints.covering(after, cosigned=True) is None
        and time.monotonic() < until
    ):
        time.sleep(0.1)


def _bag(
    of: Volume,
    examination: Examination,
    *,
    index: Item,
    sealed: bytes,
    trust: dict[str, bytes],
    policy: Policy,
) -> tuple[Bag, Examination]:
    about = (index.sha256, index.size)
    metadata = {
        "metadata/eep.xml": exports.eep(of, index=about),
        "metadata/ledger.jsonl": ledger_slice.write(of.slice, absent=of.absent),
    }
    examination = examinations.with_findings(
        examination,
        [
            examinations.judge_pdf(package.INDEX, sealed, at=of.built, policy=policy),
            Finding(
                item="C3", outcome="pass", path=package.INDEX, tool="page-validation",
                evidence="PDF/A-3b; by pikepdf.pdfa before it was sealed as well.",
            ),
            Finding(
                item="C7", outcome="pass", path="metadata/premis.xml", tool="sunlit",
                evidence=f"{len(examination.tools)} programs with their versions.",
            ),
            *_parsed(metadata),
        ],
    )  # fmt: skip
    metadata["metadata/premis.xml"] = exports.premis(of, examination, index=about)
    examination = examinations.with_findings(
        examination, _parsed({"metadata/premis.xml": metadata["metadata/premis.xml"]})
    )
    payload = [index]
    payload += [
        package.stored_payload(one.path, sha256=one.exhibit.digest, size=one.exhibit.size)
        for one in of.records
        if one.present
    ]
    payload += [one.signature for one in of.records if one.signature is not None]
    bag = package.pack(
        of.root,
        payload=payload,
        tags={
            **metadata,
            **trust,
            "metadata/examinations.json": examination.dumps(),
            "verify/verify.py": package.VERIFIER.read_bytes(),
            "verify/VERIFY.md": _guide(of),
        },
        info=_info(of),
    )
    return bag, examination


def _parsed(files: dict[str, bytes]) -> Iterator[Finding]:
    """C1: each metadata file is read again by its own grammar."""
    for path, data in sorted(files.items()):
        if path.endswith(".xml"):
            etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
        else:
            for line in data.splitlines():
                jcs.loads(line, canonical=True)
        yield Finding(
            item="C1", outcome="pass", path=path, tool="sunlit",
            evidence=f"{len(data)} bytes, parsed anew.",
        )  # fmt: skip


def _info(of: Volume) -> list[tuple[str, str]]:
    return [
        ("Source-Organization", of.builder),
        ("External-Identifier", of.root),
        ("External-Description", f"{of.lot.project.title} {of.lot.title}"),
        ("Internal-Sender-Identifier", of.lot.urn),
        ("Bagging-Date", of.built.date().isoformat()),
        ("Bag-Software-Agent", f"Sunlit Trading {examinations.tools()['sunlit']}"),
    ]


def _guide(of: Volume) -> bytes:
    """``VERIFY.md`` with this package's own names in it."""
    text = package.VERIFIER.with_name("VERIFY.md").read_text(encoding="utf-8")
    values = {
        "root": of.root,
        "address": of.address,
        "origin": platform.origin(),
        "log": platform.log_origin(),
    }
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text.encode()


def reply_of(token: bytes) -> bytes:
    """The token as a granted reply (RFC 3161, 2.4.2): the form of ``.tsr`` files."""
    reply: bytes = tsp.TimeStampResp(
        {
            "status": {"status": "granted"},
            "time_stamp_token": cms.ContentInfo.load(token),
        }
    ).dump()
    return reply


def verify(layout: Layout, *, digest: str) -> None:
    """Let the package's own ``verify.py`` judge it, as a stranger would; raises ``RuntimeError``.

    The files are linked, not copied, into a folder beside the store.
    """
    folder = Path(settings.STORE) / "drafts"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="package-") as place:
        root = shipping.lay_out(layout, Path(place), link=True)
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(root / "verify/verify.py"), "--expect", digest],
            capture_output=True,
            text=True,
            timeout=VERIFY_SECONDS,
            env={"LANG": "C.UTF-8"},
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"The package does not verify:\n{_last(done.stdout.splitlines())}")


def _last(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line.startswith("FAILED"))[:2000]
