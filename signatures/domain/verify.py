"""Public verification: one question for every kind of file that the platform hands out.

A verifier recognises its kind of file and judges it. The ground knows PDF, receipts, ledger
proofs and statements with their signatures; the apps above register theirs (draws, packages) in
``AppConfig.ready()``. Nothing here knows Django, a network or a clock.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from signatures.domain import jcs, ledger, receipts
from signatures.domain.assess import assess
from signatures.domain.assessment import SENTENCES, Assessment, Verdict
from signatures.domain.checkpoint import ED25519, NoteVerifier, open_checkpoint, read_checkpoint
from signatures.domain.confined import assess_confined
from signatures.domain.errors import Malformed, SunlitError
from signatures.domain.keys import describe
from signatures.domain.policy import Policy

LEDGER_PROOF = "sunlit.ledger-proof/1"


@dataclass(frozen=True)
class Result:
    """A verdict with its reasons, and the signatures that it rests on (as JSON has them)."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    signatures: tuple[dict[str, Any], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """``{"verdict", "reasons", "signatures"}``."""
        return {
            "verdict": str(self.verdict),
            "reasons": list(self.reasons),
            "signatures": list(self.signatures),
        }

    @classmethod
    def of(cls, assessment: Assessment) -> Result:
        """The result that an assessment amounts to; warnings stand with each signature."""
        return cls(
            assessment.verdict,
            assessment.reasons,
            tuple(each.as_dict() for each in assessment.signatures),
        )


@dataclass(frozen=True)
class Question:
    """What is asked: about which file, as of when, believing whom.

    ``path`` may be a folder (a package). ``signature`` is a detached signature given beside the
    file; ``log_keys`` are the ledger's and its witnesses' keys that the asker trusts.
    """

    path: Path
    at: datetime
    policy: Policy
    signature: bytes | None = None
    log_keys: tuple[NoteVerifier, ...] = ()

    @cached_property
    def data(self) -> bytes:
        """The file's bytes, up to what the policy lets a file have; empty for a folder."""
        if self.path.is_dir():
            return b""
        size = self.path.stat().st_size
        if size > self.policy.maximum_bytes:
            raise Malformed(
                f"{self.path.name} has {size} bytes; at most {self.policy.maximum_bytes} are "
                "judged.",
                code="too-large",
            )
        return self.path.read_bytes()

    @cached_property
    def head(self) -> bytes:
        """The file's first 1,024 bytes, by which kinds are told apart; empty for a folder."""
        if self.path.is_dir():
            return b""
        with self.path.open("rb") as stream:
            return stream.read(1024)

    @cached_property
    def value(self) -> Any:
        """The file as JSON under the rules of canonical JSON, or None where it is not that."""
        if self.head.lstrip()[:1] != b"{":
            return None
        try:
            return jcs.loads(self.data)
        except Malformed:
            return None


@dataclass(frozen=True)
class Verifier:
    """How one kind of file is recognised and judged."""

    kind: str
    recognises: Callable[[Question], bool]
    verify: Callable[[Question], Result]


_verifiers: dict[str, Verifier] = {}


def register(verifier: Verifier) -> None:
    """Add a kind of file; a later one comes first, and a kind is registered once."""
    if verifier.kind in _verifiers:
        raise ValueError(f"A verifier of {verifier.kind} is registered already.")
    _verifiers[verifier.kind] = verifier


Source = Callable[[bool], Policy | None]
"""Whom the platform believes by itself: given whether it may ask the network, a policy or None."""

_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Say where recognised anchors come from when the asker names none (the trust lists)."""
    _sources.append(source)


def recognised(*, online: bool) -> Policy:
    """The policy by the platform's own trust lists; one that believes nobody where it has none."""
    for source in _sources:
        policy = source(online)
        if policy is not None:
            return policy
    return Policy(signers=(), timestamp_authorities=())


def kinds() -> tuple[str, ...]:
    """The kinds of file that can be verified."""
    return tuple(_verifiers)


