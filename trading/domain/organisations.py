"""Organisations and who acts for them: registered by anybody, verified by the trading centre.

What a person may do comes from the organisations that they are members of, so registering,
verifying and granting are acts with their leaves in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading import access
from trading.domain import credit_code, grounds, memberships, messages
from trading.enums import MemberRole, OrganisationKind
from trading.models import Membership, Organisation

#: Kinds that carry duties towards others: only the centre or the platform's set-up grants them.
TRUSTED_KINDS = frozenset(
    {OrganisationKind.CENTRE, OrganisationKind.SUPERVISOR, OrganisationKind.NOTARY}
)

#: The longest reason that a decision at the desk may give.
MAX_REASON = 500
BLOCKED = grounds.declare("kept-out", step="trading.record-download")


def checked_reason(reason: str, *, required: bool = False) -> str:
    """The reason without blanks around it; raises :class:`Malformed`. It stands in the ledger for
    ever, so it names no third person."""
    reason = reason.strip()
    if (required and not reason) or len(reason) > MAX_REASON:
        raise Malformed(
            _("Give the reason in 1 to %(most)d characters.") % {"most": MAX_REASON},
            code="bad-reason",
        )
    return reason


def checked_code(code: str) -> str:
    """The credit code in its normal form; raises :class:`Malformed` in the reader's language."""
    try:
        return credit_code.check(code)
    except credit_code.CreditCodeError as error:
        if error.code == "bad-check-character":
            text = _(
                "The last character of this unified social credit code does not fit the others. "
                "Compare it with the business licence, character by character."
            )
        else:
            text = _(
                "A unified social credit code has 18 characters: digits and capital letters "
                "without I, O, S, V and Z, with the region's six digits from the third on."
            )
        raise Malformed(text, code=error.code, rule="GB 32100-2015") from error


def checked_kinds(kinds: tuple[str, ...]) -> list[str]:
    """The kinds without repeats, in the order of the closed list; at least one."""
    unknown = sorted(set(kinds) - set(OrganisationKind.values))
    if unknown or not kinds:
        raise Malformed(
            _("Say what the organisation is; choose from: %(kinds)s.")
            % {"kinds": ", ".join(OrganisationKind.values)},
            code="bad-kind",
        )
    return [kind for kind in OrganisationKind.values if kind in kinds]


@command("trading.register-organisation")
@dataclass(frozen=True, kw_only=True)
class RegisterOrganisation(Act):
    """Enter a legal person with its name and unified social credit code.

    A person who registers one becomes its manager. It acts only once it is verified. Kinds in
    :data:`TRUSTED_KINDS` are granted by the centre alone. Result: ``{"organisation": uuid}``.
    """

    legal_name: str
    credit_code: str
    kinds: tuple[str, ...]
    region: str = ""

    def permit(self, actor: Actor) -> None:
        if actor.user is None or memberships.is_operator(actor.user):
            return
        if not actor.user.is_active:
            raise Denied(_("Your account is closed. Ask the trading centre."))
        if TRUSTED_KINDS & set(self.kinds):
            raise Denied(
                _("Trading centres, supervisors and notaries are entered by the trading centre.")
            )

    def decide(self, scene: Scene) -> Result:
        name = " ".join(self.legal_name.split())
        if not 2 <= len(name) <= 200:
            raise Malformed(
                _("Give the organisation's full name as on its licence, 2 to 200 characters."),
                code="bad-name",
            )
        if len(self.region) > 40:
            raise Malformed(_("A region's name has at most 40 characters."), code="bad-region")
        code = checked_code(self.credit_code)
        kinds = checked_kinds(self.kinds)
        try:
            with transaction.atomic():
                organisation = Organisation.objects.create(
                    name=name,
                    credit_code=code,
                    kinds=kinds,
                    region=self.region.strip(),
                    registered_at=scene.now,
                )
        except IntegrityError:
            raise Refused(
                _(
                    "An organisation with the code %(code)s is registered already. "
                    "Ask its manager to add you."
                )
                % {"code": code},
                code="credit-code-taken",
            ) from None
        receipt_for = [organisation.urn]
        if scene.actor.user is not None and not memberships.is_operator(scene.actor.user):
            Membership.objects.create(
                user=scene.actor.user,
                organisation=organisation,
                role=MemberRole.MANAGER,
                since=scene.now,
            )
            receipt_for.append(scene.actor.user.urn)
        scene.enter(
            subject=organisation.urn, context={"kinds": kinds}, receipt_for=tuple(receipt_for)
        )
        return {"organisation": str(organisation.pk)}


@dataclass(frozen=True, kw_only=True)
class _OrganisationAct(Act):
    """An act on one organisation, whose row it locks."""

    organisation: UUID

    def lock(self) -> Organisation:
        row = (
            Organisation.objects.select_for_update()
            .filter(pk=self.organisation)
            .order_by("pk")
            .first()
        )
        if row is None:
            raise NotFound(_("There is no such organisation."), code="no-such-organisation")
        return row


@dataclass(frozen=True, kw_only=True)
class _Decision(_OrganisationAct):
    """The trading centre's decision on a registration; nobody decides on their own organisation."""

    def permit(self, actor: Actor) -> None:
        if actor.user is None:
            return
        if not memberships.is_operator(actor.user):
            raise Denied(_("Organisations are verified by the trading centre."))
        if access.acts_for(actor.user, self.organisation):
            raise Denied(_("Somebody else must verify an organisation that you belong to."))


