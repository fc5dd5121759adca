"""Acts about trust lists: pinning who may sign them, taking versions in, remembering refusals.

A list is fetched, kept and judged before its act, outside any transaction; the act makes sure
that what was judged still holds. A list needs nobody's consent beyond the pin of its signer, so
the clock process takes in new versions by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from asn1crypto import x509
from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import jcs, trust_store
from signatures.domain.act import Act, Actor, Result, Scene, command, dispatch
from signatures.domain.clock import Clock, platform
from signatures.domain.errors import Conflict, Denied, Malformed, NotFound, Refused
from signatures.domain.recognition import changes
from signatures.domain.trustlist import TrustList, parse_list
from signatures.domain.tsl_shape import MAX_BYTES
from signatures.models import User
from signatures.models.trust import AcceptedTrustList, ListSigner, RefusedTrustList

PROCESSES = frozenset({"process:founder", "process:clock"})

_operators: list[Callable[[User], bool]] = []


def register_operator(is_operator: Callable[[User], bool]) -> None:
    """Say who may decide whose lists are believed; the floor above knows the operator's people."""
    _operators.append(is_operator)


def _require_operator(actor: Actor) -> None:
    if actor.urn in PROCESSES:
        return
    user = actor.user
    if user is None or not any(is_operator(user) for is_operator in _operators):
        raise Denied(_("Only the trading centre decides whose trust lists are believed."))


@command("signatures.pin-list-signer")
@dataclass(frozen=True, kw_only=True)
class PinListSigner(Act):
    """Believe lists of ``territory`` that this certificate (DER) signs, published at ``location``.

    Result: ``{"list_signer": uuid}``.
    """

    public: ClassVar[bool] = True
    territory: str
    certificate: bytes
    location: str = ""

    def permit(self, actor: Actor) -> None:
        _require_operator(actor)

    def lock(self) -> None:
        _lock_territory(self.territory)

    def decide(self, scene: Scene) -> Result:
        if not 2 <= len(self.territory) <= 10 or not self.territory.isascii():
            raise Malformed(_("A territory is a code such as CN-SD."), code="bad-territory")
        try:
            x509.Certificate.load(self.certificate, strict=True).native  # noqa: B018
        except (ValueError, TypeError, KeyError) as error:
            raise Malformed(
                _("The list signer's certificate cannot be read."), code="bad-certificate"
            ) from error
        fingerprint = hashlib.sha256(self.certificate).hexdigest()
        row, made = ListSigner.objects.get_or_create(
            territory=self.territory,
            fingerprint=fingerprint,
            defaults={
                "der": self.certificate,
                "location": self.location,
                "pinned_at": scene.now,
            },
        )
        if not made:
            raise Conflict(_("This certificate is or was pinned already."), code="pinned-already")
        scene.enter(
            subject=row.urn,
            digests={"certificate": fingerprint},
            context={"territory": self.territory},
        )
        return {"list_signer": str(row.pk)}


@command("signatures.unpin-list-signer")
@dataclass(frozen=True, kw_only=True)
class UnpinListSigner(Act):
    """Believe no list any more that this certificate signed; it cannot be pinned again."""

    public: ClassVar[bool] = True
    list_signer: UUID

    def permit(self, actor: Actor) -> None:
        _require_operator(actor)

    def lock(self) -> ListSigner:
        row = ListSigner.objects.select_for_update().filter(pk=self.list_signer).first()
        if row is None:
            raise NotFound(_("There is no such list signer."), code="no-such-list-signer")
        return row

    def decide(self, scene: Scene) -> Result:
        row: ListSigner = scene.subject
        if row.withdrawn_at is not None:
            raise Refused(_("This list signer is withdrawn already."), code="unpinned-already")
        row.withdrawn_at = scene.now
        row.save(update_fields=["withdrawn_at"])
        scene.enter(subject=row.urn, context={"territory": row.territory})
        return {}


