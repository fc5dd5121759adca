"""Steps that only a procedure file knows: a page and a call, for those whom the file names."""

from __future__ import annotations

import pytest
from django.urls import reverse

from signatures.domain import guard, log
from tests.trading.api.calls import Program, problem
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain import procedure_file, registry

pytestmark = pytest.mark.django_db

TEXT = """
name = "sixth"
version = "1"
based_on = "construction"
category = "sixth"

[[commands]]
name = "sixth.show"
act = "trading.advance"
roles = ["tenderee"]
from = ["DOCUMENTS"]
article = "TBL 9"
[[commands]]
name = "sixth.skip"
act = "trading.advance"
roles = ["tenderee"]
from = ["DOCUMENTS"]
to = "BIDDING"
article = "TBL 9"

[texts.zh-hans]
title = "第六"
[texts.zh-hans.commands]
"sixth.show" = "登记一步"
"sixth.skip" = "进入投标"
[texts.en]
title = "Sixth"
[texts.en.commands]
"sixth.show" = "Note a step"
"sixth.skip" = "Go on to bidding"
"""


@pytest.fixture
def sixth(house):
    rules = procedure_file.read(TEXT, file="sixth.toml")
    with guard.writes("test arrangement"):
        house.lot.procedure = rules.frozen()
        house.lot.save(update_fields=["procedure"])
    return house


def address(house, name):
    return reverse("step", args=[house.lot.project.code, 1, name])


@pytest.mark.parametrize("language", LANGUAGES)
def test_step_is_offered_on_the_projects_page_and_has_one_of_its_own(sixth, language):
    client = as_(sixth.buyer, language)
    wanted = address(sixth, "sixth.show")
    page = client.get(reverse("lot", args=[sixth.lot.project.code, 1]))
    assert f'href="{wanted}"' in page.content.decode()
    title = {"zh-hans": "登记一步", "en": "Note a step"}[language]
    assert title in text_of(client.get(wanted))
    assert registry.way("sixth.show", sixth.refresh()) == wanted


def test_step_is_taken_once(sixth):
    client, size = as_(sixth.buyer, "en"), log.size()
    wanted = address(sixth, "sixth.skip")
    for _ in range(2):
        answer = client.post(wanted, {"once": "a"})
        assert answer.status_code == 303
    lot = sixth.refresh()
    assert (lot.stage, log.size()) == ("BIDDING", size + 1)
    refused = client.get(wanted)
    assert refused.status_code == 409 and log.size() == size + 1


def test_step_that_moves_nothing_is_entered_into_the_ledger(sixth):
    size = log.size()
    answer = as_(sixth.buyer).post(address(sixth, "sixth.show"), {"once": "a"})
    assert (answer.status_code, log.size()) == (303, size + 1)
    assert sixth.refresh().stage == "DOCUMENTS"


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator", None])
def test_step_is_for_those_whom_the_file_names(sixth, who):
    size = log.size()
    client = as_(getattr(sixth, who) if who else None)
    for send in (client.get, lambda to: client.post(to, {"once": "a"})):
        assert send(address(sixth, "sixth.skip")).status_code in {403, 404}
    assert (sixth.refresh().stage, log.size()) == ("DOCUMENTS", size)


@pytest.mark.parametrize("name", ["trading.publish-notice", "trading.award", "x", "sixth.none"])
def test_act_of_its_own_is_no_such_step(sixth, name):
    size = log.size()
    client = as_(sixth.buyer)
    assert client.get(address(sixth, name)).status_code == 404
    assert client.post(address(sixth, name), {"once": "a"}).status_code == 404
    assert log.size() == size


def test_step_over_the_interface(sixth):
    program = Program(sixth.buyer)
    to = f"/lots/{sixth.lot.pk}/steps"
    problem(program.post(to, {"step": "trading.publish-notice"}), 403, "denied")
    problem(program.post(to, {"step": "sixth.none"}), 404, "unknown-command")
    problem(program.post(to, {}), 400, "malformed")
    problem(Program(sixth.bidder).post(to, {"step": "sixth.skip"}), 403, "wrong-role")
    problem(Program().post(to, {"step": "sixth.skip"}), 401, "sign-in-first")
    assert sixth.refresh().stage == "DOCUMENTS"
    assert program.post(to, {"step": "sixth.skip"}, Idempotency_Key="s-1").status_code == 200
    assert sixth.refresh().stage == "BIDDING"
    problem(program.post(to, {"step": "sixth.skip"}), 409, "wrong-stage")
