"""Fifty clients hand in two thousand bids across the deadline: accepted = frozen = receipted.

Real server processes; the clients work as fast as they are answered and keep some bids for the
deadline itself. The freeze is done while they do. Every signed receipt is fetched and checked as
the kit does; then receipts are printed, many at once, to the last one.

``SUNLIT_FAULT_ROUNDS`` (20), ``SUNLIT_FAULT_CLIENTS`` (50), ``SUNLIT_FAULT_SUBMISSIONS`` (2000),
``SUNLIT_FAULT_SERVERS`` (2) and ``SUNLIT_FAULT_PDFS`` (200); on PostgreSQL:
``test_on_postgresql.py``.
"""

from __future__ import annotations

import io
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client as Browser

from bidding.domain.freezing import FreezeBids
from bidding.domain.uploads import COMPLETE_ACT
from bidding.kit import receipts
from bidding.models import Bid, BidVersion, Freeze
from signatures.domain import clock, jcs
from signatures.domain.act import Actor, dispatch
from signatures.domain.errors import SunlitError
from signatures.models import LedgerOpening
from tests.bidding import server
from tests.bidding.sealing import people, rows
from tests.factories import floor
from tests.faults import crowd
from tests.faults.crowd import Answer, Lacking, Wire
from tests.faults.figures import SEED, figure, note

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = figure("ROUNDS", 20)
CLIENTS = figure("CLIENTS", 50)
SUBMISSIONS = figure("SUBMISSIONS", 2000)
SERVERS = figure("SERVERS", 2)
PDFS = figure("PDFS", 200)
#: Of each client's bids, how many it keeps for the deadline itself; and how near that is (s).
KEPT, NEAR = 4, 0.25
AT_ONCE = 8
#: Seconds that there are before a deadline at the least, and bids a second until it is known.
LEAST, GUESS = 6.0, 30.0


@dataclass
class Round:
    """What came of one deadline."""

    deadline: datetime
    answers: dict[str, Answer] = field(default_factory=dict)
    again: int = 0
    seconds: float = 0.0

    @property
    def accepted(self) -> dict[str, Answer]:
        return {bid: one for bid, one in self.answers.items() if one.status == 204}

    @property
    def refused(self) -> Counter[str]:
        return Counter(one.code for one in self.answers.values() if one.status != 204)


@pytest.fixture
def ports(kept_settings: None, tmp_path: Path) -> Iterator[list[int]]:
    ports = [server.free_port() for _ in range(SERVERS)]
    settings.ORIGIN = f"http://127.0.0.1:{ports[0]}"
    people.found(tmp_path)
    environment = server.environment(
        SUNLIT_LAB=str(settings.LAB),
        SUNLIT_ORIGIN=settings.ORIGIN,
        SUNLIT_WITNESSES=",".join(settings.WITNESSES),
    )
    started = []
    try:
        for port in ports:
            started.append(
                server.start("trading.asgi:application", port=port, env=environment)
            )
        for port in ports:
            # A server loads most of itself with its first request.
            with closing(Wire(port)) as wire:
                assert wire.call("HEAD", f"/api/v1/uploads/{uuid.uuid4()}")[0] == 401
        yield ports
    finally:
        for one in started:
            one.kill()
        connection.close()


def test_what_is_accepted_across_the_deadline_is_frozen_and_receipted(ports: list[int]) -> None:
    chance = random.Random(SEED)
    crowds = crowd.clients(CLIENTS, SUBMISSIONS // CLIENTS)
    rate, last = GUESS, Round(clock.now())
    for number in range(ROUNDS):
        house = floor.house()
        bids = crowd.lacking(house, crowds)
        lead = max(chance.uniform(0.4, 0.7) * SUBMISSIONS / rate, LEAST)
        deadline = clock.now() + timedelta(seconds=lead)
        policy = rows.policy(house, deadline=deadline)
        last = play(house, bids, deadline, ports, chance)
        assert last.accepted and last.refused
        rate = len(last.accepted) / lead
        freeze = Freeze.objects.get(policy=policy)
        times = _check(house, last, freeze)
        _check_receipts(last, crowds, ports)
        note(
            f"deadline {number + 1} ({connection.vendor}): {len(last.answers)} handed in by"
            f" {CLIENTS} clients at {SERVERS} servers in {last.seconds:.0f} s, accepted ="
            f" frozen = receipted = {len(last.accepted)}, refused {dict(last.refused)}, asked"
            f" again {last.again}; last in {(deadline - max(times)).total_seconds() * 1000:.0f} ms"
            f" before, freeze {(freeze.at - deadline).total_seconds() * 1000:.0f} ms after"
        )
    _check_printed(last, crowds, ports)


def play(
    house: floor.House,
    bids: list[list[Lacking]],
    deadline: datetime,
    ports: list[int],
    chance: random.Random,
) -> Round:
    """Everybody at once, and the freeze with them."""
    found, errors = Round(deadline), []
    offset = clock.look().offset
    began = time.monotonic()
    # The official time by this process's own clock, so that waiting costs the database nothing.
    base = clock.now() - timedelta(seconds=time.monotonic())

    def left() -> float:
        return (deadline - base).total_seconds() - time.monotonic()

    def hand_in(mine: list[Lacking], port: int, waits: list[float]) -> None:
        with closing(Wire(port)) as wire:
            try:
                for place, one in enumerate(mine):
                    kept = place - (len(mine) - len(waits))
                    if kept >= 0:
                        time.sleep(max(left() + waits[kept], 0.0))
                    found.answers[str(one.bid)] = wire.hand_in(one)
            except BaseException as error:
                errors.append(error)
            found.again += wire.again

    def freeze() -> None:
        try:
            time.sleep(max(left() - 0.1, 0.0))
            while True:
                try:
                    dispatch(FreezeBids(lot=house.lot.pk), actor=Actor.process("clock"))
                    return
                except SunlitError as refusal:
                    assert refusal.code in ("too-early", "busy"), refusal.code
                time.sleep(0.02)
        except BaseException as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=freeze)]
    for number, mine in enumerate(bids):
        waits = sorted(chance.uniform(-NEAR, NEAR) for _ in range(min(KEPT, len(mine))))
        threads.append(
            threading.Thread(target=hand_in, args=(mine, ports[number % len(ports)], waits))
        )
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert clock.look().offset == offset
    found.seconds = time.monotonic() - began
    return found