@command("trading.verify-organisation")
@dataclass(frozen=True, kw_only=True)
class VerifyOrganisation(_Decision):
    """The trading centre has compared the registration with the licence; from now on it acts.

    Nobody verifies an organisation of which they are a member. Result: ``{"organisation": uuid}``.
    """

    def decide(self, scene: Scene) -> Result:
        organisation: Organisation = scene.subject
        if organisation.verified_at is not None:
            raise Refused(
                _("%(name)s is verified already.") % {"name": organisation.name},
                code="already-verified",
            )
        organisation.verified_at, organisation.refused_at = scene.now, None
        organisation.save(update_fields=["verified_at", "refused_at"])
        scene.enter(subject=organisation.urn, receipt_for=(organisation.urn,))
        messages.send(
            scene,
            to=[organisation],
            template="organisation-verified",
            context={"organisation": organisation.name},
        )
        return {"organisation": str(organisation.pk)}


@command("trading.refuse-organisation")
@dataclass(frozen=True, kw_only=True)
class RefuseOrganisation(_Decision):
    """The registration does not fit the licence; its people are told why.

    It stays registered and cannot act; once the ground is gone it may be verified after all.
    Result: ``{"organisation": uuid}``.
    """

    reason: str

    def decide(self, scene: Scene) -> Result:
        organisation: Organisation = scene.subject
        reason = checked_reason(self.reason, required=True)
        if organisation.verified_at is not None:
            raise Refused(
                _("%(name)s is verified already.") % {"name": organisation.name},
                code="already-verified",
            )
        organisation.refused_at = scene.now
        organisation.save(update_fields=["refused_at"])
        scene.enter(
            subject=organisation.urn, context={"reason": reason}, receipt_for=(organisation.urn,)
        )
        messages.send(
            scene,
            to=[organisation],
            template="organisation-refused",
            context={"organisation": organisation.name, "reason": reason},
        )
        return {"organisation": str(organisation.pk)}


@dataclass(frozen=True, kw_only=True)
class _MembershipAct(_OrganisationAct):
    """An act on one person's role in one organisation, by its manager or the centre."""

    person: UUID
    role: str
    reason: str = ""

    def permit(self, actor: Actor) -> None:
        if actor.user is None or memberships.is_operator(actor.user):
            return
        if not memberships.manages(actor.user, self.organisation):
            raise Denied(_("Only a manager of the organisation says who acts for it."))

    def checked_role(self) -> MemberRole:
        try:
            return MemberRole(self.role)
        except ValueError:
            raise Malformed(
                _("There is no role %(role)s; choose from: %(roles)s.")
                % {"role": self.role, "roles": ", ".join(MemberRole.values)},
                code="bad-role",
            ) from None

    def context(self, person: User, role: MemberRole) -> dict[str, Any]:
        reason = checked_reason(self.reason)
        return {"person": person.urn, "role": role.value, **({"reason": reason} if reason else {})}


@command("trading.grant-membership")
@dataclass(frozen=True, kw_only=True)
class GrantMembership(_MembershipAct):
    """Let a person act for the organisation in a role, from now on.

    ``mobile`` is the number for text messages about its business. Result: ``{"membership": id}``.
    """

    mobile: str = ""

    def decide(self, scene: Scene) -> Result:
        organisation: Organisation = scene.subject
        role = self.checked_role()
        person = User.objects.filter(pk=self.person, is_active=True).first()
        if person is None:
            raise NotFound(_("There is no such person."), code="no-such-person")
        if len(self.mobile) > 20:
            raise Malformed(_("A mobile number has at most 20 characters."), code="bad-mobile")
        if Membership.objects.filter(
            user=person, organisation=organisation, role=role, until__isnull=True
        ).exists():
            raise Refused(_("The person has this role already."), code="already-member")
        row = Membership.objects.create(
            user=person, organisation=organisation, role=role, mobile=self.mobile, since=scene.now
        )
        scene.enter(
            subject=organisation.urn,
            context=self.context(person, role),
            receipt_for=(organisation.urn, person.urn),
        )
        return {"membership": row.pk}


@command("trading.end-membership")
@dataclass(frozen=True, kw_only=True)
class EndMembership(_MembershipAct):
    """Take a person's role in the organisation away, from now on.

    The last manager stays until another is granted, unless the centre decides. Result:
    ``{"membership": id}``.
    """

    def decide(self, scene: Scene) -> Result:
        organisation: Organisation = scene.subject
        role = self.checked_role()
        open_roles = Membership.objects.filter(organisation=organisation, until__isnull=True)
        row = open_roles.filter(user_id=self.person, role=role).select_related("user").first()
        if row is None:
            raise NotFound(_("The person does not have this role."), code="no-such-membership")
        user = scene.actor.user
        by_member = user is not None and not memberships.is_operator(user)
        last = role == MemberRole.MANAGER and open_roles.filter(role=role).count() == 1
        if by_member and last:
            raise Refused(
                _("This is the organisation's only manager. Grant another one first."),
                code="last-manager",
            )
        row.until = scene.now
        row.save(update_fields=["until"])
        scene.enter(
            subject=organisation.urn,
            context=self.context(row.user, role),
            receipt_for=(organisation.urn, row.user.urn),
        )
        return {"membership": row.pk}
