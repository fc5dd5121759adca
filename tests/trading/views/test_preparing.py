"""A tender prepared by clicking: who may, what is kept, what is refused beside its field."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from signatures.domain import log
from signatures.domain.act import Actor, dispatch
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, move_clock, text_of
from tests.trading.views.test_query_counts import queries
from trading.domain.notices import evaluation_digest
from trading.domain.projects import NewLot, RegisterProject
from trading.models import Lot, Preparation, Project

pytestmark = pytest.mark.django_db

PAGES = (
    "prepare", "prepare-lot", "prepare-notice", "prepare-evaluation", "prepare-dates",
    "prepare-files",
)  # fmt: skip
WORDS = {
    "title": "招标公告", "scope": "道路 2.4 公里。", "place": "东岳市", "requirements": "一级资质",
    "contact": "周明 0531-1234",
}


@pytest.fixture
def house(db, settings, tmp_path):
    settings.STORE = tmp_path / "store"
    house = floor.house(parameters={}, estimate=None)
    move_clock()
    return house


def at(house, name, *more):
    return reverse(name, args=[house.lot.project.code, 1, *more])


def criteria(*lines, prefix="criterion", **more):
    data = {f"{prefix}-TOTAL_FORMS": str(len(lines)), f"{prefix}-INITIAL_FORMS": "0"}
    for index, (title, full) in enumerate(lines):
        data |= {f"{prefix}-{index}-title": title, f"{prefix}-{index}-full": full}
    parts = {
        "technical": "60", "benchmark": "30", "discount": "2", "n_high": "1", "n_low": "0.5",
        "trim": "outer", "lowest": "10", "state_funds": "on", "do": "keep",
    }  # fmt: skip
    return data | parts | more


# --- rights --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_preparation_is_for_the_tenderee_alone(house, name, language):
    for who, status in (
        (None, {403}), ("bidder", {404}), ("supervisor", {403}), ("operator", {403}),
        ("buyer", {200}),
    ):  # fmt: skip
        person = getattr(house, who) if who else None
        for method in ("get", "post"):
            before = log.size()
            answer = getattr(as_(person, language), method)(at(house, name))
            expected = status if method == "get" or who != "buyer" else {400}
            if method == "post" and name == "prepare":
                expected = {405}
            assert answer.status_code in expected, (who, method)
            assert log.size() == before


@pytest.mark.parametrize("what", ["notice", "documents"])
def test_publication_is_for_the_tenderee_alone(house, what):
    for who, status in ((None, 403), ("bidder", 404), ("supervisor", 403), ("buyer", 200)):
        person = getattr(house, who) if who else None
        assert as_(person).get(at(house, "publish", what)).status_code == status
        room = as_(person).post(at(house, "publish-room", what), "{}", "application/json")
        assert room.status_code in {403, 404} if who != "buyer" else {400, 409}
    assert house.refresh().stage == "REGISTERED"


def test_plan_is_for_tenderees_and_agencies(house):
    agent = floor.person("吴倩", floor.organisation("正信招标代理有限公司", "agency"))
    for person, status in (
        (None, 403), (house.bidder, 403), (house.supervisor, 403), (house.buyer, 200), (agent, 200),
    ):  # fmt: skip
        assert as_(person).get("/plan/").status_code == status


# --- the project ---------------------------------------------------------------------------------


def project(house, **more):
    data = {
        "title": "二期工程", "procedure": "construction", "tenderee": str(house.tenderee.pk),
        "lot-TOTAL_FORMS": "2", "lot-INITIAL_FORMS": "0",
        "lot-0-title": "一标段", "lot-0-estimate": "12,000,000.00",
        "lot-1-title": "二标段", "lot-1-estimate": "", "do": "register", "once": "k1",
    }  # fmt: skip
    return data | more


def test_project_is_registered_once_however_often_it_is_sent(house):
    client = as_(house.buyer)
    first, second = (client.post("/plan/", project(house)) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first["Location"] == second["Location"]
    row = Project.objects.get(title="二期工程")
    assert [str(lot.estimate) for lot in row.lots.order_by("number")] == ["12000000.00", "None"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "Give the project a title."),
        ({"title": "x" * 201}, "Write at most 200 characters; these are 201."),
        ({"procedure": "circus"}, "circus"),
        ({"tenderee": ""}, "Choose the tenderee."),
        ({"tenderee": "nobody"}, "Choose one of the verified tenderees."),
        ({"lot-0-title": ""}, "Give the lot a title."),
        ({"lot-0-estimate": "viel"}, "Write an amount such as 12000000.00."),
        ({"lot-0-estimate": "-5"}, "An amount is above zero."),
        ({"lot-0-estimate": "NaN"}, "Write an amount such as 12000000.00."),
        ({"lot-0-estimate": "1.234"}, "An amount has at most two decimals."),
        ({"lot-TOTAL_FORMS": "many"}, "The table needs at least one line."),
    ],
)
def test_bad_project_is_refused_and_what_was_typed_stays(house, change, words):
    before = Project.objects.count()
    answer = as_(house.buyer, "en").post("/plan/", project(house, **change))
    assert answer.status_code == 400
    html = answer.content.decode()
    assert words in text_of(answer)
    assert "lot-1-title" in html or change.get("lot-TOTAL_FORMS")
    if "title" not in change:
        assert 'value="二期工程"' in html
    assert Project.objects.count() == before


def test_lines_are_added_and_taken_away_with_what_was_typed(house):
    client = as_(house.buyer, "en")
    more = client.post("/plan/", project(house, do="add")).content.decode()
    assert 'name="lot-2-title"' in more and 'value="二标段"' in more
    less = client.post("/plan/", project(house, do="remove-0")).content.decode()
    assert 'name="lot-1-title"' not in less and 'value="二标段"' in less
    assert "Please look at this" not in more + less
    assert Project.objects.count() == 1


# --- drafts --------------------------------------------------------------------------------------


def test_lot_and_notice_are_kept(house):
    client = as_(house.buyer)
    lot = {"title": "一标段 道路", "estimate": "12000000"}
    assert client.post(at(house, "prepare-lot"), lot).status_code == 303
    assert client.post(at(house, "prepare-notice"), WORDS).status_code == 303
    assert str(house.refresh().estimate) == "12000000.00"
    assert Preparation.objects.get(lot=house.lot).notice["place"] == "东岳市"
    again = client.get(at(house, "prepare-notice")).content.decode()
    assert "道路 2.4 公里。" in again


@pytest.mark.parametrize("field", sorted(WORDS))
def test_notice_without_one_of_its_parts_is_refused_beside_it(house, field):
    answer = as_(house.buyer, "en").post(at(house, "prepare-notice"), WORDS | {field: " "})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode()
    for name, text in WORDS.items():
        assert name == field or text in answer.content.decode()
    assert not Preparation.objects.exists()


def test_method_is_kept_and_shown_again(house):
    client = as_(house.buyer)
    data = criteria(("方案", "60"), ("人员", "40"), before=evaluation_digest(house.lot))
    assert client.post(at(house, "prepare-evaluation"), data).status_code == 303
    stated = house.refresh().parameters
    assert stated["technical"] == {
        "weight": "60",
        "criteria": [
            {"id": "c1", "title": "方案", "full": "60"},
            {"id": "c2", "title": "人员", "full": "40"},
        ],
    }
    assert [one["method"] for one in stated["price"]] == ["benchmark_average", "lowest_price_share"]
    html = client.get(at(house, "prepare-evaluation")).content.decode()
    assert 'value="方案"' in html and 'value="0.5"' in html


@pytest.mark.parametrize(
    ("lines", "more", "words"),
    [
        ([("方案", "50"), ("人员", "40")], {}, "these add up to 90."),
        ([("方案", "60"), ("方案", "40")], {}, "Two criteria have this name."),
        ([("", "100")], {}, "Name the criterion."),
        ([("方案", "0"), ("人员", "100")], {}, "Full marks are above zero."),
        ([("方案", "-1"), ("人员", "101")], {}, "Not below 0."),
        ([("方案", "abc"), ("人员", "40")], {}, "Write a number such as 40 or 2.5."),
        ([("方案", "33.333"), ("人员", "66")], {}, "At most two decimals."),
        ([("方案", "100")], {"technical": "70"}, "All parts together are 100 points; these are"),
        ([("方案", "100")], {"benchmark": "0", "lowest": "0"}, "The price has points"),
        ([("方案", "100")], {"discount": "60"}, "At most 50."),
        ([("方案", "100")], {"trim": "some"}, "some"),
    ],
)
def test_bad_method_is_refused_and_what_was_typed_stays(house, lines, more, words):
    data = criteria(*lines, before=evaluation_digest(house.lot), **more)
    answer = as_(house.buyer, "en").post(at(house, "prepare-evaluation"), data)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert f'value="{lines[0][1]}"' in answer.content.decode()
    assert house.refresh().parameters == {}


def test_method_changed_in_another_tab_is_told(house):
    client = as_(house.buyer, "en")
    before = evaluation_digest(house.lot)
    client.post(at(house, "prepare-evaluation"), criteria(("甲", "100"), before=before))
    stale = client.post(at(house, "prepare-evaluation"), criteria(("乙", "100"), before=before))
    assert stale.status_code == 409
    assert "Somebody changed the method of evaluation meanwhile." in text_of(stale)
    assert 'value="乙"' in stale.content.decode()
    assert house.refresh().parameters["technical"]["criteria"][0]["title"] == "甲"


# --- dates ---------------------------------------------------------------------------------------

GOOD = {
    "start": "2026-03-10T10:30", "documents-until": "2026-03-16T17:00",
    "deadline": "2026-04-07T09:30",
}  # fmt: skip


def test_dry_run_explains_every_date_and_keeps_nothing(house):
    answer = as_(house.buyer, "en").post(at(house, "prepare-dates"), GOOD | {"do": "try"})
    text = text_of(answer)
    assert answer.status_code == 200
    assert "Every mandatory rule is kept" in text
    for words in ("Deadline for bids", "清明节", "Moved by days of rest.", "TBL 24"):
        assert words in text, words
    assert not Preparation.objects.exists()


def test_dates_are_kept_for_the_notice(house):
    client = as_(house.buyer)
    answer = client.post(at(house, "prepare-dates"), GOOD | {"do": "keep"})
    assert answer.status_code == 303
    assert Preparation.objects.get().dates["deadline"] == "2026-04-07T01:30:00.000000Z"


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"deadline": "2026-03-20T09:30"}, "deadline", "is too early"),
        ({"documents-until": "2026-03-12T17:00"}, "documents-until", "is too early"),
        ({"deadline": "2026-03-12T09:30"}, "deadline", "must be later than"),
        ({"deadline": "soon"}, "deadline", "This is no date"),
        ({"deadline": ""}, "deadline", "Choose day and time."),
        ({"start": "2026-03-01T09:00"}, "start", "This moment is over"),
    ],
)
def test_bad_dates_are_refused_beside_their_field(house, change, field, words):
    answer = as_(house.buyer, "en").post(
        at(house, "prepare-dates"), GOOD | {"do": "keep"} | change
    )
    assert answer.status_code == 400
    html = answer.content.decode()
    assert f'id="id_{field}_error"' in html
    assert words in text_of(answer)
    assert not Preparation.objects.exists()


# --- files ---------------------------------------------------------------------------------------


def pdf(name="清单.pdf", data=b"%PDF-1.7 list"):
    return SimpleUploadedFile(name, data, content_type="application/pdf")


def test_file_is_attached_read_and_taken_away(house):
    client = as_(house.buyer)
    address = at(house, "prepare-files")
    data = {"title": "工程量清单", "do": "attach", "once": "f1"}
    for _ in range(2):
        assert client.post(address, data | {"file": pdf()}).status_code == 303
    (file,) = Preparation.objects.get().files
    assert file["title"] == "工程量清单.pdf"
    page = at(house, "prepare-file", file["digest"])
    assert b"".join(client.get(page).streaming_content) == b"%PDF-1.7 list"
    assert as_(house.supervisor).get(page).status_code == 403
    client.post(address, {"do": "remove", "file": file["id"]})
    assert Preparation.objects.get().files == []
    gone = client.post(address, {"do": "remove", "file": file["id"]})
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (None, "Choose the file."),
        (pdf(data=b""), "The file is empty. Choose another."),
        (pdf(data=b"MZ not a document"), "does not contain what its extension says"),
        (pdf("tool.exe"), "is of a type that is not accepted here"),
        (pdf("con.pdf"), "is reserved by an operating system"),
    ],
)
def test_bad_file_is_refused_and_its_title_stays(house, file, words):
    data = {"title": "工程量清单", "do": "attach"} | ({"file": file} if file else {})
    answer = as_(house.buyer, "en").post(at(house, "prepare-files"), data)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert 'value="工程量清单"' in answer.content.decode()
    assert not Preparation.objects.exists()


# --- publication ---------------------------------------------------------------------------------


def test_what_is_missing_is_listed_with_the_way_to_it(house):
    html = as_(house.buyer, "en").get(at(house, "publish", "notice")).content.decode()
    for name in ("prepare-lot", "prepare-notice", "prepare-dates", "prepare-evaluation"):
        assert f'href="{at(house, name)}"' in html
    assert "data-own-seal" not in html


def test_form_without_a_seal_publishes_nothing(house):
    answer = as_(house.buyer, "en").post(at(house, "publish", "notice"), {"title": "公告"})
    assert answer.status_code in {400, 409}
    assert Lot.objects.get(pk=house.lot.pk).published_at is None


# --- halts and fetches ---------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["suspend", "terminate"])
def test_halt_needs_its_reason(house, what):
    client = as_(house.buyer, "en")
    answer = client.post(at(house, "halt", what), {"reason": " "})
    assert answer.status_code == 400
    assert "Give the reason." in text_of(answer)
    assert house.refresh().state == "active"


def test_lot_is_suspended_resumed_and_ended_by_its_page(house):
    client = as_(house.buyer, "en")
    assert client.get(at(house, "halt", "resume")).status_code == 409
    client.post(at(house, "halt", "suspend"), {"reason": "核查投诉"})
    assert (house.refresh().state, house.lot.halted_for) == ("suspended", "核查投诉")
    assert client.get(at(house, "halt", "suspend")).status_code == 409
    client.post(at(house, "halt", "resume"), {"reason": "已核查"})
    client.post(at(house, "halt", "terminate"), {"reason": "项目取消"})
    assert (house.refresh().state, house.lot.ended_at_stage) == ("terminated", "REGISTERED")
    assert as_(house.supervisor).get(at(house, "halt", "terminate")).status_code in {403, 409}
    assert as_(house.bidder).get(at(house, "halt", "suspend")).status_code in {403, 404}


def test_nobody_learns_who_fetched_before_the_deadline(house):
    answer = as_(house.buyer, "en").get(at(house, "fetches"))
    assert "Until the deadline nobody learns who fetched the documents" in text_of(answer)
    assert as_(house.operator).get(at(house, "fetches")).status_code == 403


# --- the desk ------------------------------------------------------------------------------------


def test_desk_of_the_tenderee_leads_on(house):
    text = text_of(as_(house.buyer, "en").get("/desk/"))
    assert "Tenderee&#x27;s desk" in text
    assert "Publish the notice" in text
    assert "Register a new project" in text
    assert as_(house.buyer).get("/desk/preparing/").status_code == 200


def test_desk_costs_the_same_with_many_tenders(house):
    one = queries("/desk/", house.buyer)
    for number in range(29):
        project_of(house, f"工程 {number}")
    assert queries("/desk/", house.buyer) == one


def project_of(house, title):
    command = RegisterProject(
        title=title, category="construction", tenderee=house.tenderee.pk,
        lots=(NewLot(title="一标段"),),
    )
    return dispatch(command, actor=Actor.person(house.buyer))


def test_agency_registers_for_a_tenderee_and_prepares_with_it(house):
    firm = floor.organisation("正信招标代理有限公司", "agency")
    agent = floor.person("吴倩", firm)
    client = as_(agent, "en")
    alone = client.post("/plan/", project(house, agency=""))
    assert alone.status_code == 400
    assert client.post("/plan/", project(house, agency=str(firm.pk))).status_code == 303
    row = Project.objects.get(title="二期工程")
    assert (row.tenderee, row.agency) == (house.tenderee, firm)
    for person in (agent, house.buyer):
        address = reverse("prepare", args=[row.code, 2])
        assert as_(person).get(address).status_code == 200
    assert client.get(at(house, "prepare")).status_code == 404
    assert "Agency&#x27;s desk" in text_of(client.get("/desk/"))


# --- roles ---------------------------------------------------------------------------------------


def test_tenderee_gives_the_roles_that_are_its_to_give(house):
    client = as_(house.buyer, "en")
    notary = floor.organisation("西川省公共资源交易平台", "notary")
    for role, organisation in (("trustee", house.tenderee), ("notary", notary)):
        data = {"role": role, "organisation": str(organisation.pk)}
        assert client.post(at(house, "assign"), data).status_code == 303
    held = house.lot.assignments.order_by("pk").values_list("role", "organisation__name")
    assert list(held) == [
        ("tenderee", house.tenderee.name), ("trustee", house.tenderee.name),
        ("notary", notary.name),
    ]  # fmt: skip
    text = text_of(client.get(at(house, "assign")))
    assert "trustee of the seal" in text and notary.name in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": ""}, "Choose the role."),
        ({"role": "supervisor"}, "You may not give this role."),
        ({"role": "king"}, "You may not give this role."),
        ({"organisation": ""}, "Choose the organisation."),
        ({"organisation": "nobody"}, "Choose a verified organisation."),
        ({"role": "agency"}, "is not registered as tendering agency."),
        ({"reason": "x" * 201}, "At most 200 characters."),
    ],
)
def test_bad_role_is_refused_beside_its_field(house, change, words):
    data = {"role": "trustee", "organisation": str(house.tenderee.pk), "reason": "一方"} | change
    answer = as_(house.buyer, "en").post(at(house, "assign"), data)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert house.lot.assignments.count() == 1


def test_role_is_given_once_and_by_nobody_else(house):
    client, data = as_(house.buyer, "en"), {
        "role": "trustee", "organisation": str(house.tenderee.pk),
    }
    client.post(at(house, "assign"), data)
    again = client.post(at(house, "assign"), data)
    assert (again.status_code, "This role is assigned already." in text_of(again)) == (409, True)
    assert as_(house.bidder).post(at(house, "assign"), data).status_code == 404
    assert as_(house.supervisor).post(at(house, "assign"), data).status_code == 403
    person = floor.person("孙文", house.tenderee)
    given = {"role": "archivist", "username": person.username}
    assert as_(house.operator).post(at(house, "assign"), given).status_code == 303
    nobody = as_(house.operator, "en").post(at(house, "assign"), given | {"username": "x"})
    assert "Nobody has this user name." in text_of(nobody)
