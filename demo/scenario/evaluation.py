"""The committee drawn, conflicts declared, blind scoring, prices opened, the report signed."""

from __future__ import annotations

import contextlib
import hashlib
from decimal import Decimal
from typing import Any

from bidding.kit import client as kit
from bidding.kit.watch import Watch
from demo import cast
from demo.actors import Actor
from demo.hall import InRoom
from demo.run import Run
from demo.scenario import clarifying, drawing, final_offers
from demo.scenario.bidding import PRICE_SLOT, in_parallel
from demo.scenario.opening import release
from demo.scenario.signing import sign_by
from signatures.domain.errors import Refused

SPECIALITY = "municipal"


def play(run: Run) -> None:
    """Everything up to the signed evaluation report; ``reported`` is reached."""
    members = seat(run)
    with contextlib.ExitStack() as doors:
        rooms = convene(run, members, doors)
        clarifying.play(run, rooms)
        with run.step("They score blind by codes; one loses the line and goes on; sheets freeze"):
            score(run, rooms)
        chair = rooms[0]
        if run.variant.final_offers:
            with run.step("The group's result is frozen: with whom it goes on, and how they score"):
                chair.do("freeze-scores")
            final_offers.play(run)
        else:
            _open_prices(run, chair)
        with run.step("Every price stands in the committee's room"):
            for key in run.tenderers:
                _await_price(chair, str(run.facts[f"submission {key}"].bid.bid))
        with run.step("Scores are computed; the chair lays the report out"):
            chair.do("compute-scores")
            ranking = chair.until(lambda event: event.kind == "ranking").data["ranking"]
            run.summary["ranking"] = ranking
            for one in ranking[:3] if run.variant.decided else ():
                chair.do(
                    "appraise",
                    bid=one["code"],
                    merits="施工组织设计完整，关键工序的质量保证措施具体。",
                    risks="夏季汛期工期偏紧，签约时应约定赶工措施。",
                )
            chair.do("write-report")
        with run.step("Every member signs the report"):
            run.summary["evaluation_report"] = sign_by(run, "evaluation-report", members)
            run.await_stage("CANDIDATES")
    run.reached("reported")


def _open_prices(run: Run, chair: InRoom) -> None:
    with run.step("The technical result is frozen; tenderee and supervisor sign the gate"):
        chair.do("freeze-scores")
        _open_price_gate(run)
    with run.step("Trustees release the price slot; prices are opened"):
        release(run, (PRICE_SLOT,))


def seat(run: Run, *, name: str = "evaluators") -> list[Actor]:
    """A committee is drawn and its members have declared; gives them. ``name`` is its draw's."""
    with run.step(f"From the pool of both regions {run.variant.members} experts are drawn"):
        _draw(run, name)
    with run.step("Evaluators declare; one has a conflict and an alternate is called"):
        return _declare(run)


