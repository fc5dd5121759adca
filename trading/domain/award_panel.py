"""The award panel 定标委员会: who sits on it, and the act that names its members."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Malformed, NotFound, Refused
from signatures.models import User
from trading.domain import deciding, messages, procedure, projects, registry
from trading.domain.acts import LotAct
from trading.domain.registry import GuardScene
from trading.enums import LotRole
from trading.models import Assignment, Lot, Membership, PanelSeat

NAME = "trading.name-panel"
FIGURE = "award-panel"
#: Members where the procedure file does not say.
LEAST = 5


def least(lot: Lot) -> int:
    """How many members a panel has at least."""
    figure = procedure.of(lot).figures.get(FIGURE)
    return LEAST if figure is None or figure.least is None else figure.least


def seats(lot: Lot) -> list[PanelSeat]:
    """The panel in the order of its members' names."""
    rows = PanelSeat.objects.filter(lot=lot).select_related("user")
    return sorted(rows, key=lambda one: (one.user.full_name, str(one.pk)))


@command(NAME)
@dataclass(frozen=True, kw_only=True)
class NamePanel(LotAct):
    """Name the members of the award panel, all at once and once: odd, at least as the file says.

    Nobody sits on it who acts for a tenderer of the lot or sat on its evaluation committee.
    """

    members: tuple[UUID, ...]

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        self.proceed(scene)
        if PanelSeat.objects.filter(lot=lot).exists():
            raise Refused(_("The panel was named already."), code="panel-named")
        users = self._members(lot)
        for user in users:
            _require_free(lot, user)
            PanelSeat.objects.create(lot=lot, user=user, named_at=scene.now)
            projects.assign(
                scene, lot=lot, role=LotRole.PANELLIST, user=user, reason="award panel"
            )
        scene.enter(
            subject=lot.urn,
            context={"panel": sorted(user.urn for user in users)},
            receipt_for=(lot.project.tenderee.urn,),
        )
        messages.send(scene, to=users, template="panel-named", lot=lot, evidence=True)
        return {"members": len(users)}

    def _members(self, lot: Lot) -> list[User]:
        rules, wanted = procedure.of(lot), set(self.members)
        figure = rules.figures.get(FIGURE)
        if len(wanted) != len(self.members):
            raise Malformed(_("Name each member once."), code="named-twice")
        if len(wanted) < least(lot) or len(wanted) % 2 == 0:
            raise Refused(
                _("An award panel has an odd number of members, at least %(least)d.")
                % {"least": least(lot)},
                code="bad-panel",
                rule=figure.article or None if figure is not None else None,
            )
        users = list(User.objects.filter(pk__in=wanted, is_active=True).order_by("pk"))
        if len(users) != len(wanted):
            raise NotFound(_("One of these is no person of the platform."), code="unknown-person")
        return users


def _require_free(lot: Lot, user: User) -> None:
    held = Assignment.objects.filter(lot=lot)
    tenderers = held.filter(role__in=(LotRole.TENDERER, LotRole.INVITEE))
    ties = Membership.objects.filter(
        user=user, until__isnull=True, organisation_id__in=tenderers.values("organisation_id")
    )
    if ties.exists():
        raise Refused(
            _("%(name)s acts for a tenderer of this lot.") % {"name": user.full_name},
            code="conflict-of-interest",
        )
    if held.filter(user=user, role=LotRole.EVALUATOR).exists():
        raise Refused(
            _("%(name)s sat on the evaluation committee.") % {"name": user.full_name},
            code="was-evaluator",
        )


def panel_named(scene: GuardScene) -> str | None:
    """Where votes decide, the panel is named."""
    if deciding.method(scene.lot).get("by") != deciding.VOTES or seats(scene.lot):
        return None
    return _("Name the members of the award panel first.")


def register() -> None:
    """Make the command and the guard nameable; called when the app is ready."""
    registry.register_command(NamePanel.name, NamePanel)
    registry.register_guard("panel-named", panel_named)
