"""The record of a draw, read strictly: what is drawn, from whom, by whom, under which limits.

Format: design page "Draws", version SUNLIT-DRAW-1. ``check_record`` either gives a ``Record`` or
raises ``DrawError`` naming the field that is not right.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from signatures.domain import jcs
from signatures.domain.errors import Malformed

VERSION = "SUNLIT-DRAW-1"
MIN_PARTIES = 3

_FIELDS = (
    "id",
    "version",
    "purpose",
    "parties",
    "candidates",
    "avoid",
    "quota",
    "alternates",
    "max_per_organisation",
    "once",
    "assign",
)
_CANDIDATE = ("id", "weight", "stratum", "organisation")
_ASSIGN = ("to", "from", "quota", "alternates", "conflicts")


class DrawError(Malformed):
    """The record, a reveal or a bundle is not exactly what the format asks for."""

    default_code = "bad-draw"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody or something that may be drawn from one stratum."""

    id: str
    weight: int
    stratum: str
    organisation: str | None


@dataclass(frozen=True, slots=True)
class Assign:
    """Whom to draw for each drawn id of stratum ``to``: ``quota`` and ``alternates`` each, from
    stratum ``source`` (``from`` in the record), never one of that id's ``conflicts``."""

    to: str
    source: str
    quota: int
    alternates: int
    conflicts: Mapping[str, frozenset[str]]

    def stratum_for(self, id_: str) -> str:
        """The stratum name under which the selection for ``id_`` runs."""
        return f"{self.source}:{id_}"


@dataclass(frozen=True, slots=True)
class Record:
    """A record that keeps every rule of the format. ``quota`` and ``alternates`` name each drawn
    stratum, also where the record gives one number for all; ``digest`` is SHA-256(JCS)."""

    id: str
    purpose: str
    parties: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    avoided_candidates: frozenset[str]
    avoided_organisations: frozenset[str]
    quota: Mapping[str, int]
    alternates: Mapping[str, int]
    max_per_organisation: int | None
    once: bool
    assign: Assign | None
    digest: bytes


def check_record(record: object) -> Record:
    """The record, checked; ``DrawError`` names the field that is wrong.

    ``reasons`` may be left out; where it stands it explains names that ``avoid`` lists. A stratum
    that ``alternates`` does not name has none.
    """
    fields = jcs.require_fields(
        record, _FIELDS, optional=("reasons",), where="The draw record", error=DrawError
    )
    id_ = _name(fields["id"], "id")
    if fields["version"] != VERSION:
        _fail("version", f'must be "{VERSION}"')
    purpose = fields["purpose"]
    if not isinstance(purpose, str) or not purpose:
        _fail("purpose", "must say what the draw is for")
    parties = _names(fields["parties"], "parties")
    if len(parties) < MIN_PARTIES:
        _fail("parties", f"must be at least {MIN_PARTIES}, with opposed interests")
    if list(parties) != sorted(parties):
        _fail("parties", "must be sorted")
    candidates = _candidates(fields["candidates"])
    avoided, organisations = _avoid(fields["avoid"], fields.get("reasons", {}))
    assign = _assign(fields["assign"])
    quota = _quota(fields["quota"], candidates, assign)
    limit = fields["max_per_organisation"]
    if limit is not None:
        limit = _integer(limit, "max_per_organisation", least=1)
    if type(fields["once"]) is not bool:
        _fail("once", "must be true or false")
    if assign is not None:
        _check_assign(assign, quota, candidates)
    return Record(
        id=id_,
        purpose=purpose,
        parties=parties,
        candidates=candidates,
        avoided_candidates=avoided,
        avoided_organisations=organisations,
        quota=quota,
        alternates=_alternates(fields["alternates"], quota),
        max_per_organisation=limit,
        once=fields["once"],
        assign=assign,
        digest=_digest(fields),
    )


def commitment_of(record_digest: bytes, party: str, reveal: bytes) -> bytes:
    """SHA-256("SUNLIT-COMMIT-1|" ‖ record digest ‖ SHA-256(party) ‖ reveal)."""
    hashed_party = hashlib.sha256(party.encode()).digest()
    return hashlib.sha256(b"SUNLIT-COMMIT-1|" + record_digest + hashed_party + reveal).digest()


def seed_of(record_digest: bytes, parties: tuple[str, ...], reveals: Mapping[str, bytes]) -> bytes:
    """SHA-256("SUNLIT-SEED-1|" ‖ record digest ‖ SHA-256(SHA-256(party) ‖ reveal) of each)."""
    seed = hashlib.sha256(b"SUNLIT-SEED-1|" + record_digest)
    for party in parties:
        hashed_party = hashlib.sha256(party.encode()).digest()
        seed.update(hashlib.sha256(hashed_party + reveals[party]).digest())
    return seed.digest()


def check_reveals(record: Record, reveals: object) -> Mapping[str, bytes]:
    """Exactly one reveal of 32 bytes from every party of the record, and from nobody else."""
    if not isinstance(reveals, dict):
        raise DrawError("reveals must be an object with 32 bytes from every party.")
    strangers = sorted(jcs.shown(party) for party in reveals if party not in record.parties)
    if strangers:
        raise DrawError(f"reveals holds parties that the record does not: {', '.join(strangers)}.")
    for party in record.parties:
        if party not in reveals:
            raise DrawError(f"reveals lacks the party {party}; without it the draw is void.")
        if type(reveals[party]) is not bytes or len(reveals[party]) != 32:
            raise DrawError(f"The reveal of {party} must be 32 bytes.")
    return reveals