@command("signatures.accept-trust-list")
@dataclass(frozen=True, kw_only=True)
class AcceptTrustList(Act):
    """Put a judged version of a territory's list into force. Dispatched by :func:`take_in` only.

    ``follows`` is the digest of the version that it was judged against, empty for the first.
    Result: ``{"trust_list": uuid}``.
    """

    public: ClassVar[bool] = True
    territory: str
    sequence: int
    digest: str
    signer: str
    operator: str
    issued: datetime
    next_update: datetime
    follows: str
    alarms: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def permit(self, actor: Actor) -> None:
        _require_operator(actor)

    def lock(self) -> None:
        _lock_territory(self.territory)

    def decide(self, scene: Scene) -> Result:
        pinned = set(
            ListSigner.objects.filter(
                territory=self.territory, withdrawn_at__isnull=True
            ).values_list("fingerprint", flat=True)
        )
        if self.signer not in pinned:
            raise Refused(
                _("The list's signer is no longer pinned for its territory."),
                code="list-signer-not-pinned",
            )
        versions = AcceptedTrustList.objects.filter(territory=self.territory)
        last = versions.filter(signer__in=pinned).order_by("-sequence").first()
        if (last.digest if last is not None else "") != self.follows:
            raise Conflict(
                _("Another version was taken in meanwhile. Judge the list again."),
                code="list-superseded",
            )
        if versions.filter(sequence__gte=self.sequence).exists():
            raise Refused(
                _("This or a later version was taken in before."), code="list-sequence-lower"
            )
        if self.next_update <= scene.now:
            raise Refused(_("The list has expired meanwhile."), code="list-expired")
        row = AcceptedTrustList.objects.create(
            territory=self.territory,
            sequence=self.sequence,
            digest=self.digest,
            signer=self.signer,
            operator=self.operator,
            issued_at=self.issued,
            next_update_at=self.next_update,
            accepted_at=scene.now,
            alarms=list(self.alarms),
            changes=list(self.changes),
        )
        scene.enter(
            subject=row.urn,
            digests={"list": self.digest, "signer": self.signer},
            context={
                "territory": self.territory,
                "sequence": self.sequence,
                "next_update": jcs.timestamp(self.next_update),
                "alarms": len(self.alarms),
            },
        )
        return {"trust_list": str(row.pk)}


@command("signatures.refuse-trust-list")
@dataclass(frozen=True, kw_only=True)
class RefuseTrustList(Act):
    """Remember that a list was turned away and why; once for one list and reason."""

    public: ClassVar[bool] = True
    territory: str
    digest: str
    code: str
    reason: str

    def permit(self, actor: Actor) -> None:
        _require_operator(actor)

    def decide(self, scene: Scene) -> Result:
        row = RefusedTrustList.objects.create(
            territory=self.territory,
            digest=self.digest,
            code=self.code,
            reason=self.reason,
            refused_at=scene.now,
        )
        scene.enter(
            subject=row.urn,
            digests={"list": self.digest},
            context={"territory": self.territory, "code": self.code},
        )
        return {"refusal": str(row.pk)}


@dataclass(frozen=True)
class Taken:
    """What became of a list: the version in force now, and whether it is a new one."""

    trust_list: TrustList
    new: bool


def take_in(
    data: bytes,
    *,
    territory: str,
    actor: Actor,
    clock: Clock = platform,
    acknowledged: Collection[str] = (),
) -> Taken:
    """Judge a list for ``territory`` and put it into force.

    The version in force again changes nothing. A refusal is remembered (an alarm for whoever
    looks at the lists) and raised; the version in force stays. ``acknowledged`` as for
    :func:`signatures.domain.trustlist.parse_list`. Not to be called inside a transaction.
    """
    _require_operator(actor)
    now = clock.read()
    previous = trust_store.newest(territory)
    try:
        accepted = parse_list(
            data,
            pins=trust_store.pins(),
            now=now,
            previous=previous,
            territory=territory,
            acknowledged=acknowledged,
        )
    except (Refused, Malformed) as error:
        _remember(data, territory=territory, error=error, actor=actor, clock=clock)
        raise
    if previous is not None and accepted.digest == previous.digest:
        return Taken(previous, new=False)
    store.put(data, limit=MAX_BYTES)
    dispatch(_acceptance(accepted, previous), actor=actor, clock=clock)
    return Taken(accepted, new=True)


def _acceptance(accepted: TrustList, previous: TrustList | None) -> AcceptTrustList:
    return AcceptTrustList(
        territory=accepted.territory,
        sequence=accepted.sequence,
        digest=accepted.digest,
        signer=accepted.signer,
        operator=accepted.operator,
        issued=accepted.issued,
        next_update=accepted.next_update,
        follows="" if previous is None else previous.digest,
        alarms=tuple(alarm.message for alarm in accepted.alarms),
        changes=tuple(f"{each.service} {each.what}." for each in changes(previous, accepted)),
    )


def _remember(
    data: bytes, *, territory: str, error: Refused | Malformed, actor: Actor, clock: Clock
) -> None:
    known: dict[str, Any] = {
        "territory": territory,
        "digest": hashlib.sha256(data).hexdigest(),
        "code": error.code,
    }
    if not RefusedTrustList.objects.filter(**known).exists():
        dispatch(RefuseTrustList(**known, reason=str(error)), actor=actor, clock=clock)


def _lock_territory(territory: str) -> None:
    """One act a territory at a time; on SQLite the whole database is one writer's anyway."""
    list(
        ListSigner.objects.select_for_update()
        .filter(territory=territory)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
