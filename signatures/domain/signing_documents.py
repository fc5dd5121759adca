"""Documents that several people sign: laid out with all places at once, opened inside an act.

Upper floors open a document for a purpose and register what follows when everybody has signed.
Who acts for an organisation is theirs to say too: the ground knows people, certificates and URNs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from signatures import store
from signatures.domain.act import Scene
from signatures.domain.errors import NotFound
from signatures.domain.outside import require_outside_transaction
from signatures.models import SigningDocument, SigningField, User
from signatures.paper.fields import Rendered

OPEN_ACT = "signatures.open-document"
SEAL_FIELD = "Seal"

_SIGNER = re.compile(r"(?:org|user):[0-9a-f-]{36}")

#: What follows when a document is signed by all and sealed; runs inside the act that concludes it.
Completion = Callable[[Scene, SigningDocument], None]
#: The URNs of the organisations for which a person acts now.
Representation = Callable[[User], Iterable[str]]

_completions: dict[str, Completion] = {}
_representations: list[Representation] = []


@dataclass(frozen=True, kw_only=True)
class Signatory:
    """Who is to sign in which field of a rendered record.

    ``signer`` is ``user:<uuid>`` or ``org:<uuid>``; ``holder`` the name that is printed;
    ``credit_code`` is needed for an organisation, whose certificate must bear it. A document is
    complete when all ``required`` fields are signed.
    """

    field: str
    signer: str
    holder: str
    credit_code: str = ""
    required: bool = True


@dataclass(frozen=True, kw_only=True)
class Place:
    """A signatory's field as it was laid out; ``seal`` for a round one."""

    signatory: Signatory
    seal: bool


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A document in the store (SHA-256 in hex, size in bytes) with empty fields for everybody."""

    digest: str
    size: int
    seal_field: str
    places: tuple[Place, ...]


def on_complete(purpose: str, function: Completion) -> None:
    """Say what follows when a document of this purpose is signed by all and sealed.

    ``function(scene, document)`` runs inside the act ``signatures.conclude-document`` of the
    process ``worker``; what it raises undoes that act alone, and the sealed document stays. It is
    called again later and must find for itself whether there is anything left to do.
    """
    if _completions.get(purpose, function) is not function:
        raise RuntimeError(f"Two functions wait for the purpose {purpose}.")
    _completions[purpose] = function


def completion(purpose: str) -> Completion:
    """What was registered for a purpose."""
    return _completions[purpose]


def register_representation(function: Representation) -> None:
    """Say for which organisations people act; their certificates' codes are checked here."""
    _representations.append(function)


def capacities(user: User) -> frozenset[str]:
    """The URNs as which a person may sign: their own and their organisations'."""
    found = {urn for function in _representations for urn in function(user)}
    return frozenset({user.urn, *found})


def lay_out(
    rendered: Rendered, signatories: Iterable[Signatory], *, seal_field: str = SEAL_FIELD
) -> Plan:
    """Put a rendered record with all its empty fields into the store; never in a transaction.

    The record must have a field for each signatory and one for the platform's seal, which is
    signed last, and no other. Raises ``ValueError`` where it has not.
    """
    require_outside_transaction("Laying out a document for signatures")
    wanted = list(signatories)
    boxes = {box.name: box for box in rendered.fields}
    names = [each.field for each in wanted]
    if sorted([*names, seal_field]) != sorted(boxes):
        raise ValueError(f"The record has the fields {sorted(boxes)}, not {sorted(names)}.")
    for each in wanted:
        if not _SIGNER.fullmatch(each.signer):
            raise ValueError(f"{each.signer!r} is no signer.")
        if each.signer.startswith("org:") and not each.credit_code:
            raise ValueError(f"{each.holder} signs without a credit code.")
    if not any(each.required for each in wanted):
        raise ValueError("Nobody has to sign the document.")
    kept = store.put(rendered.with_fields())
    return Plan(
        digest=kept.sha256,
        size=kept.size,
        seal_field=seal_field,
        places=tuple(Place(signatory=each, seal=boxes[each.field].seal) for each in wanted),
    )


def open_document(
    scene: Scene,
    *,
    plan: Plan,
    purpose: str,
    title: str,
    subject: str,
    facts: Mapping[str, Any] | None = None,
) -> SigningDocument:
    """Open a laid-out document for signing, inside an act.

    ``purpose`` must have been registered by :func:`on_complete`; ``subject`` is the URN of what
    it is about, ``facts`` a small JSON for whoever concludes it.
    """
    completion(purpose)
    document = SigningDocument.objects.create(
        purpose=purpose,
        title=title,
        subject=subject,
        facts=dict(facts or {}),
        original=plan.digest,
        digest=plan.digest,
        size=plan.size,
        seal_field=plan.seal_field,
        opened_at=scene.now,
    )
    SigningField.objects.bulk_create(
        SigningField(
            document=document,
            name=place.signatory.field,
            position=position,
            signer=place.signatory.signer,
            holder=place.signatory.holder,
            credit_code=place.signatory.credit_code,
            seal=place.seal,
            required=place.signatory.required,
        )
        for position, place in enumerate(plan.places)
    )
    scene.enter(
        subject=subject,
        act=OPEN_ACT,
        public=False,
        digests={"document": plan.digest},
        context={
            "signing": document.urn,
            "purpose": purpose,
            "fields": {place.signatory.field: place.signatory.signer for place in plan.places},
        },
    )
    return document


def document_for(pk: UUID, *, viewer: User) -> SigningDocument:
    """A document in which the viewer has a place; :class:`NotFound` for everybody else."""
    row = SigningDocument.objects.filter(pk=pk, fields__signer__in=capacities(viewer)).first()
    if row is None:
        raise NotFound(
            _("There is no such document to sign, or you have no place in it."),
            code="no-such-document",
        )
    return row


def documents_of(viewer: User, *, subject: str = "") -> list[SigningDocument]:
    """The documents in which the viewer has a place, newest first, at most a hundred."""
    rows = SigningDocument.objects.filter(fields__signer__in=capacities(viewer)).distinct()
    if subject:
        rows = rows.filter(subject=subject)
    return list(rows.order_by("-opened_at", "-id")[:100])


def place(document: SigningDocument, name: str) -> SigningField:
    """One place of a document by its name; raises :class:`NotFound`."""
    row = document.fields.filter(name=name).first()
    if row is None:
        raise NotFound(
            _("The document has no place “%(name)s” for a signature.") % {"name": name},
            code="no-such-field",
        )
    return row
