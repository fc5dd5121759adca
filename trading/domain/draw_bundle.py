"""Everything that was published of one draw, verified together.

A bundle is an object (JSON; binary values in lower-case hex)::

    record       the draw record
    commitments  {party: 64 hex}
    reveals      {party: 64 hex}
    result       as ``draw`` gives it, or {"failed": stratum, "seed", "record_digest"}
    leaves       four, one a phase, in order: {"index": int, "at": timestamp, "phase": name,
                 "leaf": hex of the leaf's data, "proof": [hex] (optional)}
    checkpoint   optional: the text of a signed checkpoint of the ledger

Each leaf is a plain leaf of the ledger whose entry carries ``phase_digests`` as its ``digests``:
``{"record": d}`` for the record, then ``{"record": d, "commitments": …}`` and so on, where the
second digest is SHA-256(JCS) of what the phase published. The act's name, actor and subject are
the ledger's business. With a checkpoint every leaf needs its inclusion proof (RFC 9162).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from signatures.domain import jcs, ledger
from signatures.domain.checkpoint import Checkpoint, NoteVerifier, open_checkpoint, read_checkpoint
from signatures.domain.errors import SunlitError
from trading.domain.draw_record import DrawError, Record, check_record, commitment_of, seed_of
from trading.domain.draw_selection import DrawFailed, run

#: The phases in order; a leaf closes each.
PHASES = ("record", "commitments", "reveals", "result")

_FIELDS = ("record", "commitments", "reveals", "result", "leaves")
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)


def phase_digests(
    phase: str, record: Mapping[str, Any], published: Mapping[str, Any] | None = None
) -> dict[str, str]:
    """The ``digests`` of the ledger entry that closes a phase, in hex.

    ``published`` is what the phase published: ``{party: hex}`` for commitments and reveals, the
    result for the result; None for the record itself.
    """
    if phase not in PHASES:
        raise DrawError(f"{jcs.shown(phase)} is no phase of a draw; they are {', '.join(PHASES)}.")
    if (published is None) != (phase == "record"):
        raise DrawError(f"The phase {phase} does not close over what was given.")
    return _digests(phase, jcs.digest(record), published)


def verify_draw(
    bundle: dict[str, Any], *, verifiers: Sequence[NoteVerifier] = ()
) -> dict[str, Any]:
    """``{"verdict": "valid" | "invalid", "reasons": [text]}``: does this bundle prove its result?

    Checks the record, every commitment against its reveal, the result by running the draw again,
    the four leaves and their order, and, where a checkpoint stands in the bundle, the leaves'
    inclusion. With ``verifiers`` (keys trusted by the caller) a checkpoint must be there and be
    signed by one of them; without, its signatures are not judged. Never raises on a bad bundle.
    """
    reasons: list[str] = []
    try:
        fields = jcs.require_fields(
            bundle, _FIELDS, optional=("checkpoint",), where="The bundle", error=DrawError
        )
        record = check_record(fields["record"])
    except SunlitError as error:
        return _verdict([error.message])
    commitments = _hashes(fields["commitments"], record, "commitments", reasons)
    reveals = _hashes(fields["reveals"], record, "reveals", reasons)
    if commitments is not None and reveals is not None:
        for party in record.parties:
            if commitment_of(record.digest, party, reveals[party]) != commitments[party]:
                reasons.append(f"The reveal of {party} is not what {party} committed to.")
    if reveals is not None:
        _check_result(fields["result"], record, reveals, reasons)
    leaves = _check_leaves(fields, record.digest, reasons)
    if "checkpoint" in fields or verifiers:
        _check_inclusion(fields.get("checkpoint"), leaves, verifiers, reasons)
    elif any("proof" in leaf for leaf in leaves):
        reasons.append("There are inclusion proofs, but no checkpoint that they lead to.")
    return _verdict(reasons)


def _digests(phase: str, record_digest: bytes, published: object) -> dict[str, str]:
    digests = {"record": record_digest.hex()}
    if phase != "record":
        digests[phase] = jcs.digest(published).hex()
    return digests


def _verdict(reasons: list[str]) -> dict[str, Any]:
    return {"verdict": "invalid" if reasons else "valid", "reasons": reasons}


def _hashes(
    value: object, record: Record, name: str, reasons: list[str]
) -> dict[str, bytes] | None:
    """``{party: 32 bytes}`` of exactly the record's parties, or None with the reason noted."""
    if not isinstance(value, dict) or set(value) != set(record.parties):
        reasons.append(f"{name} must name exactly the parties {', '.join(record.parties)}.")
        return None
    found: dict[str, bytes] = {}
    for party, text in value.items():
        if not isinstance(text, str) or not _HASH.fullmatch(text):
            reasons.append(f"{name}.{party} must be 64 characters of lower-case hex.")
            return None
        found[party] = bytes.fromhex(text)
    return found


