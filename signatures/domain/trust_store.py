"""The trust lists in force: what was taken in, read back from the store by its digest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from asn1crypto import x509
from django.db import DatabaseError

from signatures import store
from signatures.domain import clock, services
from signatures.domain.policy import Policy
from signatures.domain.trust import Explanation, Recognition, why
from signatures.domain.trustlist import Pins, ServiceKind, TrustList, parse_list
from signatures.models.trust import AcceptedTrustList, ListSigner


def pins() -> Pins:
    """Territory -> the certificates that may sign its list now."""
    found: defaultdict[str, list[x509.Certificate]] = defaultdict(list)
    for row in ListSigner.objects.filter(withdrawn_at__isnull=True).order_by("territory", "pk"):
        found[row.territory].append(x509.Certificate.load(bytes(row.der)))
    return dict(found)


def newest(territory: str) -> TrustList | None:
    """The newest version that was taken in for a territory, expired or not.

    A version whose signer is no longer pinned is passed over: the operator has withdrawn it.
    """
    pinned = pins().get(territory, [])
    signers = {certificate.sha256.hex() for certificate in pinned}
    row = (
        AcceptedTrustList.objects.filter(territory=territory, signer__in=signers)
        .order_by("-sequence")
        .first()
    )
    return None if row is None else _read(row.territory, row.digest, row.signer, row.accepted_at)


def recognition(*, now: datetime) -> Recognition:
    """Whom the lists in force at ``now`` recognise."""
    found = (newest(territory) for territory in pins())
    return Recognition.of([each for each in found if each is not None], now=now)


def policy(*, now: datetime, online: bool = True) -> Policy:
    """What an assessment rests on: the lists in force and, ``online``, the sources they name."""
    return Policy.of(recognition(now=now), fetcher=services.fetcher() if online else None)


def source(online: bool) -> Policy | None:
    """For :func:`signatures.domain.verify.register_source`; None without a database."""
    try:
        return policy(now=clock.now(), online=online)
    except DatabaseError:
        return None


def explain(
    certificate: x509.Certificate,
    *,
    at: datetime,
    now: datetime,
    others: Iterable[x509.Certificate] = (),
    kind: ServiceKind = ServiceKind.CA,
) -> Explanation:
    """:func:`signatures.domain.trust.why` by the lists in force at ``now``."""
    known = recognition(now=now)
    lists = (*known.lists, *known.expired)
    return why(certificate, at=at, now=now, lists=lists, others=others, kind=kind)


@lru_cache(maxsize=64)
def _read(territory: str, digest: str, signer: str, accepted_at: datetime) -> TrustList:
    """A version as it was when it was taken in; its signature is checked again, on its bytes."""
    row = ListSigner.objects.get(territory=territory, fingerprint=signer)
    certificate = x509.Certificate.load(bytes(row.der))
    return parse_list(store.read(digest), pins={territory: [certificate]}, now=accepted_at)
