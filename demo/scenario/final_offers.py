"""Final offers: called for once the group has negotiated, sealed like bids, opened together."""

from __future__ import annotations

from datetime import timedelta

from demo.run import Run
from demo.scenario.bidding import hand_in, publish_keys, publish_policy
from demo.scenario.opening import release
from signatures.domain.errors import Refused

CALL = "bidding.call-final-offers"
SLOTS = (1, 4)
#: How long there is for a final offer: the law asks for one time, not for days.
TIME = timedelta(hours=3)


def play(run: Run) -> None:
    """From the call to the opened offers; the lot waits for its ranking."""
    with run.step("The purchaser calls for final offers; trustees make keys for them"):
        run["tenderee"].client.post(f"/api/v1/lots/{run.lot}/steps", {"step": CALL})
        run.facts["round"] = "-2"
        publish_keys(run)
        run.wait(lambda: _keeper_is_in(run), "the keeper's keys for final offers")
    with run.step("Policy and times of the final offers are signed"):
        deadline = (run.now() + TIME).replace(second=0, microsecond=0)
        publish_policy(run, deadline=deadline, opening=deadline)
    with run.step("Everybody with whom the group goes on makes a final offer, sealed"):
        hand_in(run, run.tenderers)
    with run.step("The time is over; offers are frozen, and trustees release them all at once"):
        _none_is_open(run)
        run.move_to(deadline + timedelta(seconds=1))
        run.await_stage("RANKING")
        release(run, SLOTS)


def _keeper_is_in(run: Run) -> bool:
    sealing = run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/sealing")
    offered = {each["trustee"] for each in sealing["trustee_keys"]}
    return f"org:{run.organisation('centre')}" in offered


def _none_is_open(run: Run) -> None:
    """Before the time nobody knows how many offers there are, nor one of them."""
    try:
        run["tenderee"].client.get(f"/api/v1/lots/{run.lot}/frozen")
    except Refused:
        return
    except Exception as error:
        run.require(getattr(error, "code", "") == "no-freeze", f"not that refusal: {error}")
    else:
        run.require(False, "final offers were shown before their time")
