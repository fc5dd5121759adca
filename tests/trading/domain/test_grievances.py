"""Objections and complaints: who may file and settle them, what stands still, what is hidden."""

from __future__ import annotations

from datetime import timedelta

import pytest

from signatures.domain import guard, jcs, log
from signatures.domain.errors import Denied, Malformed, NotFound, Refused
from signatures.models import LedgerOpening, UserCertificate
from tests.factories import floor
from tests.factories.floor import START
from tests.trading import grieving
from tests.trading.grieving import ANSWER, FACTS, NOTICE, REQUESTS, state
from trading.domain import (
    grievance_drafts,
    grievance_filing,
    grievance_steps,
    grievance_words,
    suspensions,
)
from trading.domain.grievance_words import Words
from trading.domain.suspensions import Resume, Suspend, Terminate
from trading.models import Exhibit, Grievance, GrievanceStep, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trusted")]

DAY = timedelta(days=1)


@pytest.fixture
def house(trusted):
    return grieving.world()


@pytest.fixture
def shop(trusted):
    """A procurement."""
    return grieving.world(procedure="procurement")


def refused(kind, call, code):
    before = state()
    with pytest.raises(kind) as caught:
        call()
    assert state() == before
    assert caught.value.code == code, caught.value
    return caught.value


# --- filing --------------------------------------------------------------------------------------


def test_objection_halts_the_lot_in_the_same_act_and_tells_everybody_without_a_name(house):
    outcome = house.file()
    row = Grievance.objects.get()
    assert (row.kind, row.about, row.pauses, row.halts) == ("objection", "documents", True, True)
    assert (house.lot.state, outcome.result["state"]) == ("suspended", "suspended")
    assert suspensions.halted_about(house.lot.halted_for) == "documents"
    told = Message.objects.filter(template="objection-halts")
    organisations = {one.organisation for one in told}
    assert organisations == {
        house.tenderer.organisation, house.other.organisation, house.tenderee.organisation,
    }
    for message in Message.objects.all():
        assert house.tenderer.organisation.name not in str(message.texts)
    assert Message.objects.filter(template="objection-filed").get().user == house.tenderee.user


def test_no_receipt_of_somebody_else_names_who_objected(house):
    first = log.size()
    house.file()
    person, firm = house.tenderer.user.urn, house.tenderer.organisation.urn
    hidden = {person, firm, house.tenderer.organisation.name, FACTS, REQUESTS}
    for index in range(first, log.size()):
        plain = log.entry(index).decode()
        assert not [text for text in hidden if text in plain]
    own = {firm, house.tenderee.organisation.urn}
    receipts = LedgerOpening.objects.filter(leaf_id__gte=first)
    others = [str(each.entry) for each in receipts if not own & set(each.owners)]
    assert others
    for content in others:
        assert person not in content
        assert firm not in content


def test_objection_stands_in_the_dossier_with_its_signature(house):
    outcome = house.file()
    paper = Exhibit.objects.get(pk=outcome.result["exhibit"])
    row = Grievance.objects.get()
    assert (paper.kind, paper.digest) == ("objection", row.digests["statement"])
    assert paper.seal["signature"] == row.digests["statement-signature"]
    assert "public" not in paper.audience
    assert "tenderer" not in paper.audience


def test_prospect_objects_where_it_says_how_it_concerns_it(house):
    error = refused(Malformed, lambda: house.file(house.outsider), "bad-interest")
    assert error.rule is None
    house.file(house.outsider, interest="本单位拟作为专业分包单位参与，受资格条件影响。")
    assert Grievance.objects.get().interest


def test_prospect_does_not_challenge_a_procurement(shop):
    error = refused(Denied, lambda: shop.file(shop.outsider), "wrong-role")
    assert error.rule


def test_challenge_of_a_procurement_halts_nothing(shop):
    shop.file()
    row = Grievance.objects.get()
    assert (row.kind, row.pauses, shop.lot.state) == ("challenge", False, "active")
    assert not Message.objects.filter(template__endswith="-halts").exists()
    assert Message.objects.filter(template="challenge-filed").exists()


@pytest.mark.parametrize("who", ["tenderee", "supervisor"])
def test_objection_of_who_does_not_tender_is_denied(house, who):
    by = getattr(house, who)
    by.organisation = house.tenderer.organisation
    refused(Denied, lambda: house.file(by), "wrong-role")


