"""The page of a lot's sealing: what stands, who may do what, and that looking changes nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bidding.models import SealingPolicy, Share, TrusteeKey
from signatures.domain import log
from signatures.models import LedgerEntry
from tests.bidding.sealing.steps import prove, released, run_tasks
from tests.bidding.sealing.world import World
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain import registry

pytestmark = pytest.mark.django_db
#: What each kind of task looks like in the page.
TASKS = ("data-make", "data-publish", "data-policy-form", "data-schedule-form", "data-release-form")


def address(world: World) -> str:
    return reverse("sealing", args=[world.lot_row.project.code, world.lot_row.number])


def page(world: World, person: Any = None, language: str = "en") -> Any:
    user = None if person is None else person.user
    return as_(user, language).get(address(world))


def tasks(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.content
    text = answer.content.decode()
    return {name for name in TASKS if re.search(rf"\b{name}\b", text)}


def everybody(world: World) -> dict[str, Any]:
    return {**world.trustees, "tenderer": world.tenderers[0], "public": None}


# --- nothing is sealed yet: these come first, for the later worlds grow out of theirs -------------


def test_page_before_keys_offers_them_to_trustees_alone(unsealed: World):
    found = {name: tasks(page(unsealed, one)) for name, one in everybody(unsealed).items()}
    ceremony = {"data-make", "data-publish"}
    assert found == {
        **dict.fromkeys(unsealed.trustees, ceremony), "tenderer": set(), "public": set()
    }


def test_page_before_keys_says_to_the_tenderee_whose_are_missing(unsealed: World):
    text = text_of(page(unsealed, unsealed.tenderee))
    assert "Waits for the keys of" in text
    assert all(one.organisation.name in text for one in unsealed.trustees.values())
    assert "No sealing policy has been published yet" in text


def test_page_shows_which_keys_are_published(unsealed: World):
    unsealed.make_keys()
    assert text_of(page(unsealed)).count("Keys published") == 4


def test_page_names_the_trustee_and_the_file_for_the_ceremony(unsealed: World):
    notary = unsealed.trustees["notary"]
    text = page(unsealed, notary).content.decode()
    assert f'data-trustee="{notary.organisation.urn}"' in text
    assert f'data-lot-urn="{unsealed.lot_row.urn}"' in text


def test_page_with_all_keys_offers_the_policy_to_the_tenderee_alone(unsealed: World):
    unsealed.make_keys()
    found = {name: tasks(page(unsealed, one)) for name, one in everybody(unsealed).items()}
    assert {name for name, each in found.items() if "data-policy-form" in each} == {"tenderee"}
    text = page(unsealed, unsealed.tenderee).content.decode()
    assert 'name="k" min="2" max="4" value="3"' in text
    for name in ("tenderee", "supervisor"):
        assert unsealed.trustees[name].key.certificate_digest.hex() in text


def test_page_with_a_policy_offers_the_times_to_who_may_sign_them(unsealed: World):
    unsealed.make_keys()
    unsealed.publish_policy()
    found = {name: tasks(page(unsealed, one)) for name, one in everybody(unsealed).items()}
    assert found["tenderee"] == {"data-schedule-form"}
    assert {name for name, each in found.items() if each} == {"tenderee"}
    assert "Schedule 1" in text_of(page(unsealed, unsealed.tenderee))


def test_page_offers_no_times_to_a_tenderee_whose_certificate_the_policy_does_not_name(
    unsealed: World,
):
    unsealed.make_keys()
    unsealed.publish_policy()
    other = floor.person("另一位", unsealed.tenderee.organisation)
    assert tasks(as_(other, "en").get(address(unsealed))) == set()


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_page_is_only_read(unsealed: World, method: str):
    client = as_(unsealed.tenderee.user, "en")
    size = log.size()
    assert getattr(client, method)(address(unsealed), {}).status_code == 405
    assert log.size() == size


@pytest.mark.parametrize(("code", "number"), [("GC-1900-0001", 1), (None, 99)])
def test_page_of_no_lot_is_not_found(unsealed: World, code: str | None, number: int):
    code = code or unsealed.lot_row.project.code
    assert as_(None, "en").get(reverse("sealing", args=[code, number])).status_code == 404


def test_keys_posted_without_the_page_s_token_are_refused(unsealed: World):
    """The page posts with its session: another site's page cannot."""
    notary = unsealed.trustees["notary"]
    client = Client(enforce_csrf_checks=True)
    client.force_login(notary.user)
    body = json.dumps({"statement": "e30=", "signature": "e30="})
    path = f"/api/v1/{unsealed.path('trustee-keys')}"
    answer = client.post(path, body, content_type="application/json")
    assert answer.status_code in (401, 403)
    assert not TrusteeKey.objects.exists()