def _check(house: floor.House, played: Round, freeze: Freeze) -> list[datetime]:
    """When each bid was complete, by the database's own clock."""
    accepted = set(played.accepted)
    assert set(played.refused) <= {"too-late", "wrong-stage", "not-running", "upload-ended"}
    frozen = {one["bid"] for one in freeze.bids}
    live = BidVersion.objects.filter(bid__lot=house.lot)
    complete = live.filter(state="complete")
    assert accepted == frozen == {str(pk) for pk in complete.values_list("bid", flat=True)}
    assert freeze.count == len(accepted)
    states = Bid.objects.filter(lot=house.lot).values_list("pk", "state")
    assert {str(pk) for pk, state in states if state == "frozen"} == accepted
    assert {state for _pk, state in states} <= {"frozen", "lapsed"}
    subjects = {f"bid:{pk}": str(pk) for pk, _state in states}
    openings = [
        one.entry
        for one in LedgerOpening.objects.filter(subject__in=list(subjects))
        if one.entry["act"] == COMPLETE_ACT
    ]
    assert sorted(subjects[one["subject"]] for one in openings) == sorted(accepted)
    times = [jcs.parse_timestamp(one["context"]["at"]) for one in openings]
    times += complete.values_list("completed_at", flat=True)
    assert all(at < played.deadline for at in times)
    assert freeze.at >= played.deadline
    return times


def _check_receipts(played: Round, crowds: list[crowd.Client], ports: list[int]) -> None:
    """The signed receipt of every accepted bid, as its tenderer fetches and checks it."""
    tokens = _tokens(played, crowds)

    def one(port: int, bids: list[str]) -> list[str]:
        with closing(Wire(port)) as wire:
            fetched = []
            for bid in bids:
                status, _headers, data = wire.call("GET", played.answers[bid].receipt, tokens[bid])
                assert status == 200, data
                checked = receipts.check_receipt(data, origin=settings.ORIGIN)
                assert (checked.act, checked.subject) == (COMPLETE_ACT, f"bid:{bid}")
                assert jcs.parse_timestamp(checked.entry["context"]["at"]) < played.deadline
                fetched.append(bid)
            return fetched

    assert sorted(_shared(one, sorted(played.accepted), ports)) == sorted(played.accepted)


def _check_printed(played: Round, crowds: list[crowd.Client], ports: list[int]) -> None:
    """So many receipts printed at once, to the last; each has the signed receipt inside."""
    tokens = _tokens(played, crowds)
    users = {one.token: one.user for one in crowds}
    cookies = {}
    for token, user in users.items():
        browser = Browser()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        cookies[token] = f"{settings.SESSION_COOKIE_NAME}={browser.cookies['sessionid'].value}"
    wanted = sorted(played.accepted)[:PDFS]

    def one(port: int, bids: list[str]) -> list[str]:
        with closing(Wire(port)) as wire:
            for bid in bids:
                address = played.answers[bid].receipt
                _status, _headers, signed = wire.call("GET", address, tokens[bid])
                name = address.rpartition("/")[2]
                status, headers, data = wire.call(
                    "GET", f"/receipts/{name}/receipt.pdf", Cookie=cookies[tokens[bid]]
                )
                assert (status, headers["content-type"]) == (200, "application/pdf"), data[:500]
                with pikepdf.open(io.BytesIO(data)) as paper:
                    inside = paper.attachments["receipt.json"].get_file().read_bytes()
                assert inside == signed
            return bids

    began = time.monotonic()
    done = _shared(one, wanted, ports)
    note(
        f"deadline ({connection.vendor}): {len(done)} receipts printed,"
        f" {AT_ONCE} at once, in {time.monotonic() - began:.0f} s"
    )
    assert sorted(done) == wanted
    assert len(done) == min(PDFS, len(played.accepted))


def _tokens(played: Round, crowds: list[crowd.Client]) -> dict[str, str]:
    mine = {org.pk: one.token for one in crowds for org in one.organisations}
    found = Bid.objects.filter(pk__in=list(played.accepted)).values_list("pk", "tenderer")
    return {str(pk): mine[tenderer] for pk, tenderer in found}


def _shared(work, items: list[str], ports: list[int]) -> list[str]:
    """Some clients at once, each with its share."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        shares = [
            pool.submit(work, ports[number % len(ports)], items[number::AT_ONCE])
            for number in range(AT_ONCE)
        ]
        return [item for share in shares for item in share.result()]
