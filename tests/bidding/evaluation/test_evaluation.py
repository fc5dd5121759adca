"""The evaluation room: what members may do and when, what is fixed when, what nobody may."""

from __future__ import annotations

import json
from copy import deepcopy
from decimal import Decimal

import pytest

from bidding.domain import codes, evaluation, room_state, rooms, scoring
from bidding.models import Evaluation, RoomEvent, Score, ScoreSheet
from demo.terms import COMPREHENSIVE
from signatures import store
from signatures.domain import guard, jcs
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerEntry, LedgerOpening
from tests.bidding.opened import PRICES, events
from tests.factories import floor
from trading.domain import dossier
from trading.models import Exhibit

pytestmark = pytest.mark.django_db(transaction=True)


def state():
    return (
        RoomEvent.objects.count(),
        LedgerEntry.objects.count(),
        list(Score.objects.order_by("pk").values_list("sheet", "code", "criterion", "points")),
        list(ScoreSheet.objects.order_by("pk").values_list("frozen_at", "digest")),
        list(Evaluation.objects.values_list("technical", "scores", "report_at")),
    )


def refusal(world, name, by, kind=Refused, **fields):
    """The code with which a command is refused; nothing has changed."""
    before = state()
    with pytest.raises(kind) as caught:
        world.say(name, by, **fields)
    assert state() == before
    return caught.value.code


def leaf(act):
    """The newest plain leaf of an act."""
    found = [
        entry["entry"]
        for entry in (json.loads(bytes(row.data)) for row in LedgerEntry.objects.order_by("index"))
        if "entry" in entry and entry["entry"]["act"] == act
    ]
    return found[-1]


# --- beginning -----------------------------------------------------------------------------------


def test_evaluation_begins_with_the_last_declaration_after_the_opening(world):
    members = world.play()
    room = world.room
    assert room.stage == "scoring"
    found = room_state.state(room, frozenset({"all"}))
    assert found["codes"] == ["T01", "T02", "T03", "T04"]
    assert {each["user"] for each in found["members"]} == {one.urn for one in members}
    assert ScoreSheet.objects.count() == 5
    assert sorted(ScoreSheet.objects.values_list("label", flat=True)) == [
        "E1", "E2", "E3", "E4", "E5",
    ]


def test_evaluation_begins_with_the_close_where_the_committee_was_first(world):
    opening = world.opening
    opening.hold()
    world.draw()
    for one in world.members():
        world.declare(one)
    assert evaluation.find(opening.lot) is None
    opening.say("close", opening.host)
    assert evaluation.live_room(opening.lot.pk) is not None


def test_codes_follow_from_the_committed_seed_and_the_draw(world):
    world.play()
    row = world.row
    again = codes.assign(
        bytes.fromhex(row.code_seed), bytes.fromhex(row.draw_seed),
        [bid.pk for bid in world.opening.bids],
    )
    assert {bid.pk: code for code, bid in evaluation.coded(row).items()} == again


def test_committee_reads_technical_documents_under_codes(world):
    members = world.begin()
    api = world.opening.api(members[0])
    lines = api.get(f"/api/v1/lots/{world.opening.lot.pk}/exhibits?kind=technical-document")
    assert [line["name"] for line in sorted(lines, key=lambda each: each["name"])] == [
        "T01-1.pdf", "T02-1.pdf", "T03-1.pdf", "T04-1.pdf",
    ]
    text = json.dumps(lines, ensure_ascii=False)
    for bid in world.opening.bids:
        assert bid.tenderer.name not in text
        assert str(bid.pk) not in text
        assert str(bid.tenderer_id) not in text
    everything = api.get(f"/api/v1/lots/{world.opening.lot.pk}/exhibits")
    assert not [line for line in everything if line["kind"] == "bid-document"]
    first = next(line for line in lines if line["name"] == f"{world.code_of(0)}-1.pdf")
    content = api.get(f"/api/v1/exhibits/{first['id']}/content")
    assert content == f"%PDF-1.7 {world.opening.bids[0].pk}".encode()
    for other in (world.opening.bidders[0], world.opening.host, None):
        with pytest.raises(NotFound):
            world.opening.api(other).get(f"/api/v1/exhibits/{first['id']}/content")


def test_only_members_and_supervisors_are_in_the_room(world):
    members = world.begin()
    room, opening = world.room, world.opening
    assert evaluation.audiences(members[0], room) == {
        "all", "committee", f"one:{members[0].urn}",
    }
    assert evaluation.audiences(opening.supervisor, room) == {"all", "supervisors"}
    outside = next(user for user in world.experts.values() if user not in members)
    for one in (opening.host, opening.bidders[0], opening.keeper, opening.notary, outside):
        assert evaluation.audiences(one, room) == frozenset()