def test_objection_for_somebody_elses_organisation_is_denied(house):
    house.outsider.organisation = house.tenderer.organisation
    refused(Denied, lambda: house.file(house.outsider), "wrong-organisation")


def test_statement_of_somebody_else_is_denied(house):
    refused(Denied, lambda: house.file(actor=house.other), "wrong-organisation")


def test_objection_with_another_persons_certificate_is_denied(house):
    said = house.draft(house.tenderer).says(house.lot)
    signed = house.other.sign(grievance_drafts.PURPOSE, **said)
    refused(
        Denied,
        lambda: grievance_filing.prepare(house.tenderer.user, house.lot.pk, signed),
        "certificate-unbound",
    )


def test_objection_with_a_certificate_withdrawn_meanwhile_is_denied(house):
    said = house.draft(house.tenderer).says(house.lot)
    signed = house.tenderer.sign(grievance_drafts.PURPOSE, **said)
    act = grievance_filing.prepare(house.tenderer.user, house.lot.pk, signed)
    with guard.writes("test arrangement"):
        UserCertificate.objects.filter(user=house.tenderer.user).update(withdrawn_at=START)
    refused(Denied, lambda: house.act(act, house.tenderer, START), "certificate-unbound")


def test_statement_about_another_lot_is_refused(house):
    said = {**house.draft(house.tenderer).says(house.lot), "lot": "lot:another"}
    signed = house.tenderer.sign(grievance_drafts.PURPOSE, **said)
    refused(
        Refused,
        lambda: grievance_filing.prepare(house.tenderer.user, house.lot.pk, signed),
        "other-lot",
    )


def test_statement_of_another_purpose_is_refused(house):
    said = house.draft(house.tenderer).says(house.lot)
    signed = house.tenderer.sign("sunlit.question/1", **said)
    before = state()
    with pytest.raises(Malformed):
        grievance_filing.prepare(house.tenderer.user, house.lot.pk, signed)
    assert state() == before


@pytest.mark.parametrize("field", ["kind", "about", "organisation", "facts"])
@pytest.mark.parametrize("value", [None, 7, ["x"], "nothing known"])
def test_statement_with_a_field_that_is_wrong_is_refused(house, field, value):
    if field == "facts" and isinstance(value, str):
        value = "短"
    said = {**house.draft(house.tenderer).says(house.lot), field: value}
    signed = house.tenderer.sign(grievance_drafts.PURPOSE, **said)
    before = state()
    with pytest.raises(Malformed):
        act = grievance_filing.prepare(house.tenderer.user, house.lot.pk, signed)
        house.act(act, house.tenderer, START)
    assert state() == before


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("facts", ""), ("facts", "   \n  "), ("facts", "短"), ("facts", "。" * 20),
        ("facts", "事" * 10_001), ("requests", ""), ("requests", "求" * 2_001),
    ],
)
def test_words_too_short_or_too_long_are_refused(house, field, text):
    refused(Malformed, lambda: house.file(**{field: text}), f"bad-{field}")


def test_ten_thousand_characters_are_taken(house):
    house.file(facts="事" * 10_000)
    assert len(Grievance.objects.get().facts) == 10_000


def test_second_objection_about_the_same_waits_for_the_first(house):
    house.file()
    refused(Refused, lambda: house.file(), "filed-already")
    house.answer()
    house.file()
    assert Grievance.objects.count() == 2


@pytest.mark.parametrize("about", ["candidates", "documents"])
def test_objection_at_the_wrong_stage_is_refused_with_the_rule(house, about):
    with guard.writes("test arrangement"):
        type(house.lot).objects.filter(pk=house.lot.pk).update(stage="EVALUATION")
    error = refused(Refused, lambda: house.file(about=about), "wrong-stage")
    assert error.rule == {"candidates": "TBR 54", "documents": "TBR 22"}[about]


def test_objection_of_a_kind_that_the_procedure_does_not_know_is_refused(house):
    refused(NotFound, lambda: house.file(about="result"), "unknown-command")


def test_objection_to_a_terminated_lot_is_refused(house):
    house.act(Terminate(lot=house.lot.pk, reason="资金取消"), house.tenderee, START)
    refused(Refused, lambda: house.file(), "not-running")


# --- answering and withdrawing -------------------------------------------------------------------


