"""The base of every act on a lot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Self, TypeVar
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from signatures.domain.act import Act, Actor, Result, Scene, command
from signatures.domain.errors import Denied, NotFound
from trading import access
from trading.domain import lifecycle, procedure
from trading.domain.lifecycle import Move
from trading.domain.procedure import Command
from trading.enums import LotRole
from trading.models import Lot, Organisation

#: The first half of the advisory locks in which acts queue for a lot.
_LINE = 0x10C


def find_lot(lot: UUID) -> Lot:
    """The lot, unlocked; raises :class:`NotFound`."""
    row = Lot.objects.filter(pk=lot).first()
    if row is None:
        raise NotFound(_("There is no such lot."), code="unknown-lot")
    return row


def find_organisation(organisation: UUID) -> Organisation:
    """The organisation; raises :class:`NotFound`."""
    row = Organisation.objects.filter(pk=organisation).first()
    if row is None:
        raise NotFound(_("There is no such organisation."), code="unknown-organisation")
    return row


def lock_lot(lot: UUID, *, share: bool = False) -> Lot:
    """The lot's row, locked until the transaction ends; raises :class:`NotFound`.

    SQLite holds its write lock since the transaction began. On PostgreSQL the row is taken FOR
    UPDATE, or FOR SHARE by acts that only need the lot to stay as it is; both queue for it first.
    """
    rows = Lot.objects.filter(pk=lot)
    if connection.vendor == "postgresql":
        _queue(lot, share=share)
        if share:
            table = connection.ops.quote_name(Lot._meta.db_table)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT id FROM {table} WHERE id = %s FOR SHARE", [lot])  # noqa: S608
        else:
            rows = rows.select_for_update(of=("self",))
    row = rows.select_related("project").first()
    if row is None:
        raise NotFound(_("There is no such lot."), code="unknown-lot")
    return row


def _queue(lot: UUID, *, share: bool) -> None:
    """Wait in line for the lot. Row locks have no line: whoever shares a row that is shared already
    goes past those who wait to have it alone, and a freeze would come when the crowd is gone."""
    shared = "_shared" if share else ""
    key = int.from_bytes(lot.bytes[:4], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock{shared}(%s, %s)", [_LINE, key])


@dataclass(frozen=True, kw_only=True)
class LotAct(Act):
    """An act on one lot, at one step of its procedure.

    ``step`` is the procedure's command (the act's own name unless said otherwise); ``roles`` who
    may try at all (the command's roles unless said otherwise); with ``share`` the lot's row is
    locked FOR SHARE, for acts that do not change it. ``decide`` calls :meth:`proceed` first.
    """

    step: ClassVar[str] = ""
    roles: ClassVar[frozenset[str] | None] = None
    share: ClassVar[bool] = False

    lot: UUID

    @classmethod
    def at_due(cls, *, lot: UUID, command: Command) -> Self:
        """The act that the clock dispatches when ``command`` is due."""
        return cls(lot=lot)

    def step_name(self) -> str:
        """The procedure's command that this act is, whichever the stage."""
        return self.step or self.name

    def step_at(self, lot: Lot) -> str:
        """The procedure's command that this act is at the lot's stage."""
        return procedure.of(lot).step_of(self.step_name(), lot.stage)

    def permit(self, actor: Actor) -> None:
        held = access.actor_roles(actor, self.lot)
        wanted = self.roles
        rule = None
        if wanted is None:
            lot = find_lot(self.lot)
            rules = procedure.of(lot)
            step = rules.command(self.step_at(lot))
            wanted, rule = step.roles, rules.cite(step)
        if held.isdisjoint(wanted):
            raise Denied(
                _("You have no part in this lot that allows this: it takes one of %(roles)s.")
                % {"roles": LotRole.named(wanted)},
                code="wrong-role",
                rule=rule,
            )

    def lock(self) -> Lot:
        return lock_lot(self.lot, share=self.share)

    def rehearse(self, actor: Actor, *, now: datetime) -> None:
        """Refuse now what role, stage, time or guards forbid, before slow work is begun for it."""
        self.permit(actor)
        lot = find_lot(self.lot)
        roles = access.actor_roles(actor, lot, now)
        lifecycle.check(lot, self.step_at(lot), actor_roles=roles, now=now)

    def proceed(
        self, scene: Scene, *, choose: Mapping[str, datetime] | None = None, step: str = ""
    ) -> Move:
        """Do what the procedure says this step does to the lot, or raise its refusal."""
        lot: Lot = scene.subject
        return lifecycle.apply(
            scene,
            lot,
            step or self.step_at(lot),
            actor_roles=access.actor_roles(scene.actor, lot, scene.now),
            choose=choose,
        )


LotActT = TypeVar("LotActT", bound=LotAct)


@command("trading.advance")
@dataclass(frozen=True, kw_only=True)
class Advance(LotAct):
    """Take a step that does nothing but move the lot, as its procedure file says.

    It lets a category have stages of its own without any Python: the file names this act.
    """

    command_name: str

    @classmethod
    def at_due(cls, *, lot: UUID, command: Command) -> Self:
        return cls(lot=lot, command_name=command.name)

    def step_name(self) -> str:
        return self.command_name

    def permit(self, actor: Actor) -> None:
        rules = procedure.of(find_lot(self.lot))
        if rules.command(self.command_name).act != self.name:
            raise Denied(_("“%(step)s” is an act of its own.") % {"step": self.command_name})
        super().permit(actor)

    def decide(self, scene: Scene) -> Result:
        move = self.proceed(scene)
        if not move.moved:
            scene.enter(subject=scene.subject.urn, public=True)
        return {"stage": move.after.stage, "state": move.after.state}
