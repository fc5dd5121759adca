"""Trust lists (ETSI TS 119 612): building one's own, taking in others'.

Everything is a pure function over bytes. A list is taken in whole or refused with a reason; while
a newer one is refused the old one stays until it expires, and somebody is told. What a list says
that is not understood grants nothing and is named as an alarm.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.domain import tsl_shape, tsl_signature, tsl_xml
from signatures.domain.errors import Malformed, Refused
from signatures.domain.tsl_model import Alarm, Service, StatusEntry, TrustList
from signatures.domain.tsl_terms import (
    CA_PKC,
    DEPRECATED,
    GRANTED,
    LIST_TYPES,
    RECOGNISED,
    TSA,
    VERSIONS,
    WITHDRAWN,
    ServiceKind,
    Standing,
)
from signatures.domain.tsl_xml import Content, Scheme

Pins = Mapping[str, Collection[asn1_x509.Certificate]]
"""Territory -> the certificates that may sign its list."""

LONGEST_LIFE = timedelta(days=190)
"""Six months and a week: the longest that NextUpdate may lie after the issue (5.3.15)."""

CLOCK_TOLERANCE = timedelta(minutes=5)
RELIED_ON = (ServiceKind.CA, ServiceKind.TSA)


def build_list(
    *,
    scheme: Scheme,
    sequence: int,
    services: Sequence[Service],
    issued: datetime,
    next_update: datetime,
    certificate: x509.Certificate,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> bytes:
    """A territory's list, signed: UTF-8 XML with an enveloped XAdES signature.

    ``issued`` is also the signature's time. What is built is checked as a reader would check it;
    raises ``Malformed`` or ``Refused`` for a list that nobody could take in.
    """
    root = tsl_xml.write(
        scheme=scheme, sequence=sequence, issued=issued, next_update=next_update, services=services
    )
    data = tsl_signature.sign(root, certificate=certificate, key=key, at=issued)
    parse_list(data, pins={scheme.territory: [as_pin(certificate)]}, now=issued)
    return data


def parse_list(
    data: bytes,
    *,
    pins: Pins,
    now: datetime,
    previous: TrustList | None = None,
    territory: str | None = None,
    acknowledged: Collection[str] = (),
) -> TrustList:
    """Take in a list, or say why not.

    ``pins`` names who may sign for which territory. ``previous`` is the version in force, whose
    sequence number and services this one is held against; ``territory`` the one that was asked
    for, where the caller knows it. ``acknowledged`` holds the key digests (:attr:`Service.keys`)
    of services whose removal a person has confirmed. The same version again is accepted.

    Raises ``Malformed`` for what is no list and ``Refused`` for one that a rule turns away; the
    codes begin with ``list-``.
    """
    root = tsl_shape.parse(data)
    tsl_shape.require_one_signature(root)
    claimed = tsl_xml.claimed_territory(root)
    _require_territory(claimed, pins=pins, expected=territory, previous=previous)
    verified = tsl_signature.verify(data, root, pins=pins[claimed], now=now)

    # From here on only what was signed is looked at.
    signed = tsl_shape.parse(verified.data)
    tsl_shape.check(signed)
    content = tsl_xml.read(signed)
    if content.territory != claimed:
        raise _refused("list-territory", "The signed territory is not the one that was claimed.")
    digest = hashlib.sha256(data).hexdigest()
    next_update = _require_current(content, now=now)
    _require_distinct(content.services)
    accepted = TrustList(
        territory=content.territory,
        sequence=content.sequence,
        operator=content.operator,
        scheme=content.scheme,
        issued=content.issued,
        next_update=next_update,
        services=content.services,
        digest=digest,
        signer=hashlib.sha256(verified.signer.dump()).hexdigest(),
        alarms=tuple(_alarms(content.services)),
    )
    if previous is not None:
        _require_successor(accepted, previous, now=now, acknowledged=frozenset(acknowledged))
    if not accepted.usable(now):
        raise _refused(
            "list-no-service",
            f"List {accepted.sequence} of {accepted.territory} holds no authority that could be "
            f"relied on now. {_named(accepted.alarms)}".strip(),
        )
    return accepted


def as_pin(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """A certificate of ``cryptography`` in the type in which pins are given."""
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _require_territory(
    claimed: str, *, pins: Pins, expected: str | None, previous: TrustList | None
) -> None:
    if expected is not None and claimed != expected:
        raise _refused(
            "list-territory", f"This is the list of {claimed or 'nobody'}, not of {expected}."
        )
    if previous is not None and claimed != previous.territory:
        raise _refused(
            "list-territory",
            f"This is the list of {claimed or 'nobody'}; it cannot follow that of "
            f"{previous.territory}.",
        )
    if not pins.get(claimed):
        raise _refused(
            "list-territory-unknown",
            f"No list-signing certificate is pinned for {claimed or 'an unnamed territory'}.",
        )


def _require_current(content: Content, *, now: datetime) -> datetime:
    """The list's NextUpdate, once its edition, its type and its dates are in order."""
    if content.version not in VERSIONS:
        raise _refused(
            "list-version", f"Version {content.version} of the list format is not known.", "5.3.1"
        )
    if content.list_type not in LIST_TYPES:
        raise _refused(
            "list-type", f"{content.list_type} is no type of list that is taken in.", "5.3.3"
        )
    if content.issued > now + CLOCK_TOLERANCE:
        raise _refused(
            "list-not-yet-issued", f"The list says that it is issued at {content.issued}.", "5.3.14"
        )
    if content.next_update is None:
        raise _refused("list-closed", "The list is closed: it names no next update.", "5.3.15")
    if content.next_update <= now:
        raise _refused(
            "list-expired", f"The list was to be renewed by {content.next_update}.", "5.3.15"
        )
    if content.next_update - content.issued > LONGEST_LIFE:
        raise _refused(
            "list-lives-too-long",
            f"The list wants to live for {(content.next_update - content.issued).days} days; "
            "six months are allowed.",
            "5.3.15",
        )
    return content.next_update