# --- joining, chair ------------------------------------------------------------------------------


def test_chair_needs_more_than_half_of_the_committee(world):
    members = world.begin()
    world.say("join", members[0])
    world.say("join", members[0])
    assert len(events(world.room, "present")) == 1
    missing = refusal(world, "elect-chair", members[0], NotFound, member="user:1")
    assert missing == "no-such-member"
    chair = members[2].urn
    for one in members[:2]:
        assert world.say("elect-chair", one, member=chair)["chair"] is None
    world.say("elect-chair", members[1], member=members[0].urn)
    assert world.say("elect-chair", members[3], member=chair)["chair"] is None
    assert world.say("elect-chair", members[4], member=chair)["chair"] == chair
    assert refusal(world, "elect-chair", members[0], member=chair) == "chair-elected"


def test_outsiders_do_nothing_in_the_room(world):
    members = world.begin()
    opening = world.opening
    outside = next(user for user in world.experts.values() if user not in members)
    for one in (opening.host, opening.bidders[0], opening.supervisor, opening.keeper, outside):
        for name, fields in (
            ("join", {}),
            ("elect-chair", {"member": members[0].urn}),
            ("score", {"bid": "T01", "criterion": "plan", "points": "1"}),
            ("reject", {"bid": "T01", "reason": "x"}),
            ("freeze-scores", {}),
            ("compute-scores", {}),
            ("dissent", {"text": "x"}),
            ("write-report", {}),
        ):
            refusal(world, name, one, Denied, **fields)


# --- scoring -------------------------------------------------------------------------------------


def test_points_are_kept_replaced_and_seen_by_their_member_alone(world):
    one, other = world.begin()[:2]
    world.say("score", one, bid="T01", criterion="plan", points="31.5")
    world.say("score", one, bid="T01", criterion="plan", points="31.50")
    world.say("score", one, bid="T01", criterion="plan", points="30")
    room = world.room
    assert [event.audience for event in events(room, "scored")] == [f"one:{one.urn}"] * 2
    assert Score.objects.get().points == Decimal("30.00")
    seen = room_state.state(room, evaluation.audiences(other, room))
    assert seen["scores"] == {}
    own = room_state.state(room, evaluation.audiences(one, room))
    assert own["scores"] == {"T01": {"plan": "30.00"}}
    watched = room_state.state(room, evaluation.audiences(world.opening.supervisor, room))
    assert watched["scores"] == {}


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        ({"bid": "T05"}, NotFound, "no-such-bid"),
        ({"bid": "东岳路桥"}, NotFound, "no-such-bid"),
        ({"criterion": "price"}, Malformed, "no-criterion"),
        ({"points": "40.01"}, Malformed, "bad-points"),
        ({"points": "-1"}, Malformed, "bad-points"),
        ({"points": "1.001"}, Malformed, "bad-points"),
        ({"points": "many"}, Malformed, "bad-field"),
        ({"points": 12}, Malformed, "bad-field"),
        ({"member": "user:1"}, Malformed, "unknown-field"),
    ],
)
def test_a_score_that_is_not_right_is_refused(world, fields, kind, code):
    member = world.begin()[0]
    asked = {"bid": "T01", "criterion": "plan", "points": "30", **fields}
    assert refusal(world, "score", member, kind, **asked) == code


def test_progress_says_how_many_sheets_are_complete_and_no_more(world):
    members = world.begin()
    world.fill(members[0], 0, only=11)
    assert events(world.room, "progress") == []
    world.fill(members[0], 0)
    [event] = events(world.room, "progress")
    assert (event.data, event.actor) == ({"complete": 1, "of": 5}, world.room.urn)


# --- freezing a sheet ----------------------------------------------------------------------------


def test_a_sheet_is_frozen_by_a_signature_over_exactly_what_stands(world):
    members = world.begin()
    one, other = members[:2]
    world.fill(one, 0, only=11)
    assert refusal(world, "freeze-sheet", one, **world.sheet_statement(one)) == "sheet-incomplete"
    world.fill(one, 0)
    before = world.sheet_statement(one)
    world.say("score", one, bid="T01", criterion="plan", points="1")
    assert refusal(world, "freeze-sheet", one, **before) == "other-sheet"
    good = world.sheet_statement(one)
    assert refusal(world, "freeze-sheet", other, Denied, **good) == "certificate-unbound"
    wrong = world.sheet_statement(one, room="room:1")
    assert refusal(world, "freeze-sheet", one, **wrong) == "wrong-room"
    result = world.say("freeze-sheet", one, **good)
    assert (result["frozen"], result["of"]) == (1, 5)
    again = {"bid": "T01", "criterion": "plan", "points": "2"}
    assert refusal(world, "score", one, **again) == "sheet-frozen"
    assert refusal(world, "freeze-sheet", one, **good) == "sheet-frozen"
    opened = LedgerOpening.objects.get(entry__act="bidding.freeze-sheet")
    assert opened.owners == [one.urn]
    own = world.opening.api(one).get(f"/api/v1/lots/{world.opening.lot.pk}/committee/sheet")
    assert own["sha256"] == result["sheet"] == ScoreSheet.objects.get(seat__user=one).digest
    assert store.read(result["sheet"]) == jcs.dumps(own["sheet"])