def convene(run: Run, members: list[Actor], doors: contextlib.ExitStack) -> list[InRoom]:
    """The members are in their room, which is left with ``doors``, and have a chair."""
    with run.step("The evaluators join from afar and elect their chair"):
        rooms = [doors.enter_context(InRoom(run, member, "evaluation")) for member in members]
        in_parallel(lambda number: rooms[int(number)].do("join"), map(str, range(len(rooms))))
        for room in rooms[: len(rooms) // 2 + 1]:  # more than half have chosen
            room.do("elect-chair", member=members[0].urn)
    return rooms


def score(run: Run, rooms: list[InRoom]) -> None:
    """Whoever is in these rooms scores every bid and freezes their sheet."""
    in_parallel(lambda number: _score(run, rooms[int(number)]), map(str, range(len(rooms))))


def _draw(run: Run, name: str) -> None:
    for role in cast.EXPERTS:
        _into_the_pool(run, role)
    answer = run["tenderee"].client.post(
        f"/api/v1/lots/{run.lot}/committee",
        {"quota": {SPECIALITY: run.variant.members}, "alternates": 2},
    )["result"]
    parties = (run["tenderee"], run["supervisor"], run["notary"])
    drawing.hold(run, answer["draw"], parties, name=name)


def _into_the_pool(run: Run, role: cast.Role) -> None:
    """Once a person; they stay there for later tenders."""
    try:
        run.troupe.operator.post(
            "/api/v1/experts",
            {
                "person": run[role.key].person,
                "specialities": [SPECIALITY],
                "employer": cast.EMPLOYERS[role.key],
                "region": role.region,
            },
        )
    except Refused as refusal:
        if refusal.code != "already-expert":
            raise


def _seated(run: Run) -> list[Actor]:
    """The experts who sit on the committee now, as each of them is told."""
    found = []
    for role in cast.EXPERTS:
        mine = run[role.key].client.get("/api/v1/committees/mine")["committees"]
        if any(each["lot"] == run.lot for each in mine):
            found.append(run[role.key])
    return found


def _declare(run: Run) -> list[Actor]:
    size = run.variant.members
    seated = run.wait(lambda: len(_seated(run)) == size and _seated(run), "all seats to be taken")
    _declares(run, seated[-1], conflict=True)
    for member in seated[:-1]:
        _declares(run, member, conflict=False)
    successor = next(each for each in _seated(run) if each not in seated)
    _declares(run, successor, conflict=False)
    members = _seated(run)
    run.require(len(members) == size, f"the committee has {len(members)} members")
    run.summary["committee"] = {
        "members": len(members),
        "replaced_for_conflict": 1,
        "regions": sorted({member.role.region for member in members}),
    }
    return members


def _declares(run: Run, member: Actor, *, conflict: bool) -> None:
    committee = member.client.get(f"/api/v1/lots/{run.lot}/committee")
    member.client.post(
        f"/api/v1/lots/{run.lot}/committee/declarations",
        member.client.sign(
            "sunlit.conflict/1",
            lot=f"lot:{run.lot}",
            committee=committee["urn"],
            conflict=conflict,
            reason="两年前曾在一家投标人任职" if conflict else "",
        ).as_json(),
    )


def _score(run: Run, room: InRoom) -> None:
    """One evaluator: reads every technical document under its code, scores, signs the sheet."""
    member = room.actor
    sheet = member.client.get(f"/api/v1/lots/{run.lot}/committee/sheet")
    codes = documents(run, member)
    for number, (code, data) in enumerate(sorted(codes.items())):
        for criterion in run.variant.criteria:
            points = _points(member.role.key, criterion, data)
            room.do("score", bid=code, criterion=criterion["id"], points=points)
        if number == 1 and member.role.key.endswith(("3", "6")):
            room.drop()
    sheet = member.client.get(f"/api/v1/lots/{run.lot}/committee/sheet")
    room.do_signed(
        "freeze-sheet",
        "sunlit.score-sheet/1",
        lot=f"lot:{run.lot}",
        room=room.urn,
        sheet=sheet["sha256"],
    )


def documents(run: Run, member: Actor) -> dict[str, bytes]:
    """Code -> the technical documents of that bid; nothing in them says whose they are."""
    found: dict[str, bytes] = {}
    for exhibit in member.client.get(
        f"/api/v1/lots/{run.lot}/exhibits", kind="technical-document"
    ):
        data = member.client.get(f"/api/v1/exhibits/{exhibit['id']}/content")
        found[exhibit["facts"]["code"]] = found.get(exhibit["facts"]["code"], b"") + data
    run.require(len(found) == len(run.tenderers), f"{len(found)} coded bids are readable")
    return found


def _points(key: str, criterion: dict[str, Any], data: bytes) -> str:
    """An opinion: 75 to 97 per cent of full marks, by document and evaluator."""
    seed = hashlib.sha256(data + criterion["id"].encode()).digest()[0] % 20
    own = hashlib.sha256(key.encode() + data).digest()[0] % 3
    return str((Decimal(criterion["full"]) * (75 + seed + own) / 100).quantize(Decimal("0.01")))


def _open_price_gate(run: Run) -> None:
    for key in ("tenderee", "supervisor"):
        actor = run[key]
        watch = Watch.open(run.folder(actor) / "gate" / "watch.json", f"lot:{run.lot}")
        run.wait(_signs_gate(run, actor, watch), f"{key} to sign the price's gate")


def _signs_gate(run: Run, actor: Actor, watch: Watch) -> Any:
    def sign() -> bool:
        kit.publish_gate(actor.client, run.lot, PRICE_SLOT, watch)
        return True

    return sign


def _await_price(room: InRoom, bid: str) -> None:
    room.until(lambda event: event.kind == "price" and event.data["bid"] == bid)
