"""A later edition that affects bids: the deadline moves, bids are confirmed, replaced, or named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bidding.kit import client as kit
from demo.run import Run
from demo.scenario import bidding
from signatures.domain import jcs
from signatures.domain.errors import SunlitError

CHANGES = (
    {
        "clause": "第三章 3.2 管材",
        "before": "主管采用 DN500 钢筋混凝土管，Ⅱ级。",
        "after": "主管采用 DN600 钢筋混凝土管，Ⅱ级。",
    },
    {"clause": "第五章 5.4 检测", "after": "全线管道竣工后作电视检测，费用计入投标总价。"},
)
#: What the larger pipes add to the offer that is replaced, in CNY.
DEARER = 100_000
UNCONFIRMED = "bidding.note-unconfirmed"


def play(run: Run) -> None:
    """From bids in hand to bids under the edition that holds; the last tenderer says nothing."""
    confirming, changing, silent = run.tenderers[:-2], run.tenderers[-2], run.tenderers[-1]
    with run.step("The tenderee amends the documents too late; the edition is refused"):
        run.move_to(run.date("clarifications-until") + timedelta(minutes=1))
        _refused(run, "too-late-to-affect", lambda: _amend(run))
        later = run.date("deadline") + timedelta(days=7)
        _refused(run, "schedule-stands", lambda: _amend(run, deadline=jcs.timestamp(later)))
    with run.step("It signs a later schedule, which moves the deadline, and publishes edition 2"):
        _move(run)
        _amend(run)
    with run.step("Who has not fetched the edition cannot confirm; everybody fetches it"):
        edition = _standing(run)
        _refused(run, "edition-not-fetched", lambda: _confirm(run, confirming[0], edition))
        for key in run.tenderers:
            _fetch(run, key, edition)
    with run.step(f"{len(confirming)} tenderers confirm their bids, one replaces its own"):
        for key in confirming:
            _confirm(run, key, edition)
        _refused(run, "confirmed-already", lambda: _confirm(run, confirming[0], edition))
        offer = run.tender.offers[changing]
        dearer = f"{float(offer.price) + DEARER:.2f}"
        bidding.replace_bid(run, changing, replace(offer, price=dearer))
        _refused(run, "confirmed-already", lambda: _confirm(run, changing, edition))
    run.summary["amendment"] = {
        "edition": edition["edition"],
        "digest": edition["digest"],
        "confirmed": list(confirming),
        "replaced": changing,
        "unconfirmed": str(run.facts[f"submission {silent}"].bid.bid),
    }


def named(run: Run) -> None:
    """After the freeze nothing is confirmed any more, and every bid stands."""
    silent = run.tenderers[-1]
    with run.step("The bid that nobody confirmed was frozen with the others"):
        _refused(run, "", lambda: _confirm(run, silent, _standing(run)))
        frozen = run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/frozen")
        bids = {row["bid"]: row["version"] for row in frozen["bids"]}
        expected = {
            str(submission.bid.bid): submission.bid.version
            for submission in (run.facts[f"submission {key}"] for key in run.tenderers)
        }
        run.require(bids == expected, "the frozen set is not what the tenderers hold")


def in_the_package(run: Run) -> None:
    """The archived record names the one bid without a confirmation, and no other."""
    with run.step("The archived ledger names the bid without a confirmation, and no other"):
        entries = _entries(Path(run.summary["package"]))
        run.require(len(entries) == 1, f"{len(entries)} entries name unconfirmed bids")
        known = run.summary["amendment"]
        run.require(
            entries[0]["context"]["bids"] == [known["unconfirmed"]],
            "the record names other bids than the one without a confirmation",
        )
        run.require(
            entries[0]["digests"] == {"document": known["digest"]},
            "the record names another edition",
        )


def _move(run: Run) -> None:
    """A week later: bids close and open by the schedule, and the lot's dates follow."""
    deadline = run.date("deadline") + timedelta(days=7)
    tenderee = run["tenderee"].client
    policy = kit.standing_policy(tenderee, run.lot)
    timed = [rule.slot for rule in policy.slots if rule.after is None]
    kit.publish_schedule(
        tenderee, run.lot, policy, deadline=deadline, gates=dict.fromkeys(timed, deadline)
    )
    run.require(run.date("deadline") == deadline, "the schedule did not move the deadline")
    run.require(run.date("opening") == deadline, "the opening did not move with the deadline")


def _amend(run: Run, **more: Any) -> None:
    run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/editions",
        {"before": _standing(run)["digest"], "changes": CHANGES, "affects": True, **more},
    )


def _standing(run: Run) -> dict[str, Any]:
    """The edition that holds, as everybody reads it."""
    rows = run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/editions")
    return dict(rows[-1])


def _fetch(run: Run, key: str, edition: dict[str, Any]) -> None:
    actor = run[key]
    documents = f"/api/v1/documents/{edition['document']}"
    actor.client.post(f"{documents}/downloads", {"organisation": actor.organisation})
    data = actor.client.get(f"{documents}/content")
    run.require(
        hashlib.sha256(data).hexdigest() == edition["digest"], "another edition was fetched"
    )
    (run.folder(actor) / f"招标文件-{edition['edition']}.pdf").write_bytes(data)


def _confirm(run: Run, key: str, edition: dict[str, Any]) -> None:
    submission = run.facts[f"submission {key}"]
    actor = run[key]
    actor.client.post(
        f"/api/v1/lots/{run.lot}/bids/{submission.bid.bid}/confirmation",
        {
            "organisation": actor.organisation,
            "version": submission.bid.version,
            "digest": edition["digest"],
        },
    )


def _refused(run: Run, code: str, call: Callable[[], None]) -> None:
    """The platform must refuse it, for this reason; for any where none is named."""
    try:
        call()
    except SunlitError as error:
        run.require(not code or error.code == code, f"refused as {error.code}, not {code}: {error}")
    else:
        run.require(False, f"nothing was refused, though {code or 'it'} had to be")


def _entries(package: Path) -> list[dict[str, Any]]:
    """The public entries of the archived record that name bids without a confirmation."""
    text = (package / "metadata" / "ledger.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    leaves = [json.loads(line["leaf"]) for line in lines if line.get("kind") == "entry"]
    entries = [leaf["entry"] for leaf in leaves if "entry" in leaf]
    return [entry for entry in entries if entry.get("act") == UNCONFIRMED]