def test_nobody_reads_a_sheet_but_their_own(world):
    members = world.begin()
    world.fill(members[0], 0)
    path = f"/api/v1/lots/{world.opening.lot.pk}/committee/sheet"
    assert world.opening.api(members[1]).get(path)["sheet"]["scores"] == {}
    for one in (world.opening.host, world.opening.supervisor, world.opening.bidders[0]):
        with pytest.raises(NotFound):
            world.opening.api(one).get(path)


# --- freezing the scores -------------------------------------------------------------------------


def test_scores_are_frozen_only_when_every_sheet_is(world):
    members = world.begin()
    for place, one in enumerate(members[:4]):
        world.write(one, place)
        world.freeze_sheet(one)
    assert refusal(world, "freeze-scores", members[0]) == "sheets-open"
    world.write(members[4], 4)
    world.freeze_sheet(members[4])
    result = world.say("freeze-scores", members[0])
    assert result["frozen"] is True
    said = leaf("bidding.freeze-scores")
    assert said["subject"] == world.opening.lot.urn
    assert said["digests"] == {"result": result["result"]}
    assert said["context"]["seed"] == world.row.code_seed
    content = jcs.loads(store.read(result["result"]))
    assert len(content["salt"]) == 64
    assert set(content["technical"]) == {"T01", "T02", "T03", "T04"}
    assert refusal(world, "freeze-scores", members[0]) == "scores-frozen"
    more = {"bid": "T01", "criterion": "plan", "points": "2"}
    assert refusal(world, "score", members[0], **more) == "scores-frozen"


def test_names_are_shown_after_the_freeze_and_not_before(world):
    members = world.scored()
    names = [bid.tenderer.name for bid in world.opening.bids]
    audiences = evaluation.audiences(members[0], world.room)

    def seen():
        state = room_state.state(rooms.get(world.room.pk), audiences)
        return json.dumps(state, ensure_ascii=False)

    assert not any(name in seen() for name in names)
    assert not any(str(bid.pk) in seen() for bid in world.opening.bids)
    world.say("freeze-scores", members[0])
    assert all(name in seen() for name in names)
    identities = room_state.state(rooms.get(world.room.pk), audiences)["identities"]
    assert identities[world.code_of(2)]["name"] == names[2]


def test_objective_criteria_that_differ_open_the_sheets_again(world):
    parameters = deepcopy(COMPREHENSIVE)
    parameters["technical"]["criteria"][2]["objective"] = True
    with guard.writes("test"):
        world.opening.lot.parameters = parameters
        world.opening.lot.save()
    members = world.scored()
    result = world.say("freeze-scores", members[0])
    assert result["frozen"] is False
    [event] = events(world.room, "differs")
    assert event.data["cells"] == [[code, "team"] for code in world.codes()]
    assert ScoreSheet.objects.filter(frozen_at__isnull=False).count() == 0
    assert Evaluation.objects.get().frozen_at is None
    for one in members:
        for code in world.codes():
            world.say("score", one, bid=code, criterion="team", points="20")
        world.freeze_sheet(one)
    assert world.say("freeze-scores", members[0])["frozen"] is True


# --- rejecting, prices, ranking ------------------------------------------------------------------


def test_rejection_takes_more_than_half_and_leaves_the_bid_out(world):
    members = world.scored()
    code = world.code_of(1)
    missing = refusal(world, "reject", members[0], NotFound, bid="T09", reason="x")
    assert missing == "no-such-bid"
    assert refusal(world, "reject", members[0], Malformed, bid=code, reason=" ") == "bad-text"
    answers = [world.say("reject", one, bid=code, reason="未响应工期") for one in members[:3]]
    assert [each["rejected"] for each in answers] == [False, False, True]
    assert refusal(world, "reject", members[3], bid=code, reason="x") == "already-rejected"
    world.say("freeze-scores", members[0])
    lot = world.opening.refresh()
    assert evaluation.admitted(lot) == sorted(
        bid.pk for number, bid in enumerate(world.opening.bids) if number != 1
    )
    facts = dossier.latest(lot, "technical-result").facts
    assert facts["rejected"] == [world.opening.bids[1].urn]
    world.opening.open_prices()
    world.say("compute-scores", members[0])
    row = Evaluation.objects.get()
    assert code not in {one["code"] for one in row.ranking}
    [rejected] = row.rejected
    assert rejected["org"] == world.opening.bids[1].tenderer.urn
    assert rejected["reason"] == "未响应工期"