def _require_distinct(services: Sequence[Service]) -> None:
    """Two entries for one key and use could say two things; neither would be the truth."""
    seen: set[tuple[str, ServiceKind]] = set()
    for service in services:
        kinds = {entry.kind for entry in service.history if entry.kind in RELIED_ON}
        claims = {(key, kind) for key in service.keys for kind in kinds if kind is not None}
        if claims & seen:
            raise _refused("list-service-twice", f"{service.name} is listed twice.")
        seen |= claims


def _require_successor(
    new: TrustList, previous: TrustList, *, now: datetime, acknowledged: frozenset[str]
) -> None:
    if new.sequence < previous.sequence:
        raise _refused(
            "list-sequence-lower",
            f"List {new.sequence} of {new.territory} is older than list {previous.sequence}, "
            "which is in force.",
            "5.3.2",
        )
    if new.sequence == previous.sequence:
        if new.digest != previous.digest:
            raise _refused(
                "list-sequence-reused",
                f"There is another list {new.sequence} of {new.territory} in force.",
                "5.3.2",
            )
        return
    if new.issued < previous.issued:
        raise _refused(
            "list-issued-earlier",
            f"List {new.sequence} of {new.territory} is issued before list {previous.sequence}.",
            "5.3.14",
        )
    for service in previous.services:
        if not service.keys <= acknowledged:
            _require_kept(service, new, previous=previous, now=now)


def _require_kept(service: Service, new: TrustList, *, previous: TrustList, now: datetime) -> None:
    """A service that was relied on may be withdrawn from a day on, never dropped or unmade.

    Withdrawal is a known status that starts after the issue of the list in force; signatures from
    before it stay what they were. Dropping the entry, a status or type that nobody knows, or a
    changed past would turn yesterday's evidence invalid without a word.
    """
    successors = [each for each in new.services if each.keys & service.keys]
    moments = {
        entry.since
        for each in (service, *successors)
        for entry in each.history
        if entry.since <= previous.issued
    }
    for kind in RELIED_ON:
        for moment in sorted(moments | {previous.issued}):
            if service.grants(kind, moment) and not any(
                each.grants(kind, moment) for each in successors
            ):
                raise _refused(
                    "list-service-removed",
                    f"List {new.sequence} of {new.territory} removes {service.name}, which was "
                    f"relied on as {kind} on {moment.date()}. {_named(new.alarms)}".strip(),
                )
        if service.grants(kind, now) and not any(
            each.grants(kind, now) or _withdrawn(each, now) for each in successors
        ):
            raise _refused(
                "list-service-removed",
                f"List {new.sequence} of {new.territory} removes {service.name}, which is relied "
                f"on as {kind}, without withdrawing it. {_named(new.alarms)}".strip(),
            )


def _withdrawn(service: Service, at: datetime) -> bool:
    """Whether the list says in so many words that the service is no longer to be relied on."""
    entry = service.entry_at(at)
    return entry is not None and entry.kind in RELIED_ON and entry.standing is Standing.NOT_GRANTED


def _alarms(services: Sequence[Service]) -> Iterator[Alarm]:
    for service in services:
        for entry in service.history:
            found: list[tuple[str, str]] = []
            if entry.kind is None:
                found.append(("unknown-type", f"has the unknown type {entry.service_type}"))
            if entry.standing is Standing.UNKNOWN:
                found.append(("unknown-status", f"has the unknown status {entry.status}"))
            if entry.obstacle and entry.kind in RELIED_ON:
                found.append(("obstacle", f"grants nothing because {entry.obstacle}"))
            for code, what in found:
                yield Alarm(
                    code=code,
                    service=service.name,
                    message=f"{service.name} {what} since {entry.since.date()}.",
                )


def _named(alarms: Sequence[Alarm]) -> str:
    return " ".join(alarm.message for alarm in alarms)


def _refused(code: str, message: str, clause: str | None = None) -> Refused:
    rule = None if clause is None else f"ETSI TS 119 612, {clause}"
    return Refused(message, code=code, rule=rule)


__all__ = [
    "CA_PKC",
    "DEPRECATED",
    "GRANTED",
    "RECOGNISED",
    "TSA",
    "WITHDRAWN",
    "Alarm",
    "Malformed",
    "Pins",
    "Refused",
    "Scheme",
    "Service",
    "ServiceKind",
    "StatusEntry",
    "TrustList",
    "as_pin",
    "build_list",
    "parse_list",
]
