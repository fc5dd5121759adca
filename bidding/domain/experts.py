"""The pool of experts, kept by the operator; committees are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from bidding.models import Expert
from signatures.domain import jcs
from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import User
from trading.domain import credit_code
from trading.domain.memberships import is_operator

#: Most specialities of one person.
MOST = 20


@command("bidding.register-expert")
@dataclass(frozen=True, kw_only=True)
class RegisterExpert(Act):
    """Take a person into the pool: where they work, in what they are expert, from which region.

    ``specialities`` are names such as ``municipal`` (``[a-z0-9.:_-]``); a committee is drawn by
    them. Result: ``{"expert": uuid}``.
    """

    person: UUID
    specialities: tuple[str, ...]
    employer: str
    employer_code: str = ""
    region: str = ""

    def permit(self, actor: Actor) -> None:
        if actor.user is None or not is_operator(actor.user):
            raise Denied(_("The trading centre keeps the pool of experts."), code="wrong-role")

    def decide(self, scene: Scene) -> Result:
        person = User.objects.filter(pk=self.person, is_active=True).first()
        if person is None:
            raise NotFound(_("There is no such person."), code="unknown-person")
        if Expert.objects.filter(user=person).exists():
            raise Refused(_("This person is in the pool already."), code="already-expert")
        self._check()
        row = Expert.objects.create(
            user=person,
            specialities=sorted(set(self.specialities)),
            employer=self.employer.strip(),
            employer_code=self.employer_code and credit_code.check(self.employer_code),
            region=self.region.strip(),
            registered_at=scene.now,
        )
        scene.enter(subject=row.urn, context={"person": person.urn}, receipt_for=(person.urn,))
        return {"expert": str(row.pk)}

    def _check(self) -> None:
        if not 1 <= len(self.specialities) <= MOST or not all(
            jcs.is_name(each) for each in self.specialities
        ):
            raise Malformed(
                _("Name 1 to %(most)d specialities of a-z, 0-9 and . : _ -") % {"most": MOST},
                code="bad-speciality",
            )
        if not 1 <= len(self.employer.strip()) <= 200:
            raise Malformed(
                _("An employer's name has 1 to 200 characters."), code="bad-employer"
            )
        if len(self.region.strip()) > 40:
            raise Malformed(_("A region has at most 40 characters."), code="bad-region")
