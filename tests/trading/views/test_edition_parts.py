"""A later edition with attachments and a bill: prepared on their pages, shown, published, read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from signatures import store
from signatures.domain import clock, log
from tests.factories import floor
from tests.factories.floor import START
from tests.factories.signing import install
from tests.trading import billed
from tests.trading.pages import LANGUAGES, as_, move_clock, text_of
from trading.domain import amendments, bill_acts, edition_parts, preparing
from trading.domain.documents import RecordDownload
from trading.interfaces.records import amendment
from trading.models import Document, Exhibit
from trading.ocds.record import record
from trading.ocds.story import stories

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
#: The third sub-item is gone, the first counts more, one is new.
LINES = (
    (None, None, "土石方工程"),
    (1, "010101001001", "平整场地", "1.土壤类别:三类土\n2.弃土运距:1km", "m2", 1300),
    (2, "010101003001", "挖沟槽土方", "1.挖土深度:2m 以内", "m3", 860),
    (None, None, "砌筑工程"),
    (3, "010402001001", "砌块墙", "1.砌块品种:加气混凝土", "m3", 40),
)


@pytest.fixture
def house(db, settings, tmp_path):
    """Documents and a bill are on offer, and fetched; the platform can seal."""
    settings.STORE = tmp_path / "store"
    install(settings, tmp_path, days_ago=(clock.look().real - START).days)
    made = floor.house()
    move_clock()
    billed.offer(made)
    fetch(made)
    return made


def newest(house, kind="tender-document"):
    return Document.objects.filter(lot=house.lot, kind=kind).latest("edition")


def fetch(house, kind="tender-document"):
    act = RecordDownload(
        lot=house.lot.pk, document=newest(house, kind).pk, organisation=house.tenderer.pk
    )
    return house.act(act, by=house.bidder, at=clock.now())


def at(house, name, *more):
    return reverse(name, args=[house.lot.project.code, 1, *more])


def bring_bill(house, *, by=None, once="bill"):
    before = preparing.of(house.lot).bill.get("digest", "")
    file = SimpleUploadedFile("清单.xlsx", billed.workbook(*LINES))
    data = {"do": "import", "once": once, "before": before, "file": file}
    return as_(by or house.buyer).post(at(house, "prepare-bill"), data)


def bring_file(house, title="补充图纸", *, once="file", content=PDF, **more):
    data = {
        "do": "attach", "once": once, "title": title,
        "file": SimpleUploadedFile("a.pdf", content, "application/pdf"), **more,
    }
    return as_(house.buyer).post(at(house, "prepare-files"), data)


def sent(house, **more):
    parts = edition_parts.prepared(house.lot)
    return {
        "affects": "yes", "before": newest(house).digest, "do": "publish", "once": "edition",
        "bill": parts.bill_digest, "attachments": parts.files_digest, **more,
    }


def publish(house, *, by=None, **more):
    return as_(by or house.buyer, "en").post(at(house, "editions"), sent(house, **more))


def unpublished(house, call, statuses=(400, 403, 409)):
    size, edition = log.size(), newest(house).edition
    answer = call()
    assert answer.status_code in statuses
    assert (log.size(), newest(house).edition) == (size, edition)
    return answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_prepared_is_shown_before_it_goes_out(house, language):
    assert bring_bill(house).status_code == bring_file(house).status_code == 303
    prepared = text_of(as_(house.buyer, language).get(at(house, "prepare-bill")))
    page = text_of(as_(house.buyer, language).get(at(house, "editions")))
    for text in (prepared, page):
        for words in ("010402001001", "010401003001", "1,250.5", "1,300"):
            assert words in text
    assert "补充图纸.pdf" in page
    for person in (None, house.bidder, house.supervisor):
        assert "010402001001" not in text_of(as_(person, language).get(at(house, "editions")))


def test_looking_publishes_nothing(house):
    bring_bill(house)
    answer = unpublished(house, lambda: publish(house, do="look"), statuses=(200,))
    assert "Lines added: 1; removed: 4; changed: 1." in text_of(answer)


def test_bill_and_file_go_out_by_one_click_and_are_sealed(house):
    bring_bill(house)
    bring_file(house)
    given = sent(house)
    for _ in range(2):
        assert as_(house.buyer).post(at(house, "editions"), given).status_code == 303
    assert newest(house).edition == 2
    exhibit = Exhibit.objects.filter(kind="tender-document").latest("leaf")
    assert exhibit.seal["verdict"] == "valid"
    (file,) = exhibit.facts["files"]
    assert file["title"] == "补充图纸.pdf"
    found = as_(None).get(f"/api/v1/lots/{house.lot.pk}/editions").json()[1]
    assert found["bill"] == bill_acts.published(house.lot).digest
    assert found["bill_changes"] == {
        "before": found["bill_changes"]["before"], "added": 1, "removed": 4, "changed": 1
    }
    assert found["attachments"] == [{"title": file["title"], "digest": file["digest"],
                                     "replaced": ""}]


def test_everybody_reads_how_many_lines_differ_and_who_fetched_it_reads_which(house):
    bring_bill(house)
    publish(house)

    def shown(person):
        return text_of(as_(person, "en").get(at(house, "editions")))

    for person in (None, house.bidder):
        assert "Lines added: 1; removed: 4; changed: 1." in shown(person)
        assert "010402001001" not in shown(person)
    fetch(house)
    assert "010402001001" in shown(house.bidder)
    assert "010402001001" in shown(house.supervisor)


def test_bill_of_an_edition_that_was_not_fetched_is_not_read_and_the_earlier_one_is(house):
    bring_bill(house)
    publish(house)
    client, page = as_(house.bidder, "en"), at(house, "bill")
    assert "Fetch that edition to read it" in text_of(client.get(page))
    assert "010402001001" not in text_of(client.get(page))
    earlier = text_of(client.get(f"{page}?edition=1"))
    assert "010401003001" in earlier
    assert "Edition 2 brought another one, which holds" in earlier
    api = f"/api/v1/lots/{house.lot.pk}/bill"
    assert client.get(api).status_code == 404
    assert client.get(f"{api}?edition=1").json()["editions"] == [1, 2]
    fetch(house)
    assert "010402001001" in text_of(client.get(page))
    assert client.get(api).json()["edition"] == 2


@pytest.mark.parametrize("asked", ["0", "3", "-1", "x", "９", "99999999999"])
def test_edition_that_is_none_is_answered_by_the_bill_that_holds(house, asked):
    text = text_of(as_(house.bidder, "en").get(f"{at(house, 'bill')}?edition={asked}"))
    assert "010401003001" in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"bill": ""}, {"bill": "0" * 64}, {"attachments": ""}, {"attachments": "x"},
        {"affects": "no"}, {"affects": ""}, {"before": "0" * 64},
    ],
)
def test_edition_that_says_other_than_what_stands_prepared_is_refused(house, wrong):
    bring_bill(house)
    bring_file(house)
    unpublished(house, lambda: publish(house, **wrong))


def test_edition_without_anything_is_refused(house):
    answer = unpublished(house, lambda: publish(house))
    assert "A later edition says what changes" in text_of(answer)


@pytest.mark.parametrize("who", [None, "bidder", "supervisor", "operator"])
def test_nobody_else_prepares_or_publishes_it(house, who):
    bring_bill(house)
    person = getattr(house, who) if who else None
    before = preparing.of(house.lot).bill
    unpublished(
        house, lambda: as_(person).post(at(house, "editions"), sent(house)), statuses=(302, 403)
    )
    unpublished(
        house,
        lambda: as_(person).post(at(house, "prepare-bill"), {"do": "remove", "once": "x"}),
        statuses=(302, 403),
    )
    assert preparing.of(house.lot).bill == before


def test_bad_workbook_is_refused_whole_and_the_published_bill_stands(house):
    bad = billed.workbook(*LINES, (4, "0104", "砖", "x", "m3", 0))
    data = {
        "do": "import", "once": "k", "before": preparing.of(house.lot).bill["digest"],
        "file": SimpleUploadedFile("清单.xlsx", bad),
    }
    answer = unpublished(
        house, lambda: as_(house.buyer, "en").post(at(house, "prepare-bill"), data)
    )
    assert "no code of twelve digits" in text_of(answer)
    assert edition_parts.prepared(house.lot).bill == {}


def test_published_file_is_replaced_on_its_page_and_stays_readable(house):
    bring_file(house)
    publish(house)
    (old,) = preparing.of(house.lot).files
    page = as_(house.buyer, "en").get(at(house, "prepare-files")).text
    assert f'<option value="{old["id"]}">' in page
    assert 'value="remove"' not in page
    gone = {"do": "remove", "once": "gone", "file": old["id"]}
    unpublished(house, lambda: as_(house.buyer).post(at(house, "prepare-files"), gone))
    wrong = bring_file(house, "x", once="w", content=PDF + b"w", replaces="nothing")
    assert wrong.status_code == 400
    assert bring_file(
        house, "新图", once="n", content=PDF + b"n", replaces=old["id"]
    ).status_code == 303
    assert publish(house, once="third", affects="no").status_code == 303
    rows = Exhibit.objects.filter(kind="attachment").order_by("leaf")
    assert [one.name for one in rows] == ["补充图纸.pdf", "新图.pdf"]
    assert rows[1].facts["instead-of"] == rows[0].digest == old["digest"]
    assert "instead of an earlier file" in text_of(as_(None, "en").get(at(house, "editions")))


def test_program_names_the_bill_and_the_files_that_stand_prepared(house):
    bring_bill(house)
    path = f"/api/v1/lots/{house.lot.pk}/editions"
    body = {"before": newest(house).digest, "affects": True, "changes": []}

    def post(key, **more):
        return as_(house.buyer).post(
            path, {**body, **more}, content_type="application/json",
            headers={"Idempotency-Key": key},
        )

    unpublished(house, lambda: post("a"), statuses=(400, 422))
    unpublished(house, lambda: post("b", bill="0" * 64))
    assert post("c", bill=edition_parts.prepared(house.lot).bill_digest).status_code == 201
    assert newest(house).edition == 2


def test_open_data_tells_the_newest_quantities_and_nought_of_what_is_gone(house):
    bring_bill(house)
    publish(house)
    compiled = record(stories([house.lot], clock.now())[0])["compiledRelease"]
    items = {one["id"]: one["quantity"] for one in compiled["tender"]["items"]}
    assert items == {
        "010101001001": 1300.0, "010101003001": 860.0, "010402001001": 40.0,
        "010401003001": 0.0, "011707001001": 0.0,
    }


def test_print_names_digests_and_lines_at_most_so_many_and_counts_the_rest(house, monkeypatch):
    bring_bill(house)
    parts = edition_parts.prepared(house.lot)

    def printed():
        made = amendment.amendment_record(
            house.lot, earlier=amendments.current(house.lot), changes=(), affects=True,
            deadline=None, at=clock.now(), brings=parts,
        )
        return str(made)

    text = printed()
    assert parts.bill_digest in text
    assert parts.standing["digest"] in text
    assert "工程量由“1250.5”改为“1300”" in text
    assert "共 6 处" not in text
    monkeypatch.setattr(amendment, "LINES", 2)
    assert "其余 4 处差异见清单文件，共 6 处。" in printed()


def test_the_archive_of_bytes_has_every_bill(house):
    bring_bill(house)
    publish(house)
    for exhibit in bill_acts.every(house.lot):
        for file in bill_acts.files(exhibit).values():
            assert store.read(file.digest)
    assert len({one.digest for one in bill_acts.every(house.lot)}) == 2


def test_line_that_differs_in_its_features_alone_is_told(house):
    changed = replace(billed.BILL.items[0], features="1.土壤类别:四类土")
    other = replace(billed.BILL, items=(changed, *billed.BILL.items[1:]))
    (one,) = edition_parts.bill_changes.compare(billed.BILL, other)
    assert [name for name, _before, _after in one.changed()] == ["features"]