def test_policy_of_a_trustee_who_is_no_tenderee_is_refused(unsealed: World):
    unsealed.make_keys()
    notary = unsealed.trustees["notary"]
    answer = notary.post(unsealed.path("policy"), notary.sign(unsealed.a_policy().encode()))
    assert answer.status_code == 403
    assert not SealingPolicy.objects.exists()


def test_key_file_is_nobody_s_outside_a_demonstration(unsealed: World):
    path = reverse("own-keys", args=[unsealed.lot_row.project.code, unsealed.lot_row.number])
    for one in everybody(unsealed).values():
        user = None if one is None else one.user
        assert as_(user, "en").get(path).status_code == 404


def test_project_s_page_leads_to_each_command(unsealed: World):
    lot = unsealed.lot_row
    for command, anchor in (
        ("bidding.publish-trustee-key", "keys"),
        ("bidding.publish-policy", "policy"),
        ("bidding.publish-schedule", "schedule"),
    ):
        assert registry.way(command, lot) == f"{address(unsealed)}#{anchor}"


# --- policy and times stand ----------------------------------------------------------------------


# --- before keys ---------------------------------------------------------------------------------


# --- policy and times ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_with_everything_says_what_opens_when(world: World, language: str):
    text = text_of(page(world, None, language))
    assert ("3 of 4" if language == "en" else "4 取 3") in text
    after = "After the technical result is frozen" if language == "en" else "技术结果冻结之后"
    assert after in text
    assert "Schedule 2" in text_of(page(world, world.tenderee))


# --- release -------------------------------------------------------------------------------------


# --- bad input, and that nothing is done ---------------------------------------------------------


# --- the bids are frozen -------------------------------------------------------------------------


def test_page_after_the_deadline_offers_neither_keys_nor_times(frozen: World):
    for one in everybody(frozen).values():
        found = tasks(page(frozen, one))
        assert found <= {"data-release-form"}


def test_page_after_the_freeze_offers_release_to_holders_of_shares(frozen: World):
    found = {name for name, one in everybody(frozen).items() if tasks(page(frozen, one))}
    assert found == {*frozen.trustees, "tenderer"}
    text = text_of(page(frozen, frozen.trustees["notary"]))
    assert text.count("3 envelopes wait for you") == 3
    assert "put your share in its place" in text_of(page(frozen, frozen.tenderers[0]))


def test_page_offers_nothing_to_a_trustee_whose_shares_have_come(frozen: World):
    prove()
    released(frozen, "notary")
    assert Share.objects.count() == 9
    assert tasks(page(frozen, frozen.trustees["notary"])) == set()
    assert tasks(page(frozen, frozen.trustees["supervisor"])) == {"data-release-form"}


def test_page_offers_nothing_once_everything_is_open(frozen: World):
    prove()
    for name in ("tenderee", "notary", "centre"):
        released(frozen, name)
    run_tasks()
    assert tasks(page(frozen, frozen.trustees["supervisor"])) == set()
    assert tasks(page(frozen, frozen.tenderers[0])) == set()


def test_page_looked_at_by_everybody_leaves_no_trace(frozen: World):
    before = LedgerEntry.objects.count()
    for one in everybody(frozen).values():
        page(frozen, one)
    assert LedgerEntry.objects.count() == before
