"""Organisations, people and lots for tests, put into place without surprises.

Everything here writes rows by hand under ``guard.writes``; acts are what the tests are about.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from signatures.domain import guard
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.models import User
from trading.domain import credit_code
from trading.domain.documents import PublishDocuments
from trading.domain.notices import PublishNotice, evaluation_digest
from trading.domain.projects import NewLot, RegisterProject
from trading.models import Assignment, Lot, Membership, Organisation

#: Tuesday 10 March 2026, 09:30 in Beijing: no holiday within three weeks but Qingming (4-6 April).
START = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
LONG_AGO = START - timedelta(days=100)
PARAMETERS = {"method": "lowest_price_share", "weight": "0.30", "places": 2}

_numbers = itertools.count(1)


def sha(text: str) -> str:
    """The digest of a file that the test does not need to have."""
    return hashlib.sha256(text.encode()).hexdigest()


def organisation(name: str, *kinds: str, verified: bool = True) -> Organisation:
    """A verified organisation of these kinds."""
    number = next(_numbers)
    with guard.writes("test arrangement"):
        return Organisation.objects.create(
            name=name,
            credit_code=credit_code.make(f"91370100MA{number:07d}"),
            kinds=list(kinds),
            region="east",
            registered_at=LONG_AGO,
            verified_at=LONG_AGO if verified else None,
        )


def person(
    name: str, *organisations: Organisation, email: str = "", language: str = "zh-hans"
) -> User:
    """A person who acts for these organisations."""
    with guard.writes("test arrangement"):
        user = User.objects.create(
            username=f"{name}-{next(_numbers)}", full_name=name, email=email, language=language
        )
        for one in organisations:
            Membership.objects.create(
                user=user, organisation=one, role="clerk", since=LONG_AGO
            )
    return user


def assignment(lot: Lot, role: str, *, user: User | None = None, **values: object) -> Assignment:
    """Somebody's role on a lot."""
    with guard.writes("test arrangement"):
        return Assignment.objects.create(
            lot=lot, role=role, user=user, **{"since": LONG_AGO, **values}
        )


def beijing(year: int, month: int, day: int, hour: int = 9, minute: int = 30) -> datetime:
    """A moment by the wall clock in Beijing, in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


#: Chosen dates that keep every rule when the notice is published at START.
DATES = {"documents-until": beijing(2026, 3, 16, 17, 0), "deadline": beijing(2026, 3, 31)}


@dataclass
class House:
    """A tenderee with its project, a tenderer, a supervisor and the centre."""

    tenderee: Organisation
    tenderer: Organisation
    buyer: User
    bidder: User
    supervisor: User
    operator: User
    lot: Lot

    def refresh(self) -> Lot:
        self.lot = Lot.objects.select_related("project").get(pk=self.lot.pk)
        return self.lot

    def act(self, command: object, *, by: User | Actor, at: datetime = START, **options: object):
        """Dispatch a command at a moment."""
        actor = by if isinstance(by, Actor) else Actor.person(by)
        outcome = dispatch(command, actor=actor, clock=FixedClock(at), **options)
        self.refresh()
        return outcome

    def publish_notice(self, at: datetime = START, dates: dict | None = None):
        return self.act(
            PublishNotice(
                lot=self.lot.pk, title="招标公告", digest=sha("notice"), size=1000,
                dates=DATES if dates is None else dates,
            ),
            by=self.buyer,
            at=at,
        )

    def publish_documents(self, at: datetime = START):
        return self.act(
            PublishDocuments(
                lot=self.lot.pk, title="招标文件", digest=sha("documents"), size=2000,
                evaluation=evaluation_digest(self.lot),
            ),
            by=self.buyer,
            at=at,
        )


def house(
    *,
    parameters: dict | None = None,
    estimate: str | None = "5000000.00",
    procedure: str = "",
) -> House:
    """A registered construction project with one lot, and those who have to do with it."""
    tenderee = organisation("东岳市政工程建设管理中心", "tenderee")
    tenderer = organisation("泰和建设集团有限公司", "tenderer")
    buyer, bidder = person("王芳", tenderee), person("李强", tenderer)
    supervisor = person("赵敏", organisation("市住房和城乡建设局", "supervisor"))
    operator = person("周文", organisation("公共资源交易中心", "centre"))
    outcome = dispatch(
        RegisterProject(
            title="滨河路改造工程",
            category="construction",
            procedure=procedure,
            tenderee=tenderee.pk,
            lots=(
                NewLot(
                    title="一标段",
                    estimate=Decimal(estimate) if estimate else None,
                    parameters=PARAMETERS if parameters is None else parameters,
                ),
            ),
        ),
        actor=Actor.person(buyer),
        clock=FixedClock(LONG_AGO),
    )
    lot = Lot.objects.select_related("project").get(pk=outcome.result["lots"][0])
    return House(tenderee, tenderer, buyer, bidder, supervisor, operator, lot)
