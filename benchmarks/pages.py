"""What the public reads, at a million published notices on PostgreSQL.

Each figure is the 95th percentile of whole answers: address to the last byte of the page, in this
process. Its limit is the same of a place with ten thousand notices in the same server, measured
in turn: how many notices there are must not be felt. The smaller place is the same centre in an
earlier year, with as much on a day. Searches are for words of Chinese: frequent ones have the same
share of all titles in both places, rare ones and tenderees as many, so that pages are equally full.

- ``pages.load``: seconds in which a million projects, lots, notices and exhibits are put in, with
  every index, against the bare server's copying of as many rows of one table.
- ``pages.rows``: the list's rows read by the page's query, against the driver alone reading them
  by their keys.
- ``pages.memory``: how far this process grew while it measured, in MiB.
"""

from __future__ import annotations

import random
import re
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks import framework, postgresql
from benchmarks.framework import Figure, percentile
from benchmarks.notices import NOBODYS_WORD, OLD_WORD, RARE, RARE_WORD, WORDS, Place

LARGE, SMALL = Place(1_000_000), Place(10_000)
#: Answers a figure and run.
ASKED = 60
AIM = "<= 1.5 or <= 5 ms"


def pages() -> list[Figure]:
    with postgresql.server() as server:
        names = {"large": LARGE, "small": SMALL}
        urls = {name: postgresql.make_database(server, name) for name in names}
        with framework.platform(SUNLIT_DATABASE_URL=urls["large"]):
            from django.core.management import call_command

            from benchmarks.notices import load

            use("small")
            call_command("migrate", verbosity=0)
            load(SMALL)
            use("large")
            start = time.perf_counter()
            load(LARGE)
            spent = time.perf_counter() - start
            figures = [Figure("pages.load", spent, "s", _bare_load(urls["large"]), "<= 300 s")]
            return figures + _measured(names, urls)


def use(name: str) -> None:
    """From now on the platform reads that database."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def _bare_load(url: str) -> float:
    """Seconds in which the server takes as many short rows without an index."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as line, line.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (number integer, words text)")
        rows = ((number, LARGE.title(number)) for number in range(4 * LARGE.size))
        start = time.perf_counter()
        postgresql.copy(cursor, "bare", ["number", "words"], rows)
        spent = time.perf_counter() - start
        cursor.execute("DROP TABLE bare")
    return spent


def asked(place: Place) -> dict[str, list[str]]:
    """Figure -> the addresses that are asked for, in a place of that size."""
    chance = random.Random(place.size)
    anywhere = [_cursor(place, chance) for _ in range(ASKED)]
    projects = [place.code(chance.randrange(place.size)) for _ in range(ASKED)]
    shares = {f"{LARGE.size // every}": word for word, every in WORDS.items()}
    shares |= {f"{RARE}": RARE_WORD}
    return {
        "front": ["/"] * ASKED,
        "list": ["/projects/"] * ASKED,
        "list.deep": [f"/projects/?after={each}" for each in anywhere],
        "list.category": ["/projects/?category=procurement"] * ASKED,
        "list.stage": ["/projects/?stage=EVALUATION"] * ASKED,
        "list.archived": ["/projects/?stage=archived"] * ASKED,
        "search.0": [f"/projects/?q={NOBODYS_WORD}"] * ASKED,
        **{
            f"search.{count}": [f"/projects/?q={word}"] * ASKED
            for count, word in sorted(shares.items(), key=lambda each: int(each[0]))
        },
        "search.deep": [f"/projects/?q=桥梁&after={each}" for each in anywhere],
        "search.two-words": ["/projects/?q=桥梁 道路"] * ASKED,
        "search.old": [f"/projects/?q={OLD_WORD}"] * ASKED,
        "search.character": ["/projects/?q=鳄"] * ASKED,
        "search.tenderee": [
            f"/projects/?q=第{chance.randrange(place.tenderees)}建设管理局" for _ in range(ASKED)
        ],
        "search.code": [f"/projects/?q={code}" for code in projects],
        "project": [f"/projects/{code}/" for code in projects],
        "api.list": [f"/api/v1/projects?q={RARE_WORD}"] * ASKED,
        "ocds.releases": ["/api/v1/ocds/releases"] * ASKED,
        "ocds.records": ["/api/v1/ocds/records"] * ASKED,
    }


def _cursor(place: Place, chance: random.Random) -> str:
    from uuid import UUID

    from benchmarks.notices import key
    from trading.interfaces import cursors

    number = chance.randrange(place.size // 2, place.size)
    return cursors.encode(place.moment(number), UUID(key(2, number)))


def _measured(names: dict[str, Place], urls: dict[str, str]) -> list[Figure]:
    from django.test import Client

    client = Client()
    addresses = {name: asked(place) for name, place in names.items()}
    for name, place in names.items():
        use(name)
        _freeze_shown(client, place, addresses[name])

    def answers(name: str, what: str) -> list[float]:
        spent = []
        for address in addresses[name][what]:
            start = time.perf_counter()
            answer = client.get(address)
            spent.append(time.perf_counter() - start)
            if answer.status_code != 200:
                raise RuntimeError(f"{address} answered {answer.status_code}.")
        return spent

    before = _resident()
    figures = []
    for what in addresses["large"]:
        runs: dict[str, list[float]] = {"large": [], "small": []}
        for _ in range(framework.RUNS):
            for name in ("small", "large"):
                use(name)
                client.get(addresses[name][what][0])  # the connection is made now
                runs[name].append(percentile(answers(name, what), 0.95))
        large, small = (statistics.median(runs[name]) * 1000 for name in ("large", "small"))
        figures.append(Figure(f"pages.{what}", large, "ms", small, AIM))
    use("large")
    figures.append(_rows(urls["large"]))
    grown = (_resident() - before) / 1024
    return [*figures, Figure("pages.memory", grown, "MiB", 64.0, "<= 64 MiB")]


def _resident() -> int:
    """The most memory that this process has had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _freeze_shown(client: Any, place: Place, addresses: dict[str, list[str]]) -> None:
    """What is shown is frozen as in life; found by asking for it once."""
    from benchmarks.notices import freeze, know_procedures

    know_procedures()
    numbers: set[int] = set()
    for those in addresses.values():
        for address in sorted(set(those)):
            text = client.get(address).content.decode()
            numbers |= {int(number) for number in re.findall(r"GC-(\d{8})", text)}
    freeze({number for number in numbers if number < place.size})


def _rows(url: str) -> Figure:
    """The list's rows by the platform's own query, and by the driver alone."""
    import psycopg
    from django.contrib.auth.models import AnonymousUser

    from trading.interfaces import listing

    def through() -> list[str]:
        found = listing.projects(viewer=AnonymousUser(), sieve=listing.Sieve(q="道路"))
        return [str(row.pk) for row in found.items]

    keys = through()
    tables = (
        ("trading_project", "id"), ("trading_lot", "project_id"),
    )
    with psycopg.connect(url) as line:

        def bare() -> None:
            for table, column in tables:
                line.execute(
                    f'SELECT * FROM "{table}" WHERE "{column}" = ANY(%s::uuid[])', [keys]
                ).fetchall()

        def timed(does: Callable[[], Any]) -> float:
            spent = []
            for _ in range(ASKED):
                start = time.perf_counter()
                does()
                spent.append(time.perf_counter() - start)
            return percentile(spent, 0.95) * 1000

        figure, limit = framework.in_turn(lambda: timed(through), lambda: timed(bare))
    return Figure("pages.rows", figure, "ms", limit, "<= 5 or <= 20 ms")


BENCHMARKS = {"pages": pages}
