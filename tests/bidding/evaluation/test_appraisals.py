"""Unranked candidates: merits and risks stand in the report, ranks and totals nowhere (M11)."""

from __future__ import annotations

import pytest
from django.test import Client

from bidding.domain import appraisals, evaluation, room_state
from bidding.interfaces.records import evaluation_report
from bidding.models import Evaluation
from signatures import store
from signatures.domain import clock, guard
from signatures.domain.errors import Denied, Malformed, NotFound
from tests.bidding.evaluation.test_report import printed
from tests.bidding.refusals import refused_command
from trading.domain import candidates, procedure
from trading.interfaces.lines import exhibit_line
from trading.models import Exhibit

pytestmark = pytest.mark.django_db(transaction=True)

MERITS, RISKS = "关键工序的质量保证措施具体。", "汛期工期偏紧，签约时应约定赶工措施。"


@pytest.fixture
def unranked(world):
    """The ranking computed in a lot that does not rank its candidates; the chair elected."""
    members = world.computed()
    with guard.writes("test arrangement"):
        lot = world.opening.refresh()
        lot.procedure = procedure.load("construction-separated").frozen()
        lot.save()
    for one in members[:3]:
        world.say("elect-chair", one, member=members[0].urn)
    return members


def visiting(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def row_of(world) -> Evaluation:
    return Evaluation.objects.select_related("committee__lot__project__tenderee").get()


def appraise(world, member, code, **changes):
    said = {"merits": MERITS, "risks": RISKS, **changes}
    return world.say("appraise", member, bid=code, **said)


def test_report_waits_until_every_candidate_is_appraised(world, unranked):
    codes = list(appraisals.named(row_of(world)))
    assert len(codes) == 3
    for code in codes:
        with refused_command(world, "not-appraised"):
            world.say("write-report", unranked[0])
        appraise(world, unranked[0], code)
    world.say("write-report", unranked[0])
    with refused_command(world, "report-laid-out"):
        appraise(world, unranked[0], codes[0])


def test_the_chair_alone_appraises_and_candidates_alone_are(world, unranked):
    named = list(appraisals.named(row_of(world)))
    other = next(code for code in world.codes() if code not in named)
    with refused_command(world, "not-the-chair", Denied):
        appraise(world, unranked[1], named[0])
    for code in (other, "T99", ""):
        with refused_command(world, "no-such-candidate", NotFound):
            appraise(world, unranked[0], code)
    for changes in ({"merits": " "}, {"risks": ""}, {"risks": "长" * 2001}):
        with refused_command(world, "bad-text", Malformed):
            appraise(world, unranked[0], named[0], **changes)
    with refused_command(world, "missing-glyph", Malformed):
        appraise(world, unranked[0], named[0], merits="🙂")
    assert appraisals.missing(row_of(world), room_state.state(world.room)) == named


def test_ranked_candidates_are_not_appraised(world):
    members = world.computed()
    for one in members[:3]:
        world.say("elect-chair", one, member=members[0].urn)
    with refused_command(world, "candidates-ranked"):
        appraise(world, members[0], row_of(world).ranking[0]["code"])
    world.say("write-report", members[0])


def test_report_prints_merits_and_risks_without_totals_ranks_and_order(world, unranked):
    row = row_of(world)
    named = appraisals.named(row)
    for number, code in enumerate(named):
        appraise(world, unranked[0], code, merits=f"旧说法{number}")
        appraise(world, unranked[0], code, merits=f"优势甲{number}", risks=f"风险乙{number}")
    row = row_of(world)
    text = printed(store.read(evaluation_report.plan(row, at=clock.now()).digest))
    section = text[text.rindex("定标候选人") :]
    where = [section.index(bid.tenderer.name) for bid in named.values()]
    assert where == sorted(where)
    codes = [bid.tenderer.credit_code for bid in named.values()]
    assert codes == sorted(codes)
    for number in range(3):
        assert f"优势甲{number}" in text and f"风险乙{number}" in text
        assert f"旧说法{number}" not in text
    for one in row.ranking:
        for points in ("technical", "price_score", "score"):
            assert one[points] not in text, points
    for said in ("第一中标候选人", "Technicalscores", "综合得分", "Pricepts"):
        assert said not in text, said
    assert "其他合格投标人" in text


def test_facts_of_the_report_tell_readers_no_rank_and_no_points(world, unranked):
    row = row_of(world)
    for code in appraisals.named(row):
        appraise(world, unranked[0], code)
    facts = {
        "ranking": row.ranking,
        "appraisals": appraisals.facts(row, room_state.state(evaluation.last_room(world.lot))),
    }
    with guard.writes("test arrangement"):
        exhibit = Exhibit.objects.create(
            lot=world.lot, kind=candidates.REPORT, stage="EVALUATION", name="评标报告",
            digest="0" * 64, size=1, media_type="application/pdf", facts=facts,
            filed_at=clock.now(),
        )
    shown = exhibit_line(exhibit)["facts"]
    assert "ranking" not in shown
    names = {name for one in shown["conforming"] for name in one}
    assert not names & {"rank", "score", "technical", "price_score"}
    orgs = [one["org"] for one in shown["conforming"]]
    assert sorted(orgs) == sorted(one["org"] for one in row.ranking)
    assert {one["merits"] for one in shown["appraisals"]} == {MERITS}
    assert len(shown["appraisals"]) == 3
    # What decides who the candidates are still stands in the dossier itself.
    assert candidates.ranking(world.lot).ranked[0].rank == 1


def test_the_chair_appraises_on_the_page(world, unranked):
    client = visiting(unranked[0])
    lot = world.lot
    where = f"/projects/{lot.project.code}/lots/{lot.number}/evaluation/"
    page = client.get(where)
    assert page.status_code == 200, page.status_code
    text = page.content.decode()
    assert 'value="write-report"' not in text
    codes = list(appraisals.named(row_of(world)))
    assert all(f'id="appraise-{code}"' in text for code in codes)
    bad = client.post(where, {"do": "appraise", "bid": codes[0], "merits": "好", "risks": ""})
    assert bad.status_code == 400 and "好" in bad.content.decode()
    for code in codes:
        said = {"do": "appraise", "bid": code, "merits": MERITS, "risks": RISKS}
        assert client.post(where, said).status_code == 302
    text = client.get(where).content.decode()
    assert 'value="write-report"' in text and RISKS in text
