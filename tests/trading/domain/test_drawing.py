"""What draws refuse, whoever calls: nothing of it leaves a trace."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signatures.domain import clock, guard
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, Refused
from signatures.models import Checkpoint, LedgerEntry
from tests.factories import signers
from tests.trading.drawing import BROKEN, PURPOSE, late, refused, state, table
from trading.domain import drawing
from trading.domain.drawing_publication import bundle
from trading.domain.draws import verify_draw
from trading.domain.signed import Signed, accept
from trading.models import Assignment, Draw, DrawContribution, Exhibit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def around(trusted):
    return table()


def signed(one, body, purpose):
    return accept(one.user, Signed.from_base64(**body), purpose=purpose, fresh=None)


# --- commitments ---------------------------------------------------------------------------------


def test_commitment_waits_for_the_records_timestamp(around):
    answer = around.buyer.post("draws", around.body())
    draw = Draw.objects.get(pk=answer.json()["result"]["draw"])
    before = state()
    refused(around.commit(draw, around.buyer), 503, "awaiting-timestamp", before)
    signers.stamp()
    assert around.commit(draw, around.buyer).status_code == 201


def test_checkpoint_without_a_timestamp_does_not_do(around):
    draw = around.open()
    with guard.writes("test arrangement"):
        Checkpoint.objects.update(timestamp=None)
    before = state()
    refused(around.commit(draw, around.buyer), 503, "awaiting-timestamp", before)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"party": "process:centre"}, 403, "wrong-party"),
        ({"party": "org:other"}, 403, "wrong-party"),
        ({"party": ["x"]}, 403, "wrong-party"),
        ({"draw": "draw:other"}, 409, "wrong-draw"),
        ({"record": "00" * 32}, 409, "wrong-draw"),
        ({"commitment": "00" * 31}, 400, "bad-contribution"),
        ({"commitment": "AB" * 32}, 400, "bad-contribution"),
        ({"commitment": 7}, 400, "bad-contribution"),
        ({"more": "x"}, 400, "bad-json"),
    ],
)
def test_commitment_that_is_not_right_is_refused(around, changes, status, code):
    draw = around.open()
    before = state()
    refused(around.commit(draw, around.buyer, **changes), status, code, before)


def test_nobody_commits_for_another_party(around):
    draw = around.open()
    before = state()
    answer = around.commit(draw, around.buyer, party=around.parties[1].party)
    refused(answer, 403, "wrong-party", before)


def test_party_outside_the_record_does_not_commit(around):
    draw = around.open()
    stranger = signers.enrol("外人", "notary")
    before = state()
    refused(around.commit(draw, stranger), 403, "wrong-party", before)


def test_statement_signed_by_another_is_refused(around):
    draw = around.open()
    statement = around.commit_statement(draw, around.parties[1])
    before = state()
    answer = around.buyer.post(f"draws/{draw.pk}/commitments", statement)
    refused(answer, 403, "certificate-unbound", before)


def test_statement_for_the_other_phase_is_refused(around):
    draw = around.open()
    before = state()
    reveal = around.reveal_statement(draw, around.buyer)
    answer = around.buyer.post(f"draws/{draw.pk}/commitments", reveal)
    refused(answer, 400, "wrong-purpose", before)


def test_party_commits_once(around):
    draw = around.open()
    around.commit(draw, around.buyer)
    before = state()
    refused(around.commit(draw, around.buyer), 409, "committed-already", before)


def test_late_commitment_is_refused(around):
    draw = around.open()
    statement = signed(around.buyer, around.commit_statement(draw, around.buyer), drawing.COMMIT)
    before = state()
    with pytest.raises(Refused) as refusal:
        dispatch(
            drawing.CommitDraw(draw=draw.pk, signed=statement),
            actor=Actor.person(around.buyer.user),
            clock=FixedClock(clock.now() + timedelta(hours=2)),
        )
    assert (refusal.value.code, state()) == ("too-late", before)


@pytest.mark.parametrize("kind", [drawing.CommitDraw, drawing.RevealDraw])
def test_platforms_part_is_the_clocks_alone(around, kind):
    draw = around.open() if kind is drawing.CommitDraw else around.committed()
    before = state()
    for actor in (Actor.person(around.house.operator), Actor.process("worker")):
        with pytest.raises(Denied):
            dispatch(kind(draw=draw.pk, value="00" * 32), actor=actor)
    assert state() == before


def test_commitments_close_when_all_are_there(around):
    draw = around.open()
    around.commit(draw, around.buyer)
    before = state()
    answer = around.buyer.post(f"draws/{draw.pk}/close")
    refused(answer, 409, "commitments-missing", before)
    stranger = signers.enrol("外人", "notary")
    refused(stranger.post(f"draws/{draw.pk}/close"), 403, "wrong-party", before)


def test_nothing_is_committed_after_the_close(around):
    draw = around.committed()
    before = state()
    refused(around.commit(draw, around.buyer), 409, "wrong-phase", before)
    refused(around.buyer.post(f"draws/{draw.pk}/close"), 409, "wrong-phase", before)


# --- reveals -------------------------------------------------------------------------------------


def test_reveal_before_the_close_is_refused(around):
    draw = around.open()
    around.commit(draw, around.buyer)
    before = state()
    refused(around.reveal(draw, around.buyer), 409, "wrong-phase", before)


def test_reveal_waits_for_the_commitments_timestamp(around):
    draw = around.open()
    for one in around.parties:
        around.commit(draw, one)
    signers.tick()
    before = state()
    refused(around.reveal(draw, around.buyer), 503, "awaiting-timestamp", before)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"reveal": "00" * 32}, 409, "wrong-reveal"),
        ({"reveal": "00" * 33}, 400, "bad-contribution"),
        ({"reveal": "xx" * 32}, 400, "bad-contribution"),
        ({"record": "00" * 32}, 409, "wrong-draw"),
    ],
)
def test_forged_reveal_is_refused_and_the_true_one_still_taken(around, changes, status, code):
    draw = around.committed()
    before = state()
    refused(around.reveal(draw, around.buyer, **changes), status, code, before)
    assert around.reveal(draw, around.buyer).status_code == 201


def test_party_reveals_once(around):
    draw = around.committed()
    around.reveal(draw, around.buyer)
    before = state()
    refused(around.reveal(draw, around.buyer), 409, "revealed-already", before)


def test_late_reveal_is_refused_and_its_party_named(around):
    draw = around.committed()
    for one in around.parties[1:]:
        around.reveal(draw, one)
    signers.tick()
    statement = signed(around.buyer, around.reveal_statement(draw, around.buyer), drawing.REVEAL)
    before = state()
    at = FixedClock(clock.now() + timedelta(hours=2))
    with pytest.raises(Refused) as refusal:
        dispatch(
            drawing.RevealDraw(draw=draw.pk, signed=statement),
            actor=Actor.person(around.buyer.user),
            clock=at,
        )
    assert (refusal.value.code, state()) == ("too-late", before)
    assert late(hours=2) == ["trading.void-draw"]
    draw.refresh_from_db()
    assert (draw.phase, draw.at_fault) == ("void", [around.buyer.party])
    assert verify_draw(bundle(draw))["verdict"] == "invalid"


# --- ends ----------------------------------------------------------------------------------------


def test_nobody_voids_a_draw_in_time(around):
    draw = around.open()
    around.commit(draw, around.parties[1])
    before = state()
    refused(around.buyer.post(f"draws/{draw.pk}/void"), 409, "nobody-at-fault", before)
    assert late(minutes=50) == ["trading.commit-draw"]
    assert late(minutes=50) == []


def test_void_draw_names_whoever_was_silent_and_repeats_without_them(around):
    draw = around.voided()
    silent = around.buyer.party
    assert (draw.phase, draw.at_fault) == ("void", [silent])
    leaf = LedgerEntry.objects.get(index=draw.leaves["void"])
    assert silent.encode() in bytes(leaf.data)
    before = state()
    post, names = around.buyer.post, {"before": str(draw.pk)}
    purpose = drawing.purpose_of(PURPOSE, draw)
    record = around.record(purpose=purpose)
    refused(post("draws", around.body(record, **names)), 409, "party-at-fault", before)
    stranger = signers.enrol("新公证", "notary")
    rest = [drawing.CENTRE, around.parties[1].party]
    record = around.record(purpose=purpose, parties=sorted([*rest, stranger.party]))
    refused(post("draws", around.body(record, **names)), 409, "party-missing", before)
    record = around.record(purpose=purpose, parties=sorted([*rest, around.parties[2].party]))
    second = around.open(record, **names)
    assert (second.number, second.before, second.reason) == (2, draw, "")


def test_void_draw_with_one_party_left_needs_a_signed_reason(around):
    draw = around.open()
    signers.tick()
    assert late(hours=2) == ["trading.void-draw"]
    draw.refresh_from_db()
    assert draw.at_fault == sorted(one.party for one in around.parties)
    fresh = [signers.enrol(name, kind) for name, kind in (("甲", "notary"), ("乙", "supervisor"))]
    parties = sorted([drawing.CENTRE, *(one.party for one in fresh)])
    record = around.record(purpose=drawing.purpose_of(PURPOSE, draw), parties=parties)
    before = state()
    answer = around.buyer.post("draws", around.body(record, before=str(draw.pk)))
    refused(answer, 409, "reason-missing", before)


def test_draw_without_a_timestamp_blames_nobody(around):
    answer = around.buyer.post("draws", around.body())
    assert late(days=9) == []
    assert Draw.objects.get(pk=answer.json()["result"]["draw"]).phase == "record"


def test_draw_is_not_concluded_before_the_last_reveal(around):
    draw = around.committed()
    for one in around.parties:
        around.reveal(draw, one)
    before = state()
    answer = around.buyer.post(f"draws/{draw.pk}/conclude")
    refused(answer, 409, "wrong-phase", before)
    stranger = signers.enrol("外人", "notary")
    refused(stranger.post(f"draws/{draw.pk}/conclude"), 403, "wrong-party", before)


def test_draw_is_concluded_once(around):
    draw = around.concluded()
    before = state()
    answer = around.buyer.post(f"draws/{draw.pk}/conclude")
    refused(answer, 409, "draw-over", before)
    refused(around.buyer.post(f"draws/{draw.pk}/void"), 409, "draw-over", before)
    assert late(days=9) == []


def test_draw_below_its_quota_fails_and_assigns_nobody(around):
    draw = around.revealed(around.open(around.record(quota={"experts": 4})))
    signers.tick()
    draw.refresh_from_db()
    assert (draw.phase, draw.result["failed"]) == ("failed", "experts")
    assert Assignment.objects.filter(role="evaluator").count() == 0
    assert Exhibit.objects.get(kind="draw").facts["phase"] == "failed"
    assert verify_draw(bundle(draw)) == {"verdict": "valid", "reasons": []}


def test_result_whose_purpose_refuses_it_does_not_stand(around):
    record = around.record(purpose=BROKEN)
    draw = around.revealed(around.open(record, purpose=BROKEN))
    assert signers.tick() == [("trading.reveal-draw", None), ("trading.conclude-draw", "not-these")]
    draw.refresh_from_db()
    assert (draw.phase, draw.result) == ("reveals", None)
    assert Exhibit.objects.filter(kind="draw").count() == 0


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda r: r["candidates"][0].update(weight=1000), "record"),
        (lambda r: r["avoid"]["candidates"].append("expert:1"), "record"),
    ],
)
def test_record_changed_in_the_database_does_not_verify(around, change, found):
    draw = around.concluded()
    change(draw.record)
    with guard.writes("test arrangement"):
        draw.save(update_fields=["record"])
    assert verify_draw(bundle(draw))["verdict"] == "invalid"


def test_platforms_secret_is_in_no_table_before_its_reveal(around, settings):
    from django.apps import apps

    from signatures.domain import platform

    draw = around.committed()
    secret = platform.draw_reveal(bytes.fromhex(draw.record_digest))
    for model in apps.get_models():
        for row in model.objects.values():
            text = repr(row)
            assert secret.hex() not in text
            assert repr(secret)[2:-1] not in text
    around.reveal(draw, around.buyer)
    signers.tick()
    assert DrawContribution.objects.get(party=drawing.CENTRE).reveal == secret.hex()


def test_lost_key_stops_no_other_draw(around, settings, tmp_path):
    waiting = around.open(commit_seconds=86400)
    over = around.open(around.record(purpose=BROKEN), purpose=BROKEN, commit_seconds=60)
    settings.KEYS = tmp_path / "lost"
    assert late(minutes=5) == ["trading.void-draw"]
    assert Draw.objects.get(pk=waiting.pk).phase == "record"
    assert Draw.objects.get(pk=over.pk).phase == "void"


# --- aliases -------------------------------------------------------------------------------------


def test_alias_hides_a_candidate_and_resolves_it(around):
    aliases = drawing.make_aliases(["user:1", "user:2"])
    assert sorted(hidden["id"] for hidden in aliases.values()) == ["user:1", "user:2"]
    for name, hidden in aliases.items():
        assert drawing.alias(bytes.fromhex(hidden["salt"]), hidden["id"]) == name
        draw = Draw(aliases=aliases)
        assert drawing.real_id(draw, name) == hidden["id"]
    assert drawing.real_id(Draw(aliases={}), "lot:1") == "lot:1"


def test_purpose_means_one_thing(around):
    with pytest.raises(RuntimeError):
        drawing.on_result(PURPOSE, None)
    with pytest.raises(RuntimeError):
        drawing.on_result("Not a name", None)
