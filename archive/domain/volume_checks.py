"""Checks of a volume as a whole: metadata, digests, numbers, classes, the ledger's word."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise

from archive.domain import tables, volume
from archive.domain.examinations import Finding, Outcome, check
from archive.domain.ledger_slice import urns_in
from archive.domain.volume import Volume
from signatures import store
from signatures.domain import ledger, log
from signatures.domain.errors import Malformed
from signatures.sandbox import filetype
from trading.domain import dossier, lifecycle
from trading.models import Document

TOOL = "sunlit"


def _finding(item: str, good: bool, evidence: str, path: str = "") -> Finding:
    outcome: Outcome = "pass" if good else "fail"
    return Finding(item=item, outcome=outcome, evidence=evidence, tool=TOOL, path=path)


@check
def metadata(of: Volume) -> Iterator[Finding]:
    """A2 lengths and values, B1 what is required."""
    levels = [("", "volume", volume.volume_metadata(of))]
    levels += [(one.path, "record", volume.record_metadata(one)) for one in of.records]
    for path, level, values in levels:
        fields = tables.metadata_fields(level)
        long = [one.element for one in fields if len(values[one.key]) > one.most]
        missing = [one.element for one in fields if one.required and not values[one.key].strip()]
        said = f"Too long: {', '.join(long)}." if long else "In range."
        yield _finding("A2", not long, said, path)
        said = f"Missing: {', '.join(missing)}." if missing else "Complete."
        yield _finding("B1", not missing, said, path)


@check
def content(of: Volume) -> Iterator[Finding]:
    """A3 and A6: bytes, size and ledger agree; C6: the type is what the extension says."""
    filed = {
        line.entry["context"]["exhibit"]: line.entry["digests"]["exhibit"]
        for line in of.slice.entries_of(dossier.FILE_ACT)
        if line.entry is not None
    }
    for record in of.records:
        exhibit = record.exhibit
        if not record.present:
            continue
        digest = hashlib.sha256()
        with store.open_stored(exhibit.digest) as stream:
            while chunk := stream.read(store.content.CHUNK):
                digest.update(chunk)
            size = stream.tell()
            whole = digest.hexdigest() == exhibit.digest and size == exhibit.size
            yield _finding("A3", whole, f"SHA-256 and {size} bytes read anew.", record.path)
            try:
                filetype.check_upload(
                    f"x.{record.format.extension}", stream, filetype.KINDS, 1 << 62
                )
                yield _finding("C6", True, f"First bytes are {record.format.name}.", record.path)
            except Malformed as error:
                yield _finding("C6", False, error.code, record.path)
        same = filed.get(exhibit.urn) == exhibit.digest and whole
        said = f"Leaf {exhibit.leaf} holds the digest of these bytes."
        yield _finding("A6", same, said if same else "The ledger has another digest.", record.path)


@check
def links(of: Volume) -> Iterator[Finding]:
    """A4: what the records' facts name is there; B7: every published document is filed."""
    own = {one.exhibit.urn for one in of.records}
    digests = {one.exhibit.digest for one in of.records}
    documents = {row.urn: row for row in Document.objects.filter(lot=of.lot)}
    named = {urn for one in of.records for urn in urns_in(one.exhibit.facts)}
    lost = sorted(
        urn
        for urn in named
        if (urn.startswith("exhibit:") and urn not in own)
        or (urn.startswith("document:") and urn not in documents)
    )
    yield _finding("A4", not lost, f"Lost: {', '.join(lost)}." if lost else "All are there.")
    unfiled = [row.title for row in documents.values() if row.digest not in digests]
    said = f"Not filed: {len(unfiled)}." if unfiled else f"{len(documents)} published documents."
    yield _finding("B7", not unfiled, said)


@check
def structure(of: Volume) -> Iterator[Finding]:
    """A5 paths by identity and never by name; B6 as many files as records; D4, D5."""
    paths = [one.path for one in of.records if one.present]
    single = len(set(paths)) == len(paths)
    yield _finding("A5", single, f"{len(paths)} files, each at a path of its own identity.")
    whole = len(paths) == len(of.records)
    yield _finding("B6", whole, f"{len(of.records)} records, {len(paths)} files.")
    open_ended = [one.exhibit.urn for one in of.records if not one.exhibit.audience]
    said = f"Without: {', '.join(open_ended)}." if open_ended else "Every record has one."
    yield _finding("D4", not open_ended, said)
    unlogged = [one.exhibit.urn for one in of.records if one.exhibit.leaf is None]
    said = f"Without an entry: {', '.join(unlogged)}." if unlogged else "Every filing is an entry."
    yield _finding("D5", not unlogged, said)


@check
def ledger_holds(of: Volume) -> Iterator[Finding]:
    """A7: every entry in its place under the checkpoint, in order of time."""
    root = bytes(of.slice.checkpoint.root)
    before = ""
    for line in of.slice.lines:
        proof = log.inclusion_proof(line.index, of.slice.size)
        leaf = ledger.leaf_hash(line.leaf)
        at = json.loads(line.leaf)["at"][:16]
        if at < before or not ledger.verify_inclusion(
            line.index, of.slice.size, leaf, proof, root
        ):
            yield _finding("A7", False, f"Entry {line.index} is not in its place.")
            return
        before = at
    yield _finding("A7", True, f"{len(of.slice.lines)} entries under size {of.slice.size}.")


@check
def numbers(of: Volume) -> Iterator[Finding]:
    """B2: editions of documents run from 1 without a gap."""
    editions: dict[str, list[int]] = {}
    for row in Document.objects.filter(lot=of.lot).order_by("edition"):
        editions.setdefault(row.kind, []).append(row.edition)
    broken = [kind for kind, found in editions.items() if found != list(range(1, len(found) + 1))]
    said = f"Gaps in: {', '.join(broken)}." if broken else "Editions run from 1."
    yield _finding("B2", not broken, said)


@check
def scope(of: Volume) -> Iterator[Finding]:
    """B3: every class that the rules require; B5: every move of the lot follows the one before."""
    gaps = of.collection.gaps
    for gap in gaps:
        yield _finding("B3", False, f"{gap.record_class.title.zh}: {gap.reason.zh}")
    if not gaps:
        yield _finding("B3", True, f"{len(of.collection.gathered)} classes, none missing.")
    moves = [
        line.entry["context"]
        for line in of.slice.entries_of(lifecycle.MOVE_ACT)
        if line.entry is not None
    ]
    joined = all(
        after["from"] == before["to"] for before, after in pairwise(moves)
    )
    yield _finding("B5", joined, f"{len(moves)} moves, each from where the last one led.")


@check
def bids(of: Volume) -> Iterator[Finding]:
    """B4: the bids whose sheets were read out are those admitted and those rejected, by the facts
    of the opening record and of the committee's result."""
    opened = _named(of, "opened")
    admitted, rejected = _named(of, "admitted"), _named(of, "rejected")
    if opened is None or admitted is None or rejected is None:
        yield Finding(
            item="B4", outcome="not-checked", tool=TOOL,
            evidence="The records' facts name no opened, admitted and rejected bids.",
        )  # fmt: skip
        return
    same = opened == admitted | rejected and not admitted & rejected
    said = f"{len(opened)} opened, {len(admitted)} admitted, {len(rejected)} rejected."
    yield _finding("B4", same, said)


def _named(of: Volume, fact: str) -> set[str] | None:
    """The bids that the last record with this fact lists, by identifier."""
    lists = [one.exhibit.facts.get(fact) for one in of.records]
    found = [each for each in lists if isinstance(each, list)]
    return {str(bid).rpartition(":")[2] for bid in found[-1]} if found else None
