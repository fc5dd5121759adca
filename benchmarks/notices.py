"""A centre with very many published notices, put into the database at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from benchmarks.postgresql import copy, without_index

#: A share of all projects has the word in its title: 20 of 100, 2 of 100.
WORDS = {"道路": 5, "桥梁": 50}
#: As many projects have this word wherever it is asked for.
RARE_WORD, RARE = "灯塔", 100
#: The oldest fiftieth has this word, and nothing newer.
OLD_WORD, OLD_SHARE = "旧城", 50
NOBODYS_WORD = "鳄鱼馆"
#: So many projects has each tenderee; and as many are published on each day.
OF_EACH, A_DAY = 500, 274
#: One of ten is the second.
CATEGORIES = ("construction", "procurement")
#: What the newest lots do, and how many; all others are archived.
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
STAGES = ((300, "DOCUMENTS"), (200, "EVALUATION"), (200, "CONTRACT"), (100, "PERFORMANCE"))


@dataclass(frozen=True)
class Place:
    """How many notices there are; number 0 is the oldest.

    A smaller one is the same centre in an earlier year: as much happens there on a day.
    """

    size: int

    @property
    def tenderees(self) -> int:
        return self.size // OF_EACH

    def moment(self, number: int) -> datetime:
        """Evenly over the years, so that every page has its own moments."""
        return NOW - timedelta(days=1) * ((self.size - number) / A_DAY)

    def tenderee(self, number: int) -> int:
        """Whose project this is."""
        return number * 7919 % self.tenderees

    def title(self, number: int) -> str:
        found = [word for word, every in WORDS.items() if number % every == every // 2]
        if number % (self.size // RARE) == 1:
            found.append(RARE_WORD)
        if number < self.size // OLD_SHARE:
            found.append(OLD_WORD)
        return f"滨河新区{''.join(found)}改造工程第{number}号"

    def code(self, number: int) -> str:
        return f"GC-{number:08d}"

    def standing(self, number: int) -> tuple[str, str]:
        """Stage and state: the newest are running."""
        age = self.size - 1 - number
        for count, stage in STAGES:
            if age < count:
                return stage, "active"
            age -= count
        return "ARCHIVED", "archived"


def category(number: int) -> str:
    return CATEGORIES[number % 10 == 3]


def key(kind: int, number: int) -> str:
    """A key of its own for each row, spread like random ones."""
    spread = (number * 0x9E3779B97F4A7C15 + kind) & (2**64 - 1)
    return str(UUID(int=spread << 64 | kind << 32 | number))


def load(place: Place) -> None:
    """Projects, lots, notices as documents and as exhibits; then what the planner needs."""
    from django.db import connection

    from signatures.domain import guard
    from trading.models import Document, Exhibit, Lot, Organisation, Project

    with guard.writes("benchmark"), connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        tables = (
            (Organisation, _organisations(place)), (Project, _projects(place)), (Lot, _lots(place)),
            (Document, _documents(place)), (Exhibit, _exhibits(place)),
        )
        with without_index(cursor, "project_searchable"):
            for model, rows in tables:
                first = next(rows)
                table = model._meta.db_table
                copy(cursor.cursor, table, list(first), [list(first.values())])
                copy(cursor.cursor, table, list(first), (list(row.values()) for row in rows))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _organisations(place: Place) -> Iterator[dict[str, Any]]:
    for number in range(place.tenderees):
        yield {
            "id": key(1, number),
            "name": f"第{number}建设管理局",
            "credit_code": f"{number:018d}",
            "kinds": '["tenderee"]',
            **_ORGANISATION,
        }


#: What a row has that nothing here depends on.
_ORGANISATION: dict[str, Any] = {"region": "", "registered_at": NOW - timedelta(days=4000)}


def _projects(place: Place) -> Iterator[dict[str, Any]]:
    from trading.models.searching import normal

    for number in range(place.size):
        at, title, code = place.moment(number), place.title(number), place.code(number)
        owner = place.tenderee(number)
        yield {
            "id": key(2, number),
            "code": code,
            "title": title,
            "category": category(number),
            "tenderee_id": key(1, owner),
            "created_at": at,
            "published_at": at,
            "searchable": normal(title, code, f"第{owner}建设管理局", "一标段"),
        }


def _dates(at: datetime) -> str:
    from signatures.domain import jcs

    days = {"deadline": 21, "opening": 21, "award": 40}
    dates = {name: jcs.timestamp(at + timedelta(days=count)) for name, count in days.items()}
    return json.dumps(dates)


def _lots(place: Place) -> Iterator[dict[str, Any]]:
    from trading.domain import procedure

    frozen = {name: procedure.load(name) for name in CATEGORIES}
    marks = {
        name: json.dumps({"name": name, "version": rules.version, "digest": rules.digest})
        for name, rules in frozen.items()
    }
    for number in range(place.size):
        at = place.moment(number)
        stage, state = place.standing(number)
        yield {
            "id": key(3, number),
            "project_id": key(2, number),
            "number": 1,
            "title": "一标段",
            "registered_at": at,
            "procedure": marks[category(number)],
            "stage": stage,
            "stage_since": at,
            "state": state,
            "published_at": at,
            "dates": _dates(at),
            "parameters": '{"method": "comprehensive"}',
            "ended_at_stage": "",
            "halted_for": "",
        }


def _documents(place: Place) -> Iterator[dict[str, Any]]:
    for number in range(place.size):
        yield {
            "id": key(4, number),
            "lot_id": key(3, number),
            "kind": "notice",
            "edition": 1,
            "title": "招标公告",
            "digest": f"{number:064x}",
            "size": 100_000,
            "media_type": "application/pdf",
            "published_at": place.moment(number),
        }


def _exhibits(place: Place) -> Iterator[dict[str, Any]]:
    for number in range(place.size):
        yield {
            "id": key(5, number),
            "lot_id": key(3, number),
            "kind": "notice",
            "stage": "DOCUMENTS",
            "name": "招标公告",
            "digest": f"{number:064x}",
            "size": 100_000,
            "media_type": "application/pdf",
            "seal": "{}",
            "facts": "{}",
            "audience": '["public"]',
            "filed_at": place.moment(number),
        }


def know_procedures() -> None:
    """A process parses each frozen procedure once; from then on its digest is enough."""
    from trading.domain import procedure
    from trading.models import Lot

    for name in CATEGORIES:
        procedure.of(Lot(procedure=procedure.load(name).frozen()))


def freeze(numbers: set[int]) -> None:
    """Give these lots their whole frozen procedure, as every lot has it in life.

    A million of them would be 30 GB of the same text, which no list reads: only of a lot that is
    shown is it fetched, and those have it.
    """
    from signatures.domain import guard
    from trading.domain import procedure
    from trading.models import Lot

    with guard.writes("benchmark"):
        keys = [key(3, number) for number in numbers]
        for name in CATEGORIES:
            rows = Lot.objects.filter(pk__in=keys, project__category=name)
            rows.update(procedure=procedure.load(name).frozen())
