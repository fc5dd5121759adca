"""What a tenderee seals and publishes: the notice and the tender document, as they stand in draft.

Between looking and publishing nothing is kept on the server but bytes in the store: a signed ticket
says which draft was looked at, at which moment it states, and what room was made for the seal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from signatures import store
from signatures.domain import jcs
from signatures.domain.errors import Conflict, Denied, Malformed, NotFound
from signatures.models import User
from signatures.paper.fields import Rendered
from trading import access
from trading.domain import paper_words, preparing
from trading.domain.acts import LotAct
from trading.domain.documents import PublishDocuments
from trading.domain.notices import DETAILS, PublishNotice, evaluation_digest
from trading.interfaces import preparing_page
from trading.interfaces.records import notice as records
from trading.interfaces.records import own_seal, sealing
from trading.models import Lot, Organisation, Preparation

NOTICE, DOCUMENTS = "notice", "documents"
WHAT = (NOTICE, DOCUMENTS)
SALT = "trading.publications"
#: How long a draft that was looked at can be sealed, in seconds: it states its moment.
LASTS = 30 * 60


@dataclass(frozen=True)
class Draft:
    """One publication as it stands now; ``basis`` is the digest of all that it says."""

    what: str
    lot: Lot
    drafts: Preparation
    sealer: Organisation

    @property
    def basis(self) -> str:
        said: dict[str, Any] = {
            "what": self.what,
            "lot": [self.lot.urn, self.lot.title, str(self.lot.estimate)],
            "sealer": self.sealer.urn,
            "evaluation": evaluation_digest(self.lot),
        }
        if self.what == NOTICE:
            said |= {"notice": self.drafts.notice, "dates": self.drafts.dates}
        else:
            said["files"] = [[one["title"], one["digest"]] for one in self.drafts.files]
            said["bill"] = self.drafts.bill
        return jcs.digest(said).hex()

    @property
    def dates(self) -> dict[str, datetime]:
        return preparing_page.moments(self.drafts.dates)

    @property
    def details(self) -> dict[str, str]:
        """What the notice says in words, in the order in which it says it."""
        said = self.drafts.notice
        return {name: said[name] for name in DETAILS if said.get(name)}

    @property
    def title(self) -> str:
        """The title under which it is published, unless another is given."""
        if self.what == NOTICE:
            return str(self.drafts.notice.get("title", ""))
        documents = paper_words.word(self.lot, "documents", "zh-hans")
        return f"{self.lot.project.title}{documents}"[:200]

    def rendered(self, at: datetime) -> Rendered:
        """Its pages for the moment ``at``: the same bytes for the same moment."""
        if self.what == NOTICE:
            record = records.notice_record(
                self.lot, dates=self.dates, at=at, details=self.details, sealer=self.sealer
            )
        else:
            record = records.tender_document_record(
                self.lot,
                at=at,
                files=self.drafts.files,
                bill=self.drafts.bill,
                sealer=self.sealer,
            )
        return sealing.draft(record, subject=self.lot.pk, at=at)

    def act(
        self,
        *,
        title: str,
        kept: store.Stored,
        seal: Mapping[str, Any],
        excepted: Mapping[str, Any] | None = None,
    ) -> LotAct:
        """The act that publishes these bytes; ``excepted`` is what is said of a notice's warnings.
        """
        values: dict[str, Any] = {
            "lot": self.lot.pk,
            "title": title,
            "digest": kept.sha256,
            "size": kept.size,
            "seal": dict(seal),
        }
        if self.what == NOTICE:
            values |= excepted or {}
            return PublishNotice(dates=self.dates, details=self.details, **values)
        files = self.drafts.files
        return PublishDocuments(
            evaluation=evaluation_digest(self.lot),
            attachments=preparing.files_digest(files) if files else "",
            bill=self.drafts.bill.get("digest", ""),
            **values,
        )


def draft(what: str, lot: Lot, person: User) -> Draft:
    """What this person would seal now: as the tenderee where they act for it, else as the agency.
    """
    if what not in WHAT:
        raise NotFound(_("There is nothing of this kind to publish."), code="no-such-publication")
    project = lot.project
    for party in (project.tenderee, project.agency):
        if party is not None and access.acts_for(person, party.pk):
            return Draft(what, lot, preparing.of(lot), party)
    raise Denied(
        _("Only the tenderee and its agency seal what is published."), code="wrong-organisation"
    )


# --- tickets -------------------------------------------------------------------------------------


def ticket(wanted: Draft, at: datetime) -> str:
    """A ticket for the draft as it stands: it can be looked at and sealed as of ``at``."""
    return signing.dumps([wanted.basis, jcs.timestamp(at)], salt=SALT)


def moment_of(text: str, wanted: Draft) -> datetime:
    """The moment of a ticket; :class:`Conflict` where the draft is another by now."""
    basis, at = _load(text, 2)
    _check(basis, wanted)
    return jcs.parse_timestamp(at)


def room_ticket(wanted: Draft, room: own_seal.Room) -> str:
    """A ticket for the room that was made for one certificate's seal in this draft."""
    said = [wanted.basis, jcs.timestamp(room.at), room.digest, room.certificate]
    return signing.dumps(said, salt=SALT)


def room_of(text: str, wanted: Draft) -> own_seal.Room:
    """The room of a ticket; :class:`Conflict` where the draft is another by now."""
    basis, at, digest, certificate = _load(text, 4)
    _check(basis, wanted)
    return own_seal.Room(digest, certificate, jcs.parse_timestamp(at))


def _load(text: str, length: int) -> list[str]:
    try:
        found = signing.loads(text, salt=SALT, max_age=LASTS)
    except signing.SignatureExpired:
        raise Conflict(
            _("You looked at this draft more than half an hour ago. Look at it again, then seal."),
            code="stale-draft",
        ) from None
    except signing.BadSignature:
        found = None
    if not isinstance(found, list) or len(found) != length:
        raise Malformed(
            _("The seal was not made in this page. Load the page anew and seal again."),
            code="bad-ticket",
        )
    return [str(each) for each in found]


def _check(basis: str, wanted: Draft) -> None:
    if basis != wanted.basis:
        raise Conflict(
            _("The draft was changed after you looked at it. Nothing was published; look at it as "
              "it stands now."),
            code="stale-draft",
        )
