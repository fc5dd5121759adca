"""A draw over HTTP: three parties and the platform, from the record to a bundle that proves it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from signatures.domain import checkpoint, jcs, platform
from signatures.models import LedgerEntry
from tests.factories import signers
from tests.trading.drawing import PURPOSE, floor_users, secret, table
from trading.domain import drawing, registry
from trading.domain.draws import draw as run_draw
from trading.domain.draws import verify_draw
from trading.models import Assignment, Draw, DrawContribution, Exhibit, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]


@pytest.fixture
def around(trusted):
    return table()


def get(path: str):
    """What anybody sees, not signed in."""
    answer = Client().get(f"/api/v1/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_draw_from_record_to_proof(around):
    draw = around.open()
    open_now = get(f"draws/{draw.pk}/progress")
    assert (open_now["phase"], open_now["number"], open_now["before"]) == ("record", 1, None)
    assert open_now["missing"] == around.names
    assert draw.record_digest == jcs.digest(draw.record).hex()

    around.concluded(draw)
    bundle = get(f"draws/{draw.pk}")
    assert verify_draw(bundle) == {"verdict": "valid", "reasons": []}
    assert "checkpoint" not in bundle or bundle["leaves"][3]["proof"]
    signers.stamp()
    bundle = get(f"draws/{draw.pk}")
    assert verify_draw(bundle, verifiers=[platform.log_verifier()]) == {
        "verdict": "valid",
        "reasons": [],
    }
    reveals = {party: bytes.fromhex(text) for party, text in bundle["reveals"].items()}
    assert bundle["result"] == run_draw(draw.record, reveals)
    assert bundle["reveals"][around.buyer.party] == secret(around.buyer.party).hex()

    drawn = bundle["result"]["drawn"]["experts"]
    evaluators = Assignment.objects.filter(lot=around.lot, role="evaluator")
    assert [row.user for row in evaluators] == [floor_users[name] for name in drawn]
    exhibit = Exhibit.objects.get(kind="draw")
    assert exhibit.facts == {
        "draw": draw.urn, "purpose": PURPOSE, "number": 1, "phase": "result",
    }
    assert exhibit.audience == ["public"]
    done = get(f"draws/{draw.pk}/progress")
    assert (done["phase"], done["missing"], done["at_fault"]) == ("result", [], [])
    assert sorted(done["timestamps"]) == ["commitments", "record", "result", "reveals"]
    assert [one["party"] for one in done["parties"]] == around.names
    told = Message.objects.filter(template="draw-concluded", user=around.buyer.user)
    assert told.count() == 1


def test_statements_of_the_parties_are_published_with_their_phase(around):
    draw = around.open()
    sent = around.commit_statement(draw, around.parties[1])
    around.parties[1].post(f"draws/{draw.pk}/commitments", sent)
    before = {one["party"]: one for one in get(f"draws/{draw.pk}/progress")["parties"]}
    assert "commitment" not in before[around.parties[1].party]
    for one in (around.parties[0], around.parties[2]):
        around.commit(draw, one)
    signers.tick()
    after = {one["party"]: one for one in get(f"draws/{draw.pk}/progress")["parties"]}
    assert after[around.parties[1].party]["commitment"] == sent
    assert after[drawing.CENTRE]["commitment"] is None
    assert "reveal" not in after[around.parties[1].party]


def test_reveals_stay_hidden_until_the_last(around):
    draw = around.committed()
    around.reveal(draw, around.parties[0])
    shown = get(f"draws/{draw.pk}")
    assert (shown["reveals"], shown["result"]) == ({}, None)
    assert secret(around.buyer.party).hex() not in Client().get(
        f"/api/v1/draws/{draw.pk}/progress"
    ).content.decode()
    assert verify_draw(shown)["verdict"] == "invalid"


def test_bundle_with_another_result_does_not_verify(around):
    draw = around.concluded()
    bundle = get(f"draws/{draw.pk}")
    other = next(name for name in floor_users if name not in bundle["result"]["drawn"]["experts"])
    bundle["result"]["drawn"]["experts"] = [other]
    assert verify_draw(bundle)["verdict"] == "invalid"


def test_bundle_is_held_by_no_other_ledger(around):
    draw = around.concluded()
    signers.stamp()
    bundle = get(f"draws/{draw.pk}")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    other = checkpoint.NoteSigner(platform.log_origin(), Ed25519PrivateKey.generate()).verifier
    assert verify_draw(bundle, verifiers=[other])["verdict"] == "invalid"


def test_published_script_draws_the_same(around, tmp_path):
    draw = around.concluded()
    signers.stamp()
    bundle = tmp_path / "bundle.json"
    bundle.write_bytes(Client().get(f"/api/v1/draws/{draw.pk}").content)
    script = Path(__file__).parents[3] / "trading/static/trading/redraw.py"
    done = subprocess.run(
        [sys.executable, "-I", str(script), str(bundle)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_repeated_request_opens_and_commits_once(around):
    body = around.body()
    first = around.buyer.post("draws", body, key="one")
    again = around.buyer.post("draws", body, key="one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == {**first.json(), "repeated": True}
    assert Draw.objects.count() == 1
    draw = Draw.objects.get()
    signers.stamp()
    statement = around.commit_statement(draw, around.buyer)
    path = f"draws/{draw.pk}/commitments"
    one = around.buyer.post(path, statement, key="two")
    two = around.buyer.post(path, statement, key="two")
    assert (one.status_code, two.json()["repeated"]) == (201, True)
    assert DrawContribution.objects.count() == 1


def test_list_shows_every_draw_of_an_event(around):
    draw = around.voided()
    record = around.record(
        purpose=drawing.purpose_of(PURPOSE, draw),
        parties=sorted(
            [drawing.CENTRE, *(one.party for one in around.parties[1:])]
        ),
    )
    around.open(record, before=str(draw.pk))
    listed = get(f"draws?subject={around.lot.urn}")
    assert [(one["number"], one["phase"], one["before"]) for one in listed] == [
        (2, "record", draw.urn),
        (1, "void", None),
    ]
    assert listed[1]["at_fault"] == [around.buyer.party]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("draws", {"lot": "x", "purpose": PURPOSE, "record": {}}),
        ("draws", {"purpose": PURPOSE, "record": {}}),
        ("draws/{draw}/commitments", {"statement": "AAAA"}),
        ("draws/{draw}/commitments", {"statement": "%", "signature": "AAAA"}),
        ("draws/{draw}/commitments", {"statement": "AAAA", "signature": "AAAA"}),
        ("draws/{draw}/reveals", {"statement": "AAAA", "signature": "AAAA", "more": 1}),
    ],
)
def test_malformed_request_changes_nothing(around, path, body):
    draw = around.open()
    leaves = LedgerEntry.objects.count()
    answer = around.buyer.post(path.format(draw=draw.pk), body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert LedgerEntry.objects.count() == leaves


@pytest.mark.parametrize("path", ["", "commitments", "close", "reveals", "conclude", "void"])
def test_writes_need_somebody_signed_in(around, path):
    draw = around.open()
    address = f"/api/v1/draws/{draw.pk}/{path}" if path else "/api/v1/draws"
    answer = Client().post(address, "{}", "application/json")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-first")


def test_unknown_draw_is_not_found(around):
    identifier = around.lot.pk
    assert Client().get(f"/api/v1/draws/{identifier}").status_code == 404
    assert around.buyer.post(f"draws/{identifier}/close").status_code == 404


def test_urn_of_a_draw_means_something_to_people(around):
    from django.utils import translation

    draw = around.open()
    with translation.override("en"):
        found = registry.resolve(draw.urn)
    assert found.title == f"Draw for {PURPOSE}, number 1"
    assert Client().get(found.address).status_code == 200