def _digest(record: Mapping[str, Any]) -> bytes:
    try:
        return jcs.digest(record)
    except jcs.JcsError as error:
        raise DrawError(f"The draw record has no canonical form: {error.message}") from None


def _candidates(value: object) -> tuple[Candidate, ...]:
    found: list[Candidate] = []
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(_list(value, "candidates")):
        where = f"candidates[{index}]"
        fields = jcs.require_fields(item, _CANDIDATE, where=where, error=DrawError)
        organisation = fields["organisation"]
        candidate = Candidate(
            id=_name(fields["id"], f"{where}.id"),
            weight=_integer(fields["weight"], f"{where}.weight", least=1),
            stratum=_name(fields["stratum"], f"{where}.stratum"),
            organisation=(
                None if organisation is None else _name(organisation, f"{where}.organisation")
            ),
        )
        if (candidate.id, candidate.stratum) in seen:
            _fail(where, f"repeats {candidate.id} in stratum {candidate.stratum}")
        seen.add((candidate.id, candidate.stratum))
        found.append(candidate)
    return tuple(found)


def _avoid(avoid: object, reasons: object) -> tuple[frozenset[str], frozenset[str]]:
    fields = jcs.require_fields(
        avoid, ("candidates", "organisations"), where="avoid", error=DrawError
    )
    candidates = frozenset(_names(fields["candidates"], "avoid.candidates"))
    organisations = frozenset(_names(fields["organisations"], "avoid.organisations"))
    if not isinstance(reasons, dict):
        _fail("reasons", "must be an object of name and text")
    for name, text in reasons.items():
        if name not in candidates and name not in organisations:
            _fail("reasons", f"explains {jcs.shown(name)}, which avoid does not list")
        if not isinstance(text, str) or not text:
            _fail(f"reasons.{name}", "must be a text")
    return candidates, organisations


def _assign(value: object) -> Assign | None:
    if value is None:
        return None
    fields = jcs.require_fields(value, _ASSIGN, where="assign", error=DrawError)
    conflicts = fields["conflicts"]
    if not isinstance(conflicts, dict):
        _fail("assign.conflicts", "must be an object of id and list of ids")
    return Assign(
        to=_name(fields["to"], "assign.to"),
        source=_name(fields["from"], "assign.from"),
        quota=_integer(fields["quota"], "assign.quota", least=1),
        alternates=_integer(fields["alternates"], "assign.alternates", least=0),
        conflicts={
            _name(id_, "assign.conflicts"): frozenset(_names(ids, f"assign.conflicts.{id_}"))
            for id_, ids in conflicts.items()
        },
    )


def _check_assign(
    assign: Assign, quota: Mapping[str, int], candidates: tuple[Candidate, ...]
) -> None:
    if assign.to not in quota:
        _fail("assign.to", f"names the stratum {assign.to}, which quota does not draw")
    if assign.source in quota:
        _fail("assign.from", f"names the stratum {assign.source}, which quota draws already")
    for candidate in candidates:
        if candidate.stratum != assign.to:
            continue
        name = assign.stratum_for(candidate.id)
        if not jcs.is_name(name):
            _fail("assign.from", f"makes the stratum name {name} longer than 160 characters")
        if name in quota:
            _fail("quota", f"uses the stratum name {name}, which assign makes")


def _quota(
    value: object, candidates: tuple[Candidate, ...], assign: Assign | None
) -> dict[str, int]:
    if isinstance(value, dict):
        quota = {
            _name(stratum, "quota"): _integer(number, f"quota.{stratum}", least=1)
            for stratum, number in value.items()
        }
    else:
        number = _integer(value, "quota", least=1)
        source = assign.source if assign else None
        strata = {candidate.stratum for candidate in candidates} - {source}
        quota = {stratum: number for stratum in strata if stratum is not None}
    if not quota:
        _fail("quota", "names no stratum to draw from")
    return quota


def _alternates(value: object, quota: Mapping[str, int]) -> dict[str, int]:
    if not isinstance(value, dict):
        number = _integer(value, "alternates", least=0)
        return dict.fromkeys(quota, number)
    for stratum in value:
        if stratum not in quota:
            _fail(
                "alternates", f"names the stratum {jcs.shown(stratum)}, which quota does not draw"
            )
    return {
        stratum: _integer(value.get(stratum, 0), f"alternates.{stratum}", least=0)
        for stratum in quota
    }


def _list(value: object, field: str) -> list[Any]:
    if not isinstance(value, list):
        _fail(field, "must be a list")
    return value


def _names(value: object, field: str) -> tuple[str, ...]:
    names = tuple(_name(item, f"{field}[{i}]") for i, item in enumerate(_list(value, field)))
    if len(set(names)) != len(names):
        _fail(field, "names somebody twice")
    return names


def _name(value: object, field: str) -> str:
    if not isinstance(value, str) or not jcs.is_name(value):
        _fail(field, "must be 1 to 160 characters of a-z, 0-9 and . : _ -")
    return value


def _integer(value: object, field: str, *, least: int) -> int:
    if type(value) is not int or not least <= value <= jcs.MAX_INTEGER:
        _fail(field, f"must be an integer from {least} to 2^53-1")
    return value


def _fail(field: str, what: str) -> NoReturn:
    raise DrawError(f"In the draw record, {field} {what}.")