def verify(question: Question) -> Result:
    """The answer; whatever is wrong with the file is a verdict, never an error."""
    try:
        if not question.path.exists():
            raise Malformed(f"There is no file {question.path.name}.", code="no-file")
        if not question.path.is_dir() and question.path.stat().st_size == 0:
            raise Malformed(f"{question.path.name} is empty.", code="empty")
        for verifier in reversed(list(_verifiers.values())):
            if verifier.recognises(question):
                return verifier.verify(question)
    except SunlitError as error:
        return Result(Verdict.INDETERMINATE, (str(error),))
    except OSError as error:
        reason = error.strerror or describe(error)
        return Result(Verdict.INDETERMINATE, (f"{question.path.name}: {reason}.",))
    except Exception as error:
        return Result(
            Verdict.INDETERMINATE, (f"{question.path.name} cannot be read: {describe(error)}.",)
        )
    return Result(
        Verdict.INDETERMINATE,
        (f"{question.path.name} is none of the kinds that can be verified: {_listed(kinds())}.",),
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _verify_pdf(question: Question) -> Result:
    return Result.of(assess_confined(question.data, at=question.at, policy=question.policy))


def _verify_receipt(question: Question) -> Result:
    try:
        receipt = receipts.verify_receipt(question.data)
    except Malformed as error:
        return Result(Verdict.INVALID, (str(error),))
    return Result.of(
        assess(
            receipt.statement,
            kind="statement",
            at=question.at,
            policy=question.policy,
            signature=receipt.signature,
        )
    )


def _verify_statement(question: Question) -> Result:
    signature = question.signature
    data = question.data
    if signature is None and _has(question, {"statement", "signature"}):
        try:
            data = base64.b64decode(question.value["statement"], validate=True)
            signature = base64.b64decode(question.value["signature"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            return Result(Verdict.INVALID, ("Statement and signature must be base64.",))
    if signature is None:
        beside = question.path.with_name(question.path.name + ".p7s")
        if not beside.is_file():
            reason = f"{SENTENCES['SIGNED_DATA_NOT_FOUND']} Put it beside as {beside.name}."
            return Result(Verdict.INDETERMINATE, (reason,))
        signature = beside.read_bytes()
    return Result.of(
        assess(
            data,
            kind="statement",
            at=question.at,
            policy=question.policy,
            signature=signature,
        )
    )


def _verify_ledger_proof(question: Question) -> Result:
    """A leaf, its inclusion proof and the checkpoint that it leads to, under keys that are known.

    Without a known key the proof may still be seen to be false, but not to be true.
    """
    try:
        value = jcs.require_fields(
            question.value,
            {"kind", "index", "leaf", "proof", "checkpoint"},
            where="The ledger proof",
        )
        if not isinstance(value["leaf"], str) or not isinstance(value["proof"], list):
            raise Malformed("The ledger proof's leaf and proof are not in their form.")
        path = [bytes.fromhex(each) for each in value["proof"]]

        stated = read_checkpoint(value["checkpoint"])
    except (SunlitError, ValueError, TypeError) as error:
        return Result(Verdict.INVALID, (f"The ledger proof is not in its form: {describe(error)}",))
    leaf = ledger.leaf_hash(value["leaf"].encode())
    if not ledger.verify_inclusion(value["index"], stated.size, leaf, path, stated.root):
        return Result(Verdict.INVALID, ("The entry is not in the ledger at this place.",))
    if not question.log_keys:
        return Result(
            Verdict.INDETERMINATE,
            (
                f"The entry is under the checkpoint of {stated.origin}, whose key is not known "
                "here. Give the ledger's key.",
            ),
        )
    try:
        opened = open_checkpoint(value["checkpoint"], question.log_keys)
        logs = {each.name for each in question.log_keys if each.kind == ED25519}
        if not logs & opened.names:
            raise Malformed("The checkpoint is signed by witnesses, but not by the ledger.")
    except Malformed as error:
        return Result(Verdict.INVALID, (str(error),))
    signer = {
        "kind": "checkpoint",
        "verdict": str(Verdict.VALID),
        "origin": opened.checkpoint.origin,
        "size": opened.checkpoint.size,
        "names": sorted(opened.names),
        "cosignatures": dict(sorted(opened.cosignatures.items())),
    }
    return Result(Verdict.VALID, (), (signer,))


def _has(question: Question, fields: set[str]) -> bool:
    return isinstance(question.value, dict) and question.value.keys() == fields


def _is_statement(question: Question) -> bool:
    if question.signature is not None or _has(question, {"statement", "signature"}):
        return True
    return isinstance(question.value, dict) and {"purpose", "origin", "at"} <= (
        question.value.keys()
    )


register(Verifier("statement", _is_statement, _verify_statement))
register(
    Verifier(
        "ledger proof",
        lambda question: (
            isinstance(question.value, dict) and question.value.get("kind") == LEDGER_PROOF
        ),
        _verify_ledger_proof,
    )
)
register(
    Verifier(
        "receipt",
        lambda question: _has(question, {"receipt", "signature", "key"}),
        _verify_receipt,
    )
)
register(Verifier("PDF", lambda question: b"%PDF-" in question.head, _verify_pdf))