def test_answer_resumes_the_lot_in_the_same_act_and_dates_move(house):
    deadline = jcs.parse_timestamp(house.lot.dates["deadline"])
    house.file()
    house.answer(at=START + 2 * DAY)
    assert house.lot.state == "active"
    assert house.lot.halted_for == ""
    assert jcs.parse_timestamp(house.lot.dates["deadline"]) - deadline == 2 * DAY
    row = Grievance.objects.get()
    assert (row.is_open, row.halts, row.due_at) == (False, False, None)
    step = GrievanceStep.objects.get()
    assert (step.kind, step.text, step.late) == ("answer", ANSWER, [])
    assert Message.objects.filter(template="objection-over-resumed").count() == 3
    assert Message.objects.get(template="objection-answer").user == house.tenderer.user


def test_lot_waits_for_the_last_answer(house):
    house.file()
    first = house.last()
    house.file(house.other)
    assert house.last().halts
    house.answer(row=first)
    assert house.lot.state == "suspended"
    house.answer()
    assert house.lot.state == "active"


def test_withdrawn_objection_lets_the_lot_go_on(house):
    house.file()
    house.step("withdraw", house.tenderer, text="")
    assert house.lot.state == "active"
    assert not house.last().is_open


def test_objection_of_a_lot_suspended_by_hand_does_not_resume_it(house):
    house.act(Suspend(lot=house.lot.pk, reason="核查资金"), house.tenderee, START)
    house.file()
    assert not house.last().halts
    assert house.lot.halted_for == "核查资金"
    refused(
        Refused,
        lambda: house.act(Resume(lot=house.lot.pk, reason="已核实"), house.tenderee, START),
        "objections-answered",
    )
    house.answer()
    assert house.lot.state == "suspended"
    house.act(Resume(lot=house.lot.pk, reason="已核实"), house.tenderee, START)
    assert house.lot.state == "active"


def test_lot_is_not_resumed_by_hand_before_the_answer(house):
    house.file()
    for who in (house.tenderee, house.supervisor):
        error = refused(
            Refused,
            lambda who=who: house.act(Resume(lot=house.lot.pk, reason="继续"), who, START),
            "objections-answered",
        )
        assert error.rule == "TBR 22, 62"


def test_second_answer_is_refused(house):
    house.file()
    house.answer()
    refused(Refused, lambda: house.answer(), "closed-already")
    refused(
        Refused, lambda: house.step("withdraw", house.tenderer, text=""), "closed-already"
    )


def test_answer_by_others_is_denied(house):
    house.file()
    for who in (house.tenderer, house.supervisor):
        refused(Denied, lambda who=who: house.answer(by=who), "wrong-role")
    for who in (house.other, house.outsider):
        refused(NotFound, lambda who=who: house.answer(by=who), "unknown-grievance")


def test_withdrawal_by_others_is_denied(house):
    house.file()
    refused(
        NotFound, lambda: house.step("withdraw", house.other, text=""), "unknown-grievance"
    )
    refused(Denied, lambda: house.step("withdraw", house.tenderee, text=""), "wrong-role")


@pytest.mark.parametrize("text", ["", "  ", "短", "答" * 10_001])
def test_answer_too_short_or_too_long_is_refused(house, text):
    house.file()
    refused(Malformed, lambda: house.answer(text=text), "bad-text")


def test_answer_of_a_complaint_by_the_tenderee_is_refused(house):
    house.complain(about="conduct", known="2026-03-09")
    refused(NotFound, lambda: house.answer(), "unknown-grievance")


def test_statement_of_another_step_is_refused(house):
    house.file()
    row = house.last()
    said = grievance_words.says(row, "decide", Words(text=ANSWER))
    signed = house.tenderee.sign(grievance_words.PURPOSE, **said)
    refused(
        Refused,
        lambda: grievance_steps.prepare(
            house.tenderee.user, house.lot.pk, row.pk, "answer", signed
        ),
        "other-step",
    )
    for step in ("dance", "file"):
        refused(
            Malformed,
            lambda step=step: grievance_steps.prepare(
                house.tenderee.user, house.lot.pk, row.pk, step, signed
            ),
            "no-such-step",
        )


def test_statement_about_another_grievance_is_refused(house):
    house.file()
    first = house.last()
    house.file(house.other)
    said = grievance_words.says(first, "answer", Words(text=ANSWER))
    signed = house.tenderee.sign(grievance_words.PURPOSE, **said)
    act = grievance_steps.prepare(
        house.tenderee.user, house.lot.pk, house.last().pk, "answer", signed
    )
    refused(Refused, lambda: house.act(act, house.tenderee, START), "other-step")


