"""The page of a tenderer's bid: who is let in, what it says at each state, and that it writes
nothing; what its script is given."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from bidding.domain import policies
from bidding.models import Bid, BidVersion
from signatures.domain import clock, guard, log
from signatures.models import LedgerOpening
from tests.bidding.sealing import conftest as sealing
from tests.bidding.sealing.people import move_clock
from tests.bidding.sealing.world import DEADLINE, withdrawal
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.interfaces import tour
from trading.interfaces.sign_ins import Known, SignIn, Stop

pytestmark = pytest.mark.django_db

# A world of sealed bidding, made once for this module.
standing_unsealed, standing, world = sealing.standing_unsealed, sealing.standing, sealing.world


def address(world) -> str:
    return reverse("bid", args=[world.house.lot.project.code, world.house.lot.number])


def page(world, person=None, language="en"):
    return as_(person, language).get(address(world))


def data(answer) -> dict:
    found = re.search(r'data-bid="([^"]*)"', answer.content.decode())
    assert found is not None
    return json.loads(unescape(found[1]))


def project_page(world, person) -> str:
    return text_of(as_(person, "en").get(reverse("project", args=[world.house.lot.project.code])))


# --- who is let in -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_lot_s_tenderers_are_let_in(world, language):
    world.submit(world.tenderers[0])
    stranger = floor.person("路人", floor.organisation("无关公司", "tenderer"))
    before = log.size()
    others = {
        "public": None,
        "tenderee": world.tenderee.user,
        "supervisor": world.house.supervisor,
        "operator": world.house.operator,
        "notary": world.trustees["notary"].user,
        "stranger": stranger,
    }
    found = {name: page(world, person, language) for name, person in others.items()}
    assert {name: answer.status_code for name, answer in found.items()} == dict.fromkeys(
        others, 403
    )
    bid = str(Bid.objects.get().pk)
    names = [each.organisation.name for each in world.tenderers]
    for answer in found.values():
        html = answer.content.decode()
        assert bid not in html
        assert [name for name in names if name in html] == []
    assert page(world, world.tenderers[0].user, language).status_code == 200
    assert log.size() == before


def test_tenderers_see_nothing_of_one_another(world):
    world.submit(world.tenderers[0])
    answer = page(world, world.tenderers[1].user)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert str(Bid.objects.get().pk) not in html
    assert world.tenderers[0].organisation.name not in html
    assert data(answer)["bid"] is None


@pytest.mark.parametrize("who", ["public", "tenderee", "other"])
def test_what_the_page_calls_refuses_everybody_else(world, who):
    owner, other = world.tenderers[0], world.tenderers[1]
    submission, _kit = world.seal(owner)
    uploads = world.register(owner, submission).json()["uploads"]
    person = {"public": None, "tenderee": world.tenderee.user, "other": other.user}[who]
    before, version = log.size(), BidVersion.objects.get()
    client = as_(person, "en")
    signed = withdrawal(world, owner, submission.bid.bid)
    answers = [
        client.post(
            f"/api/v1/{world.path(f'bids/{submission.bid.bid}/withdraw')}",
            json.dumps(signed),
            content_type="application/json",
        ),
        client.delete(uploads[0]["url"], headers={"Tus-Resumable": "1.0.0"}),
        client.head(uploads[0]["url"], headers={"Tus-Resumable": "1.0.0"}),
    ]
    assert {answer.status_code for answer in answers} <= {401, 403, 404}
    mine = client.get(f"/api/v1/{world.path('bids/mine')}")
    assert mine.status_code == 401 or mine.json() == {"bids": []}
    version.refresh_from_db()
    assert (version.state, log.size()) == ("receiving", before)


def test_page_takes_no_post(world):
    assert as_(world.tenderers[0].user).post(address(world), {}).status_code == 405


@pytest.mark.parametrize("path", ["lots/2/bid/", "lots/0/bid/"])
def test_unknown_lot_is_not_found(world, path):
    found = as_(world.tenderers[0].user).get(f"/projects/{world.house.lot.project.code}/{path}")
    assert found.status_code == 404


# --- what it says --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Sign, seal and hand in", "Who can open this bid", "3 of these 4"]),
        ("zh-hans", ["签署、加密并递交", "谁能打开这份投标", "以下 4 方中有 3 方"]),
    ],
)
def test_page_before_the_first_bid_offers_every_step(world, language, sentences):
    text = text_of(page(world, world.tenderers[0].user, language))
    assert [each for each in sentences if each not in text] == []
    assert "Withdraw your bid" not in text


def test_script_is_given_what_it_seals_with_and_no_more(world):
    person = world.tenderers[0]
    given = data(page(world, person.user))
    policy = policies.get(world.house.lot)
    assert given["policy_digest"] == policy.statement
    assert given["slots"] == [1, 2, 3, 4]
    assert given["certificates"] == [person.key.certificate_digest.hex()]
    assert given["tenderer"] == person.organisation.urn
    assert (given["open"], given["bid"], given["newest"], given["counts"]) == (True, None, 0, 0)


def test_a_version_on_its_way_is_given_with_its_uploads(world):
    person = world.tenderers[0]
    submission, _kit = world.seal(person)
    uploads = world.register(person, submission).json()["uploads"]
    answer = page(world, person.user)
    given = data(answer)
    assert given["bid"] == str(submission.bid.bid)
    assert given["coming"]["uploads"] == uploads
    assert (given["newest"], given["counts"]) == (1, 0)
    assert "It counts once all of it has arrived." in text_of(answer)


def test_complete_bid_is_confirmed_with_its_receipts(world):
    person = world.tenderers[0]
    submission, _kit = world.submit(person)
    answer = page(world, person.user)
    text = text_of(answer)
    assert "Version 1 of your bid counts" in text
    subject = f"bid:{submission.bid.bid}"
    receipts = [
        str(row.pk) for row in LedgerOpening.objects.filter(subject=subject) if row.owners
    ]
    html = answer.content.decode()
    assert len(receipts) == 2
    assert [each for each in receipts if reverse("receipt", args=[each]) not in html] == []
    assert data(answer)["counts"] == 1


def test_replacement_that_is_on_its_way_leaves_the_complete_version_standing(world):
    person = world.tenderers[0]
    submission, _kit = world.submit(person)
    second, _kit = world.seal(person, version=2, bid=submission.bid.bid)
    world.register(person, second)
    text = text_of(page(world, person.user))
    assert "Version 2 is on its way. Until all of it has arrived, version 1" in text
    assert "Version 1 of your bid counts" in text


def test_withdrawn_bid_shows_its_receipt_and_lets_a_new_one_begin(world):
    person = world.tenderers[0]
    submission, _kit = world.submit(person)
    bid = submission.bid.bid
    answer = person.post(world.path(f"bids/{bid}/withdraw"), withdrawal(world, person, bid))
    assert answer.status_code == 200
    shown = page(world, person.user)
    text = text_of(shown)
    assert "It is never opened, and its ciphertext is erased. You may hand in another one." in text
    assert reverse("receipt", args=[answer.json()["receipt"]["id"]]) in shown.content.decode()
    assert (data(shown)["bid"], data(shown)["newest"]) == (None, 0)


# --- when nothing can be handed in ---------------------------------------------------------------


def closed(world, person) -> str:
    answer = page(world, person.user)
    assert answer.status_code == 200
    assert "Sign, seal and hand in" not in text_of(answer)
    return text_of(answer)


def test_after_the_deadline_the_script_may_only_forget(world):
    person = world.tenderers[0]
    submission, _kit = world.submit(person)
    move_clock(DEADLINE + timedelta(seconds=1))
    assert "What was complete at the deadline is your bid." in closed(world, person)
    given = data(page(world, person.user))
    assert given == {
        "open": False,
        "over": True,
        "lot": world.house.lot.urn,
        "tenderer": person.organisation.urn,
        "bid": str(submission.bid.bid),
        "counts": 1,
    }


@pytest.mark.parametrize(
    ("state", "sentence", "over"),
    [
        ("suspended", "What you prepared stays on your device.", False),
        ("terminated", "The procedure is over.", True),
        ("failed", "The procedure is over.", True),
    ],
)
def test_lot_that_does_not_run_takes_nothing(world, state, sentence, over):
    with guard.writes("test arrangement"):
        world.house.lot.state = state
        world.house.lot.suspended_at = clock.now() if state == "suspended" else None
        world.house.lot.save()
    assert sentence in closed(world, world.tenderers[0])
    assert data(page(world, world.tenderers[0].user))["over"] is over


def test_blocked_tenderer_is_told(world):
    person = world.tenderers[0]
    with guard.writes("test arrangement"):
        person.organisation.blocked_until = clock.now() + timedelta(days=30)
        person.organisation.save()
    assert "A credit decision keeps this organisation out" in closed(world, person)


# --- the way there -------------------------------------------------------------------------------


def test_project_page_leads_the_tenderer_there(world):
    person = world.tenderers[0]
    code = world.house.lot.project.code
    html = as_(person.user, "en").get(reverse("project", args=[code])).content.decode()
    for anchor in ("sign", "upload", "withdraw"):
        assert f'href="{address(world)}#{anchor}"' in html
    assert "Not handed in yet" in project_page(world, person.user)
    world.submit(person)
    assert "Version 1 was handed in at" in project_page(world, person.user)


def test_demonstration_s_first_stop_leads_there(world):
    person = world.tenderers[0]
    stop = Stop(name="bid", lot=world.lot, username=person.user.username)
    own = SignIn(part="tenderer", username=person.user.username, password="word")
    [leg] = tour.route(Known(people=(own,), route=(stop,)))
    assert leg.address == f"{address(world)}#sign"


@pytest.mark.parametrize("who", ["public", "tenderee", "supervisor", "other"])
def test_project_page_says_nothing_of_the_bid_to_others(world, who):
    world.submit(world.tenderers[0])
    person = {
        "public": None,
        "tenderee": world.tenderee.user,
        "supervisor": world.house.supervisor,
        "other": world.tenderers[1].user,
    }[who]
    text = project_page(world, person)
    assert "was handed in at" not in text
    assert ("Your bid" in text) is (who == "other")
    assert world.tenderers[0].organisation.name not in text