def test_ranking_waits_for_freeze_and_prices_and_is_computed_once(world):
    members = world.scored()
    assert refusal(world, "compute-scores", members[0]) == "scores-not-frozen"
    world.say("freeze-scores", members[0])
    assert refusal(world, "compute-scores", members[0]) == "prices-sealed"
    world.opening.open_prices()
    world.say("compute-scores", members[1])
    assert refusal(world, "compute-scores", members[0]) == "already-computed"
    late = {"bid": world.code_of(1), "reason": "x"}
    assert refusal(world, "reject", members[0], **late) == "computed"


def test_anyone_can_compute_the_ranking_again_from_what_is_stored(world):
    world.computed()
    row = Evaluation.objects.get()
    content = jcs.loads(store.read(row.scores))
    technical = jcs.loads(store.read(row.technical))
    sheets = [
        {
            code: {name: Decimal(points) for name, points in cells.items()}
            for code, cells in sheet["scores"].items()
        }
        for sheet in technical["sheets"].values()
    ]
    scheme = scoring.read(content["parameters"])
    offers = {
        world.code_of(number): Decimal(price) for number, price in enumerate(PRICES)
    }
    points = scoring.technical(scheme, list(technical["codes"]), sheets)
    again = scoring.rank(scheme, points, offers)
    assert [(one.code, str(one.score)) for one in again] == [
        (one["code"], one["score"]) for one in row.ranking
    ]
    first = row.ranking[0]
    assert set(first) == {
        "org", "bid", "code", "rank", "price", "technical", "price_score", "score", "terms",
    }


def test_a_bid_without_a_readable_price_drops_out_with_the_reason(world):
    members = world.scored()
    world.say("freeze-scores", members[0])
    world.opening.open_prices(spoiled=0)
    world.say("compute-scores", members[0])
    row = Evaluation.objects.get()
    [dropped] = row.rejected
    assert dropped["org"] == world.opening.bids[0].tenderer.urn
    assert [one["rank"] for one in row.ranking] == [1, 2, 3]


def test_other_parameters_than_the_published_ones_are_refused(world):
    members = world.scored()
    world.say("freeze-scores", members[0])
    world.opening.open_prices()
    parameters = deepcopy(COMPREHENSIVE)
    parameters["technical"]["weight"] = 50
    with guard.writes("test"):
        world.opening.lot.parameters = parameters
        world.opening.lot.save()
    assert refusal(world, "compute-scores", members[0]) == "other-parameters"


def test_no_public_leaf_or_event_for_outsiders_tells_a_score(world):
    world.computed()
    row = Evaluation.objects.get()
    public = [bytes(entry.data).decode() for entry in LedgerEntry.objects.all()]
    for one in row.ranking:
        assert not any(f'"{one["score"]}"' in text for text in public)
    for kind in ("technical-result", "evaluation-scores"):
        exhibit = Exhibit.objects.get(kind=kind)
        for user in (world.opening.host, world.opening.bidders[0], floor.person("路人")):
            with pytest.raises(NotFound):
                world.opening.api(user).get(f"/api/v1/exhibits/{exhibit.pk}/content")


# --- a member leaves -----------------------------------------------------------------------------


def test_a_conflict_found_while_scoring_brings_the_alternate_a_sheet(world):
    members = world.begin()
    world.fill(members[0], 0)
    world.declare(members[0], conflict=True)
    assert evaluation.audiences(members[0], world.room) == frozenset()
    new = next(one for one in world.members() if one not in members)
    assert evaluation.audiences(new, world.room) == frozenset()
    world.declare(new)
    assert "committee" in evaluation.audiences(new, world.room)
    for place, one in enumerate(world.members()):
        if one != members[0]:
            world.write(one, place)
        world.freeze_sheet(one)
    world.say("freeze-scores", new)
    content = jcs.loads(store.read(Evaluation.objects.get().technical))
    assert len(content["sheets"]) == 5
    code = refusal_of_conflict(world, members[1])
    assert code == "scores-frozen"


def refusal_of_conflict(world, member):
    with pytest.raises(Refused) as caught:
        world.declare(member, conflict=True)
    return caught.value.code
