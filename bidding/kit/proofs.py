"""What a tenderer keeps of a submission: receipts and proofs, checked before they are written.

In the folder: ``receipt-<id>.json`` as the platform signed it and ``proof-<id>.json`` once a
checkpoint covers its leaf. Both can be checked later without the platform (``verify``).
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bidding.kit import receipts, vault
from bidding.kit.api import ApiClient
from bidding.kit.errors import Refused
from bidding.kit.log_reader import LogReader
from bidding.kit.policy import Policy
from bidding.kit.receipts import CheckedProof, CheckedReceipt
from signatures.domain.errors import NotFound, Unavailable

_PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class Kept:
    """One receipt that holds; ``proof`` is None until a checkpoint covers its leaf."""

    id: str
    receipt: CheckedReceipt
    proof: CheckedProof | None
    data: bytes
    proof_data: bytes | None


def fetch(
    api: ApiClient,
    identifiers: Iterable[str],
    statement: bytes | None,
    *,
    policy: Policy | None = None,
    folder: Path | None = None,
    wait: float = 0.0,
) -> tuple[Kept, ...]:
    """Fetch, check and keep receipts by their ids, and the proofs that are ready.

    With ``statement`` at least one of them must be for it. ``wait`` is for how many seconds proofs
    are waited for. Raises ``Malformed`` or ``Refused`` for a receipt or proof that does not hold.
    """
    until = time.monotonic() + wait
    log = _Log(api, policy)
    found: list[Kept] = []
    for identifier in identifiers:
        kept = _receipt(api, identifier, policy)
        found.append(kept)
        if folder is not None:
            write(folder, kept)
    if statement is not None and found:
        _require_one(found, statement)
    for position, kept in enumerate(found):
        proven = _proof(api, kept, log, until)
        found[position] = proven
        if folder is not None and proven.proof_data is not None:
            write(folder, proven)
    return tuple(found)


def write(folder: Path, kept: Kept) -> None:
    """Put a receipt and its proof into the folder, whole; what stands there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (("receipt", kept.data), ("proof", kept.proof_data)):
        path = folder / f"{name}-{kept.id}.json"
        if data is not None and not path.exists():
            vault.write_private(path, data)


class _Log:
    """The verifier keys under which proofs must hold: the policy's, else the platform's own."""

    def __init__(self, api: ApiClient, policy: Policy | None) -> None:
        self._api, self._policy = api, policy
        self._keys: tuple[str, ...] = ()

    def keys(self) -> tuple[str, ...]:
        if self._policy is not None:
            return (self._policy.log, *self._policy.witnesses)
        if not self._keys:
            self._keys = LogReader(self._api).keys()
        if not self._keys:
            raise Unavailable("The platform does not show its log's key.", code="bad-answer")
        return self._keys


def _receipt(api: ApiClient, identifier: str, policy: Policy | None) -> Kept:
    data = api.send("GET", f"/api/v1/receipts/{identifier}").content
    seals = None if policy is None else policy.signers.get("platform")
    checked = receipts.check_receipt(data, origin=api.origin, seals=seals)
    return Kept(id=identifier, receipt=checked, proof=None, data=data, proof_data=None)


def _proof(api: ApiClient, kept: Kept, log: _Log, until: float) -> Kept:
    while True:
        try:
            data = api.send("GET", f"/api/v1/receipts/{kept.id}/proof").content
            break
        except NotFound:
            if time.monotonic() > until:
                return kept
            time.sleep(_PAUSE)
    key, *witnesses = log.keys()
    proof = receipts.check_proof(data, kept.receipt, log=key, witnesses=witnesses)
    return Kept(id=kept.id, receipt=kept.receipt, proof=proof, data=kept.data, proof_data=data)


def _require_one(found: list[Kept], statement: bytes) -> None:
    for kept in found:
        try:
            kept.receipt.require(statement)
        except Refused:
            continue
        return
    raise Refused(
        "None of the platform's receipts is for the statement that was sent. Tell the supervisor.",
        code="wrong-receipt",
    )