# --- complaints ----------------------------------------------------------------------------------


def answered(house, **more):
    house.file(**more)
    house.answer(at=START + DAY)
    return house.last()


def test_complaint_about_the_documents_needs_an_objection_first(house):
    error = refused(Refused, lambda: house.complain(), "objection-first")
    assert error.rule == "TBR 60"


def test_complaint_waits_for_the_answer(house):
    house.file()
    urn = house.last().urn
    error = refused(Refused, lambda: house.complain(objection=urn), "answer-awaited")
    assert error.rule == "TBR 60"


def test_complaint_rests_on_no_withdrawn_and_no_other_objection(house):
    house.file()
    urn = house.last().urn
    house.step("withdraw", house.tenderer, text="")
    refused(Refused, lambda: house.complain(objection=urn), "objection-withdrawn")
    refused(NotFound, lambda: house.complain(house.other, objection=urn), "unknown-objection")
    refused(NotFound, lambda: house.complain(objection="grievance:x"), "unknown-objection")


def test_complaint_does_not_go_beyond_the_objection(house):
    urn = answered(house).urn
    refused(
        Refused,
        lambda: house.complain(about="candidates", objection=urn, at=START + DAY),
        "beyond-the-objection",
    )


def test_complaint_about_the_conduct_needs_no_objection_but_a_day(house):
    refused(Malformed, lambda: house.complain(about="conduct"), "bad-known")
    refused(Malformed, lambda: house.complain(about="conduct", known="2026-03-11"), "bad-known")
    refused(Malformed, lambda: house.complain(about="conduct", known="昨天"), "bad-known")
    house.complain(about="conduct", known="2026-03-10")
    assert house.lot.state == "active"
    assert Message.objects.get(template="complaint-lodged").user == house.supervisor.user


def test_complaint_about_a_procurement_always_needs_a_challenge(shop):
    error = refused(
        Refused, lambda: shop.complain(about="conduct", known="2026-03-10"), "objection-first"
    )
    assert error.rule == "GPL 55"


def complained(house, **more):
    house.complain(about="conduct", known="2026-03-10", **more)
    return house.last()


def test_complaint_is_read_by_the_tenderee_once_it_is_taken_up(house):
    complained(house)
    refused(
        NotFound, lambda: house.step("take-up", house.tenderee, outcome="taken-up"),
        "unknown-grievance",
    )
    house.take_up()
    refused(
        Denied, lambda: house.decide(by=house.tenderee), "wrong-role",
    )
    told = Message.objects.filter(template="complaint-taken-up")
    assert {one.user for one in told} == {house.tenderer.user, house.tenderee.user}


def test_complaint_not_taken_up_is_over(house):
    complained(house)
    house.take_up("not-taken-up")
    assert not house.last().is_open
    told = Message.objects.filter(template="complaint-not-taken-up")
    assert {one.user for one in told} == {house.tenderer.user}
    refused(Refused, lambda: house.decide(), "closed-already")


def test_steps_of_supervision_come_in_order_and_once(house):
    complained(house)
    refused(Refused, lambda: house.decide(), "not-taken-up")
    refused(Refused, lambda: house.suspend(), "not-taken-up")
    house.take_up()
    refused(Refused, lambda: house.take_up(), "taken-up-already")
    house.suspend()
    refused(Refused, lambda: house.suspend(), "suspended-already")
    house.decide()
    refused(Refused, lambda: house.decide(), "closed-already")


def test_suspension_halts_and_the_decision_resumes(house):
    complained(house)
    house.take_up()
    house.suspend(at=START + DAY)
    assert (house.lot.state, house.lot.halted_for) == ("suspended", NOTICE)
    assert Message.objects.filter(template="complaint-halts").count() == 3
    refused(
        Refused,
        lambda: house.act(Resume(lot=house.lot.pk, reason="继续"), house.tenderee, START),
        "no-suspension-in-force",
    )
    deadline = jcs.parse_timestamp(house.lot.dates["deadline"])
    house.decide("upheld", ordered="修改招标文件第三章的资格条件。", at=START + 4 * DAY)
    assert house.lot.state == "active"
    assert jcs.parse_timestamp(house.lot.dates["deadline"]) - deadline == 3 * DAY
    kinds = set(Exhibit.objects.filter(lot=house.lot).values_list("kind", flat=True))
    assert {
        "complaint", "complaint-taken-up", "complaint-suspension", "complaint-decision"
    } <= kinds