def _check_result(
    result: object, record: Record, reveals: Mapping[str, bytes], reasons: list[str]
) -> None:
    seed = seed_of(record.digest, record.parties, reveals)
    try:
        expected = run(record, seed)
    except DrawFailed as failure:
        expected = failure.result
    try:
        same = jcs.dumps(result) == jcs.dumps(expected)
    except jcs.JcsError:
        same = False
    if not same:
        reasons.append("The result is not the one that the record and the reveals give.")


def _check_leaves(
    fields: Mapping[str, Any], record_digest: bytes, reasons: list[str]
) -> list[dict[str, Any]]:
    """The leaves that are what they say, each with its ``data`` in bytes."""
    leaves = fields["leaves"]
    if not isinstance(leaves, list) or not all(isinstance(leaf, dict) for leaf in leaves):
        reasons.append("leaves must be a list of objects.")
        return []
    if [leaf.get("phase") for leaf in leaves] != list(PHASES):
        reasons.append(f"leaves must be one for each phase, in order: {', '.join(PHASES)}.")
        return []
    found: list[dict[str, Any]] = []
    for leaf, phase in zip(leaves, PHASES, strict=True):
        try:
            found.append(_leaf(leaf, phase, fields, record_digest))
        except SunlitError as error:
            reasons.append(f"The leaf of the phase {phase}: {error.message}")
    for earlier, later in pairwise(found):
        order = f"The leaf of the phase {later['phase']}"
        if later["index"] <= earlier["index"]:
            reasons.append(f"{order} stands before the one of {earlier['phase']}.")
        if later["at"] < earlier["at"]:
            reasons.append(f"{order} is earlier than the one of {earlier['phase']}.")
    return found


def _leaf(
    leaf: object, phase: str, fields: Mapping[str, Any], record_digest: bytes
) -> dict[str, Any]:
    checked = jcs.require_fields(
        leaf,
        ("index", "at", "phase", "leaf"),
        optional=("proof",),
        where="the leaf",
        error=DrawError,
    )
    if type(checked["index"]) is not int or checked["index"] < 0:
        raise DrawError("index must be a number from 0.")
    jcs.parse_timestamp(checked["at"])
    data = _bytes(checked["leaf"], "leaf")
    content = jcs.require_fields(
        jcs.loads(data, canonical=True), ("v", "at", "entry"), where="its data", error=DrawError
    )
    if ledger.plain_leaf(content["at"], content["entry"]) != data:
        raise DrawError("its data is not a plain leaf of version 1.")
    if content["at"] != checked["at"]:
        raise DrawError("at is not the time in the leaf's data.")
    if content["entry"]["digests"] != _digests(phase, record_digest, fields[phase]):
        raise DrawError("its digests are not those of what was published.")
    return {**checked, "data": data}


def _check_inclusion(
    text: object,
    leaves: list[dict[str, Any]],
    verifiers: Sequence[NoteVerifier],
    reasons: list[str],
) -> None:
    try:
        checkpoint = _checkpoint(text, verifiers)
    except SunlitError as error:
        reasons.append(f"The checkpoint: {error.message}")
        return
    for leaf in leaves:
        phase = leaf["phase"]
        try:
            proof = [_bytes(item, "proof") for item in _list(leaf.get("proof"))]
        except SunlitError as error:
            reasons.append(f"The leaf of the phase {phase}: {error.message}")
            continue
        hashed = ledger.leaf_hash(leaf["data"])
        if not ledger.verify_inclusion(
            leaf["index"], checkpoint.size, hashed, proof, checkpoint.root
        ):
            reasons.append(f"The leaf of the phase {phase} is not shown to be in the ledger.")


def _checkpoint(text: object, verifiers: Sequence[NoteVerifier]) -> Checkpoint:
    if not isinstance(text, str):
        raise DrawError("a signed checkpoint must stand in the bundle as text.")
    if verifiers:
        return open_checkpoint(text, verifiers).checkpoint
    return read_checkpoint(text)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise DrawError("its inclusion proof (a list) is missing.")
    return value


def _bytes(value: object, name: str) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise DrawError(f"{name} must be lower-case hex.")
    return bytes.fromhex(value)
