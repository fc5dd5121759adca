"""The closed lists of the floor: kinds of organisation, roles, states.

Stages are not here: they belong to the procedure files. Each value is what the database, the
ledger and the procedure files write; the label is for people.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext


class OrganisationKind(models.TextChoices):
    """What an organisation may be on the platform; one may be several."""

    TENDEREE = "tenderee", _("tenderee")
    AGENCY = "agency", _("tendering agency")
    TENDERER = "tenderer", _("tenderer")
    GUARANTOR = "guarantor", _("guarantor")
    SUPERVISOR = "supervisor", _("supervisor")
    CENTRE = "centre", _("trading centre")
    NOTARY = "notary", _("notary")


class MemberRole(models.TextChoices):
    """What a person is in an organisation. Managers also look after its people."""

    MANAGER = "manager", _("manager")
    CLERK = "clerk", _("clerk")
    LEGAL_REPRESENTATIVE = "legal-representative", _("legal representative")


#: The name by which the rest of the house knows a member's role.
Role = MemberRole


class LotRole(models.TextChoices):
    """What somebody is to one lot; procedure files and audiences write these names."""

    TENDEREE = "tenderee", _("tenderee")
    AGENCY = "agency", _("tendering agency")
    PROSPECT = "prospect", _("potential tenderer")
    INVITEE = "invitee", _("invitee")
    TENDERER = "tenderer", _("tenderer")
    TRUSTEE = "trustee", _("trustee of the seal")
    EVALUATOR = "evaluator", _("evaluator")
    PANELLIST = "panellist", _("member of the award panel")
    SUPERVISOR = "supervisor", _("supervisor")
    INSPECTOR = "inspector", _("inspector")
    NOTARY = "notary", _("notary")
    ARCHIVIST = "archivist", _("archivist")
    OPERATOR = "operator", _("operator")
    CLOCK = "clock", _("the clock")

    @classmethod
    def named(cls, roles: Iterable[str]) -> str:
        """These roles in the order of this list, for people to read."""
        known = set(roles)
        return pgettext("list", ", ").join(str(role.label) for role in cls if role in known)


#: The audience of an exhibit that everybody may read, signed in or not.
PUBLIC = "public"

#: Roles that follow from the kind of a verified organisation, on every lot, without assignment.
STANDING_ROLES = {
    OrganisationKind.TENDERER: LotRole.PROSPECT,
    OrganisationKind.SUPERVISOR: LotRole.SUPERVISOR,
    OrganisationKind.CENTRE: LotRole.OPERATOR,
}

#: Roles that an act assigns; the others follow from an organisation's kind or are the clock's.
ASSIGNABLE_ROLES = frozenset(LotRole) - {LotRole.PROSPECT, LotRole.CLOCK, LotRole.OPERATOR}


class LotState(models.TextChoices):
    """Whether a lot runs; its stage says how far it came."""

    ACTIVE = "active", _("running")
    SUSPENDED = "suspended", _("suspended")
    TERMINATED = "terminated", _("terminated")
    FAILED = "failed", _("failed; to be tendered again")
    ARCHIVED = "archived", _("archived")


class DocumentKind(models.TextChoices):
    """What a published document of a lot is."""

    NOTICE = "notice", _("tender notice")
    PREQUALIFICATION = "prequalification", _("prequalification document")
    TENDER_DOCUMENT = "tender-document", _("tender document")
    CLARIFICATION = "clarification", _("clarification")
    ATTACHMENT = "attachment", _("attachment")
    BILL = "bill", _("bill of quantities")


class EntryKind(models.TextChoices):
    """What an entry on a contract's performance is about."""

    WORK = "work", _("work done or goods delivered")
    PAYMENT = "payment", _("payment")
    CHANGE = "change", _("change of the contract")
    ACCEPTANCE = "acceptance", _("acceptance")


class SecurityKind(models.TextChoices):
    """What a security is for."""

    BID = "bid", _("bid security")
    PERFORMANCE = "performance", _("performance security")


class SecurityForm(models.TextChoices):
    """How a security was given."""

    DEPOSIT = "deposit", _("deposit")
    GUARANTEE = "guarantee", _("guarantee")


class Channel(models.TextChoices):
    """How a message leaves the platform; the inbox always has it."""

    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")


class DeliveryState(models.TextChoices):
    """What became of one delivery."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class DrawPhase(models.TextChoices):
    """The last phase of a draw that was closed, or how it ended without a result."""

    RECORD = "record", _("record published; commitments come in")
    COMMITMENTS = "commitments", _("commitments closed; reveals come in")
    REVEALS = "reveals", _("reveals closed")
    RESULT = "result", _("concluded")
    FAILED = "failed", _("failed: fewer than the quota")
    VOID = "void", _("void: a party was silent")


class InspectionState(models.TextChoices):
    """How far an inspection came; a plan is a draft, drawn or stopped."""

    DRAFT = "draft", _("draft")
    DRAWN = "drawn", _("drawn")
    ACTIVE = "active", _("notified, under way")
    ANSWERED = "answered", _("answered")
    DECIDED = "decided", _("decided")
    CORRECTING = "correcting", _("to be corrected")
    CLOSED = "closed", _("closed, result published")
    STOPPED = "stopped", _("stopped")


class Outcome(models.TextChoices):
    """What an inspector found on one item."""

    CONFORMS = "conforms", _("conforms")
    DEVIATES = "deviates", _("deviates")
    NOT_APPLICABLE = "not-applicable", _("does not apply")


class Decision(models.TextChoices):
    """What a supervisor decides on findings."""

    NONE = "none", _("nothing further")
    CORRECT = "correct", _("to be corrected")
    REFER = "refer", _("referred to the competent authority")


class GrievanceKind(models.TextChoices):
    """An objection (in procurement: a challenge) goes to the tenderee, a complaint to
    supervision."""

    OBJECTION = "objection", _("objection")
    CHALLENGE = "challenge", _("challenge")
    COMPLAINT = "complaint", _("complaint")


class GrievanceAbout(models.TextChoices):
    """What a grievance is about."""

    PREQUALIFICATION = "prequalification", _("the prequalification documents")
    DOCUMENTS = "documents", _("the tender documents")
    CONDUCT = "conduct", _("the conduct of the procedure")
    CANDIDATES = "candidates", _("the candidates")
    RESULT = "result", _("the result")


class GrievanceStepKind(models.TextChoices):
    """What becomes of a grievance, each by a signed statement."""

    ANSWER = "answer", _("Answered")
    WITHDRAW = "withdraw", _("Taken back")
    TAKE_UP = "take-up", _("Decided whether it is taken up")
    SUSPEND = "suspend", _("Procedure suspended")
    DECIDE = "decide", _("Decided")


class GrievanceOutcome(models.TextChoices):
    """What a signed step came to."""

    TAKEN_UP = "taken-up", _("taken up")
    NOT_TAKEN_UP = "not-taken-up", _("not taken up")
    UPHELD = "upheld", _("upheld")
    DISMISSED = "dismissed", _("dismissed")
