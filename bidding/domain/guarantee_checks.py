"""What the opening finds out about a guarantee that lay in a bid: check by check, for people.

A check advises: whether a bid without a good guarantee is rejected is for the committee, by the
documents. Only where signature, guarantor, tender or one of the parties is wrong, nothing is held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bidding.domain import enclosed
from bidding.domain.enclosed import Unreadable
from bidding.kit.guarantee import FILE_NAME, MAX_FILE, SLOTS, Guarantee, GuaranteeFile
from bidding.kit.manifest import FileEntry
from bidding.models import Envelope
from signatures import store
from signatures.domain import jcs, platform, statements, trust_store
from signatures.domain.assess import assess
from signatures.domain.assessment import Assessment
from signatures.domain.clock import Clock
from signatures.domain.clock import platform as platform_clock
from signatures.domain.errors import SunlitError
from signatures.domain.outside import require_outside_transaction
from signatures.models import UserCertificate
from trading import access
from trading.domain import calendar, security_asked
from trading.domain.signed import UNSETTLED
from trading.enums import OrganisationKind
from trading.models import Lot, Organisation

SIGNATURE, GUARANTOR, TENDER = "signature", "guarantor", "tender"
TENDERER, BENEFICIARY = "tenderer", "beneficiary"
AMOUNT, BEGINS, LASTS, DOCUMENT = "amount", "begins", "lasts", "document"
#: Where one of these does not hold, the guarantee secures nothing here.
NEEDED = frozenset({SIGNATURE, GUARANTOR, TENDER, TENDERER, BENEFICIARY})


@dataclass(frozen=True, kw_only=True)
class Found:
    """A guarantee with what its checks found; ``findings`` are ``(check, holds)`` in order.

    ``guarantor`` is the recognised organisation's id, None where there is none. The digests are
    of files in the store.
    """

    guarantee: Guarantee
    findings: tuple[tuple[str, bool | None], ...]
    guarantor: str | None
    statement: str
    signature: str
    assessment: str

    @property
    def is_sound(self) -> bool:
        """Whether a security is held by it."""
        return not any(holds is False and check in NEEDED for check, holds in self.findings)


def examine(
    row: Envelope,
    files: Sequence[tuple[FileEntry, Path]],
    *,
    clock: Clock = platform_clock,
) -> Found | Unreadable | None:
    """Read and check the guarantee among an opened envelope's files; None where there is none.

    Never raises for what a tenderer or a guarantor wrote.
    """
    require_outside_transaction("Checking a guarantee")
    given = enclosed.read(
        row, files, name=FILE_NAME, slots=SLOTS, most=MAX_FILE, parse=_parse
    )
    if given is None or isinstance(given, Unreadable):
        return given
    file, guarantee = given
    assessment = assess(
        file.statement,
        kind="statement",
        signature=file.signature,
        at=clock.read(),
        policy=trust_store.policy(now=clock.read()),
    )
    guarantor = _guarantor(guarantee, file)
    return Found(
        guarantee=guarantee,
        findings=tuple(
            _findings(row, guarantee, assessment, guarantor, [entry for entry, _path in files])
        ),
        guarantor=None if guarantor is None else str(guarantor.pk),
        statement=store.put(file.statement).sha256,
        signature=store.put(file.signature).sha256,
        assessment=store.put(jcs.dumps(assessment.as_dict())).sha256,
    )


def _parse(data: bytes) -> tuple[GuaranteeFile, Guarantee]:
    file = GuaranteeFile.parse(data)
    return file, Guarantee.parse(file.statement)


def _guarantor(guarantee: Guarantee, file: GuaranteeFile) -> Organisation | None:
    """The recognised guarantor of that code for whom the certificate's holder acts."""
    try:
        certificate = statements.check_signature(file.statement, file.signature)
    except SunlitError:
        return None
    fingerprint = hashlib.sha256(certificate.dump()).hexdigest()
    held = UserCertificate.objects.filter(fingerprint=fingerprint, withdrawn_at__isnull=True)
    row = held.select_related("user").first()
    if row is None:
        return None
    return next(
        (
            one
            for one in access.organisations_of(row.user)
            if one.credit_code == guarantee.guarantor.code
            and OrganisationKind.GUARANTOR in one.kinds
            and access.is_verified(one)
        ),
        None,
    )


def _findings(
    row: Envelope,
    guarantee: Guarantee,
    assessment: Assessment,
    guarantor: Organisation | None,
    entries: Iterable[FileEntry],
) -> Iterable[tuple[str, bool | None]]:
    bid = row.version.bid
    lot: Lot = bid.lot
    unknown = assessment.sub_indication in UNSETTLED
    yield SIGNATURE, None if unknown else assessment.is_valid
    yield GUARANTOR, guarantor is not None
    yield TENDER, guarantee.lot == lot.urn and guarantee.origin == platform.origin()
    yield TENDERER, guarantee.principal.code == bid.tenderer.credit_code
    yield BENEFICIARY, guarantee.beneficiary.code == lot.project.tenderee.credit_code
    asked, last = security_asked.of(lot), security_asked.last_day(lot)
    if asked is not None:
        yield AMOUNT, guarantee.amount >= asked.amount
    if last is not None:
        deadline = jcs.parse_timestamp(lot.dates["deadline"])
        yield BEGINS, guarantee.valid_from <= calendar.local_day(deadline)
        yield LASTS, guarantee.valid_until >= last
    if guarantee.document is not None:
        yield DOCUMENT, any(entry.sha256 == guarantee.document for entry in entries)
