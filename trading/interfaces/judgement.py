"""A verification's result as its page tells it: the verdict in a sentence, then its grounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from signatures.domain import jcs
from signatures.domain.assessment import Verdict
from signatures.domain.verify import Result
from trading.interfaces import draw_reasons
from trading.interfaces.reasons import indication, saying

_SHAPES = {Verdict.VALID: "good", Verdict.INVALID: "bad", Verdict.INDETERMINATE: "unsure"}


def verdict_word(verdict: Verdict) -> str:
    """The verdict in one or two words."""
    if verdict is Verdict.VALID:
        return _("Valid")
    if verdict is Verdict.INVALID:
        return _("Not valid")
    return _("Cannot tell")


def _sentence(result: Result) -> str:
    if result.verdict is Verdict.VALID:
        return _("This file holds: it is what was signed, and its signers are recognised")
    if result.verdict is Verdict.INVALID:
        return _("This file does not hold")
    return _("It cannot be said whether this file holds")


def _advice(result: Result) -> str:
    if result.verdict is Verdict.VALID:
        return _(
            "Every signature and proof in it leads to somebody who is recognised. The grounds "
            "follow, with what they do not cover."
        )
    if result.verdict is Verdict.INVALID:
        return _(
            "Do not rely on it. Ask whoever gave it to you for the original, and compare the "
            "digest below."
        )
    return _("Neither good nor bad is proven. The reasons below say what is missing.")


@dataclass(frozen=True)
class Signed:
    """One signature, timestamp or checkpoint among the grounds."""

    title: str
    word: str
    shape: str
    reasons: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    not_covered: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """The whole answer about one file, which itself is gone by now."""

    name: str
    size: int
    sha256: str
    at: datetime
    verdict: str
    word: str
    shape: str
    sentence: str
    advice: str
    reasons: tuple[str, ...]
    signatures: tuple[Signed, ...]

    @classmethod
    def of(
        cls, result: Result, *, name: str, size: int, sha256: str, at: datetime, alias: str
    ) -> Judgement:
        """``alias`` is the name under which the file was judged; reasons speak of ``name``."""
        return cls(
            name=name,
            size=size,
            sha256=sha256,
            at=at,
            verdict=str(result.verdict),
            word=verdict_word(result.verdict),
            shape=_SHAPES[result.verdict],
            sentence=_sentence(result),
            advice=_advice(result),
            # With signatures each card gives its own reasons.
            reasons=()
            if result.signatures
            else tuple(draw_reasons.said(each).replace(alias, name) for each in result.reasons),
            signatures=tuple(signed(each) for each in result.signatures),
        )


def signed(value: dict[str, Any]) -> Signed:
    """One signature of an assessment, or one checkpoint, as JSON has it, for people."""
    verdict = Verdict(value["verdict"])
    facts = _checkpoint_facts(value) if value["kind"] == "checkpoint" else _signature_facts(value)
    return Signed(
        title=str(value.get("signer") or value.get("origin") or value.get("field") or _("unknown")),
        word=verdict_word(verdict),
        shape=_SHAPES[verdict],
        reasons=indication(value.get("sub_indication", ""), tuple(value.get("reasons", ())))
        + tuple(saying(each) for each in value.get("warnings", ())),
        facts=tuple((label, text) for label, text in facts if text),
        not_covered=tuple(saying(each) for each in value.get("not_covered", ())),
    )


def _moment(text: str | None) -> str:
    """A moment of the assessment in the platform's zone."""
    if not text:
        return ""
    return f"{timezone.localtime(jcs.parse_timestamp(text)):%Y-%m-%d %H:%M:%S}"


def _signature_facts(value: dict[str, Any]) -> list[tuple[str, str]]:
    listing, revocation = value.get("listing"), value.get("revocation")
    unknown = _("unknown")
    return [
        (_("Organisation"), value.get("organisation") or ""),
        (_("Credit code"), value.get("credit_code") or ""),
        (_("Authority"), value.get("authority") or unknown),
        (
            _("Recognised through"),
            _("trust list %(territory)s v%(version)s, %(service)s") % listing
            if listing
            else _("no trust list"),
        ),
        (
            _("Revocation"),
            _("not revoked as of %(at)s (%(kind)s)")
            % {"at": _moment(revocation["at"]), "kind": revocation["kind"]}
            if revocation
            else unknown,
        ),
        (_("Proven since"), _moment(value.get("proven_time")) or _("no timestamp")),
        (_("Claimed time"), _moment(value.get("claimed_time"))),
        (_("Coverage"), saying(value.get("coverage") or "")),
        (_("Level"), value.get("level") or ""),
        (_("Algorithm"), value.get("algorithm") or ""),
    ]


def _checkpoint_facts(value: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (_("Ledger"), value["origin"]),
        (_("Entries"), str(value["size"])),
        (_("Signed by"), ", ".join(value["names"])),
        (_("Cosigned by"), ", ".join(value["cosignatures"]) or _("nobody")),
    ]
