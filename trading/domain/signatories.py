"""Organisations and people as signatories of documents that several sign."""

from __future__ import annotations

from signatures.domain.signing_documents import Signatory
from signatures.models import User
from trading import access
from trading.models import Organisation


def represented(user: User) -> list[str]:
    """The URNs of the organisations for which a person signs."""
    return [organisation.urn for organisation in access.organisations_of(user)]


def of_organisation(organisation: Organisation, field: str, *, required: bool = True) -> Signatory:
    """The organisation's own place: anybody who acts for it signs, with its certificate."""
    return Signatory(
        field=field,
        signer=organisation.urn,
        holder=organisation.name,
        credit_code=organisation.credit_code,
        required=required,
    )


def of_person(user: User, field: str, *, required: bool = True) -> Signatory:
    """A person's own place, signed with any certificate that is bound to them."""
    return Signatory(
        field=field, signer=user.urn, holder=user.get_full_name(), required=required
    )
