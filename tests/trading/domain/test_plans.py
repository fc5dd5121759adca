"""A plan from draft to approval, and a notice that goes out with a reason; what is refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from signatures import store
from signatures.domain import jcs, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Conflict, Denied, Malformed, Refused
from tests.factories import floor
from tests.factories.floor import DATES, LONG_AGO, START, sha
from tests.trading import inviting
from trading.domain import dossier, planning, plans, procedure
from trading.domain.exceptions import KIND, require_reasons, warnings
from trading.domain.notices import PublishNotice
from trading.domain.plan_acts import DraftPlan, SubmitPlan
from trading.domain.plans import Standing
from trading.domain.preparing import AmendLot
from trading.domain.projects import NewLot, RegisterProject
from trading.interfaces import plan_page
from trading.models import Exhibit, Lot, Message, Plan

pytestmark = pytest.mark.django_db

WARNING = "catalogue:ground-named"


@pytest.fixture(autouse=True)
def own_store(settings, tmp_path):
    settings.STORE = tmp_path / "store"


@pytest.fixture
def house():
    return invited()


def invited(estimate="5000000.00"):
    return floor.house(procedure="construction-invited", estimate=estimate)


def refused(call, code, *, kind=Refused):
    before = log.size()
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    assert log.size() == before
    return caught.value


def draft(house, *, by=None, **more):
    values = {"object": "works", "funds": "state", "ground": "few-can", **more}
    return house.act(DraftPlan(lot=house.lot.pk, **values), by=by or house.buyer)


def digest(house):
    return plans.digest(house.refresh(), plans.of(house.lot))


def submit(house, *, by=None, plan=None):
    return house.act(SubmitPlan(lot=house.lot.pk, plan=plan or digest(house)), by=by or house.buyer)


def decide(house, approve=True, reason="", *, by=None, plan=None):
    act = plan_page.decision(
        house.lot, plan=plan or digest(house), approve=approve, reason=reason
    )
    return house.act(act, by=by or house.supervisor)


def publish(house, **more):
    values = {"title": "公告", "digest": sha("n"), "size": 1, "dates": DATES, **more}
    return house.act(PublishNotice(lot=house.lot.pk, **values), by=house.buyer)


def standing(house):
    return plans.standing(house.refresh(), plans.of(house.lot))


# --- approval (TBR 8) ----------------------------------------------------------------------------


def test_invited_tender_goes_out_once_its_plan_is_approved(house):
    assert refused(lambda: publish(house), "ground-missing").rule == "N16 5"
    draft(house)
    assert refused(lambda: publish(house), "plan-approved").rule == "TBR 8"
    submit(house)
    assert standing(house) is Standing.WAITING
    refused(lambda: publish(house), "plan-approved")
    decide(house, reason="同意。")
    publish(house)
    assert house.lot.stage == "NOTICE"
    exhibit = Exhibit.objects.get(lot=house.lot, kind="plan-decision")
    assert exhibit.facts["approved"] is True
    with store.open_stored(exhibit.digest) as kept:
        assert jcs.loads(kept.read())["reason"] == "同意。"
    assert "public" not in exhibit.audience


def test_plan_that_is_sent_back_is_told_with_its_reason_and_submitted_again(house):
    draft(house)
    submit(house)
    decide(house, approve=False, reason="依据不足。")
    assert standing(house) is Standing.RETURNED
    told = Message.objects.filter(user=house.buyer, template="plan-returned")
    assert told.exists()
    assert "依据不足。" in str(refused(lambda: publish(house), "plan-approved").message)
    submit(house)
    decide(house)
    assert standing(house) is Standing.APPROVED
    assert Exhibit.objects.filter(lot=house.lot, kind="plan-decision").count() == 2


@pytest.mark.parametrize("after", ["submitted", "approved"])
def test_plan_that_is_changed_after_it_was_submitted_is_submitted_anew(house, after):
    draft(house)
    submit(house)
    if after == "approved":
        decide(house)
    house.act(
        AmendLot(lot=house.lot.pk, title="一标段", estimate=Decimal("9000000.00")), by=house.buyer
    )
    assert standing(house) is Standing.CHANGED
    refused(lambda: publish(house), "plan-approved")
    refused(lambda: decide(house), "plan-waits")
    submit(house)
    assert standing(house) is Standing.WAITING


@pytest.mark.parametrize("who", ["bidder", "supervisor", "operator"])
def test_plan_is_kept_and_submitted_by_its_tenderee_alone(house, who):
    person = getattr(house, who)
    refused(lambda: draft(house, by=person), "wrong-role", kind=Denied)
    assert not Plan.objects.exists()
    draft(house)
    refused(lambda: submit(house, by=person), "wrong-role", kind=Denied)
    assert standing(house) is Standing.DRAFT


@pytest.mark.parametrize("who", ["buyer", "bidder", "operator"])
def test_plan_is_decided_by_supervision_alone(house, who):
    draft(house)
    submit(house)
    refused(lambda: decide(house, by=getattr(house, who)), "wrong-role", kind=Denied)
    assert standing(house) is Standing.WAITING


def test_supervisor_who_acts_for_the_tenderee_does_not_decide_on_its_plan(house):
    office = floor.organisation("另一监管局", "supervisor")
    both = floor.person("两边", house.tenderee, office)
    draft(house)
    submit(house)
    refused(lambda: decide(house, by=both), "own-plan", kind=Denied)
    assert standing(house) is Standing.WAITING


def test_plan_is_submitted_and_decided_once_and_as_it_was_read(house):
    refused(lambda: submit(house, plan="0" * 64), "changed-meanwhile", kind=Conflict)
    draft(house)
    old = digest(house)
    draft(house, ground="open-too-costly")
    refused(lambda: submit(house, plan=old), "changed-meanwhile", kind=Conflict)
    refused(lambda: decide(house), "plan-waits")
    submit(house)
    refused(lambda: submit(house), "submitted-already")
    refused(lambda: decide(house, plan=old), "changed-meanwhile", kind=Conflict)
    refused(lambda: decide(house, approve=False), "bad-length", kind=Malformed)
    refused(lambda: decide(house, approve=False, reason="x" * 501), "bad-length", kind=Malformed)
    decide(house)
    refused(lambda: decide(house, approve=False, reason="晚了"), "plan-waits")
    assert standing(house) is Standing.APPROVED


def test_plan_that_lacks_something_else_is_not_submitted(house):
    draft(house, ground="")
    assert refused(lambda: submit(house), "ground-missing").rule == "N16 5"
    small = invited("3999999.99")
    draft(small)
    refused(lambda: submit(small), "no-approval-needed")
    none = invited(None)
    draft(none)
    refused(lambda: submit(none), "estimate-stated")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"object": ""}, "bad-object"),
        ({"object": "circus"}, "bad-object"),
        ({"funds": "gold"}, "bad-funds"),
        ({"ground": "one-source"}, "bad-ground"),
        ({"ground": "circus"}, "bad-ground"),
        ({"approval": {"number": "7"}}, "approval-incomplete"),
        ({"approval": {"number": "7" * 81}}, "bad-approval"),
        ({"approval": {"mood": "7"}}, "bad-approval"),
        (
            {"approval": {"number": "7", "authority": "局", "date": "5.4.2026"}},
            "bad-approval-date",
        ),
        (
            {"approval": {"number": "7", "authority": "局", "date": "2026-03-11"}},
            "bad-approval-date",
        ),
        ({"approval": {"file": {"title": "x"}}}, "bad-approval"),
        (
            {"approval": {"file": {"title": "x", "digest": "7", "size": 1, "media_type": ""}}},
            "bad-digest",
        ),
    ],
)
def test_plan_with_bad_input_is_not_kept(house, change, code):
    refused(lambda: draft(house, **change), code, kind=Malformed)
    assert not Plan.objects.exists()


def test_approval_of_today_is_kept_and_a_stale_form_is_not(house):
    given = {"number": "7", "authority": "局", "date": "2026-03-10"}
    before = plans.draft_digest(plans.of(house.lot))
    draft(house, approval=given, before=before)
    assert plans.of(house.lot).approval == given
    refused(lambda: draft(house, before=before), "changed-meanwhile", kind=Conflict)


def test_plan_is_not_changed_once_the_notice_is_out():
    house = inviting.house()
    refused(lambda: draft(house), "wrong-stage")
    refused(lambda: submit(house), "wrong-stage")


def test_open_tender_knows_no_approval():
    house = floor.house()
    house.act(DraftPlan(lot=house.lot.pk, object="works", funds="state"), by=house.buyer)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its code is what is looked at
        submit(house)
    assert caught.value.code == "unknown-command"
    publish(house)


# --- what counts ---------------------------------------------------------------------------------


def register(house, *lots, category="construction", name="construction-invited", **more):
    outcome = dispatch(
        RegisterProject(
            title="拆分", category=category, procedure=name, tenderee=house.tenderee.pk,
            lots=tuple(NewLot(title=str(n), estimate=Decimal(one), **more) for n, one in
                       enumerate(lots)),
        ),
        actor=Actor.person(house.buyer), clock=FixedClock(LONG_AGO),
    )
    return outcome.result


def test_n16_5_lots_of_one_object_count_together(house):
    first, _second = register(house, "2000000.00", "2000000.00")["catalogue"]
    assert [(one["rule"], one["blocks"]) for one in first] == [("works-tendered", True)]
    below, _other = register(house, "2000000.00", "1999999.99")["catalogue"]
    assert [(one["rule"], one["kept"], one["blocks"]) for one in below] == [
        ("ground-named", False, False)
    ]


def test_m87_43_what_failed_above_the_amount_counts_when_it_is_tendered_again(house, arrange):
    with_open = register(house, "4800000.00", category="procurement", name="procurement")
    failed = Lot.objects.get(pk=with_open["lots"][0])
    Lot.objects.filter(pk=failed.pk).update(state="failed", ended_at_stage="OPENING")
    made = register(
        house, "380000.00", category="procurement", name="procurement-inquiry",
        predecessor=failed.pk,
    )
    (found,) = [one for one in made["catalogue"][0] if one["blocks"]]
    assert (found["rule"], found["code"]) == ("procurement-open", "ground-missing")
    house.lot = Lot.objects.get(pk=made["lots"][0])
    draft(house, object="goods", ground="changed-method")
    assert plans.judge(house.refresh()).on_platform


def test_works_that_must_be_tendered_do_not_go_out_as_procurement(house):
    made = register(house, "4000000.00", category="procurement", name="procurement")
    house.lot = Lot.objects.get(pk=made["lots"][0])
    house.lot.parameters = floor.PARAMETERS
    draft(house, object="works", ground="")
    assert [one.code for one in plans.judge(house.refresh()).blocking] == ["other-category"]


# --- exceptions ----------------------------------------------------------------------------------


def test_warning_is_given_its_reason_before_the_notice_goes_out_and_is_kept():
    house = invited("3999999.99")
    refusal = refused(lambda: publish(house), "reason-missing")
    assert refusal.rule == "TBR 8, GPL 26, M74 3"
    for reasons, code, kind in (
        ({WARNING: "  "}, "reason-missing", Refused),
        ({WARNING: "x" * 501}, "bad-reason", Malformed),
        ({WARNING: "急需", "days:issue-to-deadline": "急需"}, "no-such-warning", Malformed),
    ):
        refused(lambda given=reasons: publish(house, exceptions=given), code, kind=kind)
    refused(lambda: publish(house, exceptions={WARNING: "急需"}), "changed-meanwhile",
            kind=Conflict)
    assert house.refresh().stage == "REGISTERED"
    assert Exhibit.objects.count() == 0
    run = planning.dry_run(
        procedure.of(house.lot), start=START, calendar=_calendar(), chosen=DATES
    )
    more = plan_page.excepted(house.lot, run, {WARNING: "急需"}, house.buyer)
    publish(house, **more)
    exhibit = Exhibit.objects.get(lot=house.lot, kind=KIND)
    assert exhibit.facts["exceptions"] == [
        {"rule": WARNING, "article": "TBR 8, GPL 26, M74 3", "reason": "急需"}
    ]
    assert exhibit.facts["by"] == house.buyer.urn
    with store.open_stored(exhibit.digest) as kept:
        assert jcs.loads(kept.read())["exceptions"] == exhibit.facts["exceptions"]
    seen = {
        who: bool(dossier.exhibits(house.lot, viewer=getattr(house, who) if who else None,
                                   at=START, kind=KIND))
        for who in ("buyer", "supervisor", "bidder", None)
    }
    assert seen == {"buyer": True, "supervisor": True, "bidder": False, None: False}


def _calendar():
    from trading.domain import calendar

    return calendar.load()


def test_what_blocks_is_not_excepted():
    house = floor.house()
    early = {**DATES, "deadline": DATES["deadline"] - timedelta(days=2)}
    reasons = {"days:issue-to-deadline": "急需"}
    assert refused(
        lambda: publish(house, dates=early, exceptions=reasons), "days-not-kept"
    ).rule == "TBL 24"
    works = invited()
    refused(lambda: publish(works, exceptions={"catalogue:works-tendered": "急需"}),
            "ground-missing")
    assert house.refresh().stage == works.refresh().stage == "REGISTERED"


def test_rule_of_days_that_is_not_mandatory_warns_by_its_name():
    from tests.trading.editions import edited, row

    rules = edited(lambda data: row(data, "days", "issue-to-deadline").update(mandatory=False))
    early = {**DATES, "deadline": DATES["deadline"] - timedelta(days=2)}
    run = planning.dry_run(rules, start=START, calendar=_calendar(), chosen=early)
    assert run.blocking == ()
    (warned,) = warnings(run, plans.judge(floor.house().lot))
    assert (warned.name, warned.article) == ("days:issue-to-deadline", "TBL 24")
    with pytest.raises(Refused):
        require_reasons([warned], {})
    require_reasons([warned], {warned.name: "急需"})
