"""All tenders on one timeline: the official clock only moves forward, so they take turns."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import timedelta

from demo.actors import Troupe
from demo.living import tenders
from demo.platform import Platform
from demo.run import Run
from demo.scenario import (
    archiving,
    asking,
    award,
    bidding,
    clarifying,
    evaluation,
    inspection,
    opening,
    publishing,
)
from demo.scenario.publishing import BEIJING
from demo.tenders import Tender

Note = Callable[[str], None]


class Timeline:
    """The place's tenders, played chapter by chapter; ``note`` is told each chapter's beginning."""

    def __init__(self, platform: Platform, troupe: Troupe, note: Note) -> None:
        self.note = note
        self.troupe = troupe
        began = time.monotonic()
        self.runs = {
            tender.key: Run(
                platform=platform,
                troupe=troupe,
                tender=tender,
                began=began,
            )
            for tender in tenders.ALL
        }

    def __getitem__(self, tender: Tender) -> Run:
        return self.runs[tender.key]

    def play(self) -> None:
        """Every chapter, in the order of official time."""
        for chapter in (
            self._publish_first,
            self._bid_first,
            self._suspend,
            self._first_deadline,
            self._to_the_archive,
            self._publish_second,
            self._bid_second,
            self._second_deadline,
            self._evaluate_second,
            self._publish_last,
        ):
            self.note(chapter.__name__.strip("_").replace("_", "-"))
            chapter()

    def sealed(self) -> list[Run]:
        """Where something is still to be opened by trustees' shares."""
        return [self[each] for each in (tenders.OPENED, tenders.BIDDING, tenders.PUBLISHED)]

    def route(self) -> list[dict[str, str]]:
        """Where a visitor may take over, and as whom: bid, open, score, inspect."""
        bidding_, opened, whole = (
            self[each] for each in (tenders.BIDDING, tenders.OPENED, tenders.WHOLE)
        )
        stops = (
            ("bid", bidding_, bidding_[bidding_.tenderers[-1]]),
            ("open", bidding_, bidding_["tenderee"]),
            ("score", opened, opened.facts["at work"]),
            ("inspect", whole, whole["supervisor"]),
        )
        return [
            {"name": name, "lot": run.lot, "username": actor.username}
            for name, run, actor in stops
        ]

    def _publish_first(self) -> None:
        self._morning(1)
        for tender in (tenders.WHOLE, tenders.FAILED, tenders.SUSPENDED):
            self._publish(tender)
        asking.play(self[tenders.WHOLE], asking.PIPES)

    def _bid_first(self) -> None:
        for tender in (tenders.WHOLE, tenders.FAILED, tenders.SUSPENDED):
            bidding.begin(self[tender])
        self._bid(tenders.WHOLE)
        self._bid(tenders.FAILED)

    def _suspend(self) -> None:
        self._morning(1)
        run = self[tenders.SUSPENDED]
        with run.step("The supervisor suspends it: a complaint is looked into"):
            run["supervisor"].client.post(
                f"/api/v1/lots/{run.lot}/suspension",
                {"reason": "收到对招标文件资格条件的投诉，核查期间暂停招标活动。"},
            )

    def _first_deadline(self) -> None:
        opening.play(self[tenders.WHOLE])
        run = self[tenders.FAILED]
        with run.step("Two bids are too few: nothing is opened, the tender fails"):
            run.wait(lambda: run.lot_state()["state"] == "failed", "the tender to fail")

    def _to_the_archive(self) -> None:
        run = self[tenders.WHOLE]
        for chapter in (evaluation, award, inspection, archiving):
            chapter.play(run)

    def _publish_second(self) -> None:
        self._morning(1)
        for tender in (tenders.PUBLICISED, tenders.OPENED):
            self._publish(tender)

    def _bid_second(self) -> None:
        for tender in (tenders.PUBLICISED, tenders.OPENED):
            bidding.begin(self[tender])
            self._bid(tender)
        # Its deadline must come before the next tender's documents are off the market.
        self._morning(1)
        self._publish(tenders.BIDDING)
        bidding.begin(self[tenders.BIDDING])
        run = self[tenders.BIDDING]
        with run.step(f"{tenders.BIDS_IN} of {len(run.tenderers)} tenderers hand their bids in"):
            bidding.hand_in(run, run.tenderers[: tenders.BIDS_IN])

    def _second_deadline(self) -> None:
        for tender in (tenders.PUBLICISED, tenders.OPENED):
            opening.play(self[tender])

    def _evaluate_second(self) -> None:
        run = self[tenders.PUBLICISED]
        evaluation.play(run)
        award.publish_candidates(run)
        run = self[tenders.OPENED]
        members = evaluation.seat(run)
        with contextlib.ExitStack() as doors:
            rooms = evaluation.convene(run, members, doors)
            clarifying.play(run, rooms)
            with run.step("Four of five score blind and freeze their sheets; one is still at it"):
                evaluation.score(run, rooms[:-1])
            run.facts["at work"] = rooms[-1].actor

    def _publish_last(self) -> None:
        self._morning(1)
        self._publish(tenders.PUBLISHED)
        # The last one is left to the visitor, who may answer it as the tenderee.
        asking.play(self[tenders.PUBLISHED], asking.NIGHT, asking.OPEN)

    def _publish(self, tender: Tender) -> None:
        publishing.play(self[tender])
        bidding.prepare(self[tender])

    def _bid(self, tender: Tender) -> None:
        run = self[tender]
        with run.step(f"{len(run.tenderers)} tenderers seal their bids at home and hand them in"):
            bidding.hand_in(run, run.tenderers)

    def _morning(self, days: int) -> None:
        """Nine o'clock in Beijing, so many days on."""
        run = self[tenders.WHOLE]
        today = run.now().astimezone(BEIJING)
        run.move_to((today + timedelta(days=days)).replace(hour=9, minute=0, second=0))