def test_withdrawn_complaint_ends_the_suspension(house):
    complained(house)
    house.take_up()
    house.suspend()
    house.step("withdraw", house.tenderer, text="与招标人达成一致。")
    assert house.lot.state == "active"
    told = Message.objects.filter(template="complaint-withdraw")
    assert {one.user for one in told} == {house.supervisor.user, house.tenderee.user}


def test_objection_and_suspension_each_hold_the_lot(house):
    complained(house)
    house.take_up()
    complaint = house.last()
    house.suspend()
    house.file(house.other)
    house.decide(row=complaint)
    assert house.lot.state == "suspended"
    assert suspensions.halted_about(house.lot.halted_for) == "documents"
    house.answer()
    assert house.lot.state == "active"


def test_suspension_of_a_lot_halted_by_an_objection_outlasts_the_answer(house):
    house.file(house.other)
    objection = house.last()
    complained(house)
    house.take_up()
    house.suspend()
    house.answer(row=objection)
    assert (house.lot.state, house.lot.halted_for) == ("suspended", NOTICE)
    house.decide()
    assert house.lot.state == "active"


@pytest.mark.parametrize("step", ["take_up", "suspend", "decide"])
@pytest.mark.parametrize("who", ["tenderer", "tenderee"])
def test_supervisions_steps_by_others_are_denied(house, step, who):
    complained(house)
    house.take_up()
    by = getattr(house, who)
    refused(Denied, lambda: getattr(house, step)(by=by), "wrong-role")


@pytest.mark.parametrize(
    ("step", "words", "code"),
    [
        ("take_up", {"outcome": "upheld"}, "bad-outcome"),
        ("decide", {"outcome": ""}, "bad-outcome"),
        ("decide", {"outcome": "taken-up"}, "bad-outcome"),
        ("decide", {"outcome": "upheld", "ordered": ""}, "bad-ordered"),
        ("decide", {"outcome": "upheld", "ordered": "令" * 2_001}, "bad-ordered"),
        ("decide", {"notice": ""}, "bad-notice"),
        ("decide", {"notice": "告" * 501}, "bad-notice"),
        ("decide", {"text": "理" * 10_001}, "bad-text"),
        ("suspend", {"notice": " "}, "bad-notice"),
        ("suspend", {"until": "明天"}, "bad-until"),
    ],
)
def test_steps_of_supervision_with_wrong_words_are_refused(house, step, words, code):
    complained(house)
    if step != "take_up":
        house.take_up()
    refused(Malformed, lambda: getattr(house, step)(**words), code)


@pytest.mark.parametrize("step", ["suspend", "decide"])
def test_public_words_never_name_who_complained(house, step):
    complained(house)
    house.take_up()
    name = " ".join(house.tenderer.organisation.name)
    refused(
        Refused, lambda: getattr(house, step)(notice=f"{name}的投诉正在处理。"), "names-filer"
    )


def test_archive_waits_for_the_decision(house):
    from trading.domain import lifecycle

    complained(house)
    house.act(Terminate(lot=house.lot.pk, reason="资金取消"), house.tenderee, START)
    before = state()
    with pytest.raises(Refused) as caught:
        lifecycle.check(
            house.lot, "archive.build-package", actor_roles=frozenset({"archivist"}), now=START
        )
    assert caught.value.code == "complaints-decided"
    assert state() == before
    house.take_up()
    house.decide()
    lifecycle.check(
        house.lot, "archive.build-package", actor_roles=frozenset({"archivist"}), now=START
    )


def test_own_tender_is_not_objected_to(house):
    firm = house.tenderee.organisation
    with guard.writes("test arrangement"):
        type(firm).objects.filter(pk=firm.pk).update(kinds=["tenderee", "tenderer"])
    refused(Refused, lambda: house.file(house.tenderee), "own-tender")


def test_unpublished_lot_is_not_told_to_exist(trusted):
    made = floor.house()
    world = grieving._around(made, grieving._firm("泰和第二"), fetch=False)
    refused(
        NotFound,
        lambda: world.complain(about="conduct", known="2026-03-10",
                               interest="本单位拟参加该项目的投标。"),
        "unknown-lot",
    )
