"""The deadline, the frozen set, and the opening hall: shares, sheets, objections, the record."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bidding.kit import client as kit
from bidding.kit.opening import Reason
from bidding.kit.room_client import Event
from bidding.kit.watch import Watch
from demo.hall import InRoom
from demo.run import Run
from demo.scenario import securing
from demo.scenario.bidding import BY_HAND, at_home, in_parallel
from demo.scenario.signing import sign_by
from signatures.domain.errors import Refused

#: Slots that open at the opening; the price waits for the technical result.
OPENING_SLOTS = (1, 2, 3)
#: What a response holds before a negotiation: neither terms nor price.
RESPONSE_SLOTS = (2, 3)
#: Who attends beside the tenderers, and signs the record; the keeper's person is the centre's.
SIGNERS = ("tenderee", "supervisor", "notary", "keeper")


def play(run: Run) -> None:
    """Everything up to the opening record, signed by several; ``opened`` is reached."""
    with run.step("The deadline passes; the clock freezes the set of bids"):
        run.move_to(run.date("deadline") + timedelta(seconds=1))
        run.await_stage("OPENING")
    with run.step("A bid that comes too late is refused"):
        _come_late(run)
    with contextlib.ExitStack() as doors:
        with run.step("Tenderers, trustees and supervisor sign in at the opening hall"):
            hall = {
                key: doors.enter_context(InRoom(run, run[key], "opening"))
                for key in (*SIGNERS, *run.tenderers)
            }
            in_parallel(lambda key: _attend(run, hall[key]), hall)
            hall["tenderee"].do("start")
        with run.step("Trustees check everything and release their shares; the keeper too"):
            release(run, RESPONSE_SLOTS if run.variant.final_offers else OPENING_SLOTS)
        if run.variant.final_offers:  # a response holds nothing that others may hear
            _await_opened(run, hall["tenderee"])
        else:
            _read(run, hall)
        securing.check(run)
        with run.step("The host closes the opening"):
            hall["tenderee"].do("close")
            run.await_stage("EVALUATION")
    with run.step("Tenderee, supervisor, notary and centre sign the opening record"):
        run.summary["opening_record"] = sign_by(
            run, "opening-record", [run[key] for key in SIGNERS]
        )
    run.reached("opened")


def _await_opened(run: Run, host: InRoom) -> None:
    for bid, slot in itertools.product(_bids(run).values(), RESPONSE_SLOTS):
        host.until(_opened(bid, slot))


def _opened(bid: str, slot: int) -> Callable[[Event], bool]:
    return lambda event: event.kind == "opened" and (
        (event.data.get("bid"), event.data.get("slot")) == (bid, slot)
    )


def _read(run: Run, hall: dict[str, InRoom]) -> None:
    with run.step("Every opening sheet is read out; one tenderer objects and is answered"):
        _read_out(run, hall)
    with run.step("Every tenderer confirms its own sheet"):
        in_parallel(lambda key: _confirm(run, hall[key], key), run.tenderers)


def _come_late(run: Run) -> None:
    """The clock stands a second past the deadline: the platform must say so."""
    submission = run.facts[f"submission {run.tenderers[0]}"]
    client = run[run.tenderers[0]].client
    try:
        client.post(
            f"/api/v1/lots/{run.lot}/bids/{submission.bid.bid}/withdraw",
            client.sign(
                "sunlit.withdrawal/1",
                policy=run.summary["policy"],
                bid=str(submission.bid.bid),
            ).as_json(),
        )
    except Refused as refusal:
        run.summary["late"] = {"code": refusal.code, "rule": refusal.rule}
    else:
        run.require(False, "a bid was withdrawn after the deadline")


def _attend(run: Run, room: InRoom) -> None:
    room.do_signed(
        "attend",
        "sunlit.attendance/1",
        lot=f"lot:{run.lot}",
        room=room.urn,
        organisation=room.actor.org_urn,
    )


def release(run: Run, slots: tuple[int, ...]) -> None:
    """Trustees by hand release what their own client's checks allow; the keeper does by itself."""

    def by(key: str) -> Any:
        actor = run[key]
        watch = Watch.open(at_home(run, actor, "trustee") / "watch.json", f"lot:{run.lot}")
        keys = run.facts[f"keys {key}"]

        held: set[Reason] = set()

        def all_released() -> bool:
            look = kit.release_once(actor.client, run.lot, keys, watch, slots=slots)
            held.clear()
            held.update(look.reasons, *(item.reasons for item in look.items))
            return look.done

        def why() -> str:
            return "".join(f" {each.message}" for each in held)

        return run.wait(all_released, f"{key} to release its shares", why=why)

    in_parallel(by, BY_HAND)


def _bids(run: Run) -> dict[str, str]:
    return {
        key: str(run.facts[f"submission {key}"].bid.bid) for key in run.tenderers
    }


def _read_out(run: Run, hall: dict[str, InRoom]) -> None:
    host = hall["tenderee"]
    for bid in _bids(run).values():
        sheet = host.until(_sheet_of(bid))
        run.facts[f"sheet {bid}"] = sheet.data["digest"]
        host.do("read-out", bid=bid)
    # A tenderer's line drops; it comes back and has missed nothing.
    objector = hall[run.tenderers[-1]]
    objector.drop()
    objector.do("object", text="请核对我方工期，是否与开标一览表所载一致。")
    number = host.until(lambda event: event.kind == "objection").data["number"]
    host.do("answer", objection=number, text="已核对，与开标一览表一致。")
    objector.until(lambda event: event.kind == "answer")


def _sheet_of(bid: str) -> Callable[[Event], bool]:
    return lambda event: event.kind == "sheet" and event.data["bid"] == bid


def _confirm(run: Run, room: InRoom, key: str) -> None:
    bid = _bids(run)[key]
    room.do_signed(
        "confirm",
        "sunlit.confirm/1",
        lot=f"lot:{run.lot}",
        room=room.urn,
        organisation=room.actor.org_urn,
        bid=f"bid:{bid}",
        sheet=run.facts[f"sheet {bid}"],
    )

