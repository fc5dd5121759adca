"""The parts of a package: tables, collection, the ledger's slice, layout, bag, examinations."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.domain import (
    collection,
    examinations,
    inspection,
    layout,
    ledger_slice,
    package,
    retention,
    shipping,
    tables,
    volume,
)
from archive.domain.examinations import Examination, Finding
from archive.domain.layout import Item, Layout
from archive.interfaces import exports, index_volume
from signatures import store
from signatures.domain import checkpoints, clock, trust_store
from signatures.domain.errors import Malformed, Unavailable
from signatures.paper import gate
from tests.archive import world
from tests.factories import floor
from trading.domain import procedure
from trading.models import Exhibit, Lot

# --- tables ---------------------------------------------------------------------------------------


def test_every_rule_names_its_source_and_whether_it_is_confirmed() -> None:
    for name, rows in (("classes", "classes"), ("retention", "rules")):
        for row in tables.read(name)[rows]:
            assert row["source"], row
            assert isinstance(row["confirmed"], bool), row
    for name in ("classes", "formats", "metadata", "examinations", "ledger"):
        assert tables.read(name)["confirmed"] is False
        assert tables.read(name)["source"]


def test_classes_are_distinct_and_the_last_takes_everything() -> None:
    found = tables.classes()
    assert len({one.name for one in found}) == len(found)
    assert found[-1].kinds == ("*",)
    assert all(one.title.zh and one.title.en for one in found)
    stages = {stage.name for stage in procedure.load("construction").stages}
    assert {one.since for one in found} - {None} <= stages


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("notice", "notice"),
        ("tender-document", "tender-document"),
        ("clarification", "tender-document"),
        ("bid-document", "bid"),
        ("bid-price", "bid"),
        ("opening-sheet", "bid"),
        ("trace", "bid"),
        ("opening-record", "opening"),
        ("draw", "committee"),
        ("technical-result", "evaluation"),
        ("evaluation-scores", "evaluation"),
        ("evaluation-report", "evaluation"),
        ("evaluation-clarification", "evaluation"),
        ("candidates", "candidates"),
        ("award", "award"),
        ("contract", "contract"),
        ("performance", "contract"),
        ("written-report", "written-report"),
        ("inspection-result", "supervision"),
        ("something-new", "other"),
    ],
)
def test_kinds_fall_into_their_classes(kind: str, name: str) -> None:
    assert tables.class_of(kind).name == name


def test_formats_have_safe_extensions() -> None:
    for one in tables.formats().values():
        assert re.fullmatch(r"[a-z0-9]{2,4}", one.extension)
        assert one.keeps in ("yes", "no", "judged")
    assert tables.format_of("Application/PDF; version=1.7").extension == "pdf"
    for hostile in ("", "../../x", "text/html", "application/x-sh", "a" * 300):
        assert tables.format_of(hostile) == tables.UNKNOWN


def test_terms_follow_category_and_outcome() -> None:
    filed = datetime(2024, 2, 29, tzinfo=UTC)
    term = retention.term(category="procurement", outcome="failed", filed=filed)
    assert (term.rule.years, term.rule.source) == (15, "GPL 42")
    assert term.until == datetime(2039, 3, 1, tzinfo=UTC)
    assert retention.term(category="x", outcome="concluded", filed=filed).rule.years == 30
    assert retention.term(category="x", outcome="failed", filed=filed).rule.years == 10


# --- collection -----------------------------------------------------------------------------------


def lot_at(stage: str) -> Lot:
    return Lot(stage=stage, procedure={"name": "construction"})


def folded(stage: str, outcome: str, *kinds: str) -> collection.Collection:
    exhibits = [
        Exhibit(kind=kind, digest=floor.sha(kind), filed_at=world.START) for kind in kinds
    ]
    return collection.fold(
        lot_at(stage), exhibits, rules=procedure.load("construction"), outcome=outcome
    )


def gaps(found: collection.Collection) -> set[str]:
    return {one.record_class.name for one in found.gaps}


def test_concluded_lot_lacks_what_every_stage_leaves() -> None:
    assert gaps(folded("PERFORMANCE", "concluded")) == {
        "notice", "tender-document", "bid", "opening", "committee", "evaluation", "candidates",
        "award", "contract", "written-report",
    }  # fmt: skip


def test_concluded_lot_with_everything_lacks_nothing() -> None:
    kinds = ("notice", "tender-document", "bid-document", "opening-record", "draw",
             "evaluation-report", "candidates", "award", "contract", "written-report")  # fmt: skip
    found = folded("PERFORMANCE", "concluded", *kinds)
    assert gaps(found) == set()
    assert [one.kind for one in found.exhibits] == list(kinds)


def test_terminated_lot_lacks_only_what_it_came_to() -> None:
    assert gaps(folded("NOTICE", "terminated")) == {"notice"}
    assert gaps(folded("BIDDING", "failed", "notice")) == {"tender-document"}
    assert gaps(folded("REGISTERED", "terminated")) == set()


def test_every_missing_class_has_its_reason_in_both_languages() -> None:
    for stage, outcome in (("NOTICE", "terminated"), ("PERFORMANCE", "concluded")):
        found = folded(stage, outcome)
        assert len(found.missing) == len(tables.classes()) - 1
        assert all(one.reason.zh and one.reason.en for one in found.missing)


def test_stage_that_a_procedure_does_not_have_asks_for_nothing() -> None:
    rules = procedure.load("construction")
    stages = tuple(one for one in rules.stages if one.name != "CANDIDATES")
    found = collection.fold(
        lot_at("PERFORMANCE"), [], rules=dataclasses.replace(rules, stages=stages),
        outcome="concluded",
    )  # fmt: skip
    assert "candidates" not in gaps(found)


def test_state_changes_with_any_exhibit() -> None:
    first, second = (Exhibit(kind="notice", digest=floor.sha(name)) for name in "ab")
    states = {collection.state_of(rows) for rows in ([], [first], [second], [first, second])}
    assert len(states) == 4
    assert collection.state_of([first, second]) == collection.state_of([second, first])


# --- the ledger's slice ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_slice_holds_the_lot_and_nothing_of_its_neighbour(place: Path) -> None:
    first, second = world.house(exhibits=False), world.house(exhibits=False)
    after = first.request()
    checkpoints.make(clock.platform)
    found = ledger_slice.cut(first.lot, after=after)
    text = ledger_slice.write(found, absent={}).decode()
    assert first.lot.urn in text
    assert second.lot.urn not in text
    exhibits = {line.entry["context"]["exhibit"] for line in
                found.entries_of("trading.file-exhibit")}  # fmt: skip
    assert exhibits == {one.urn for one in first.exhibits()}
    assert [line.index for line in found.lines] == sorted({line.index for line in found.lines})
    assert found.closed == 0


@pytest.mark.django_db
def test_closed_acts_are_proven_and_not_opened(house, monkeypatch) -> None:
    rules = tables.LedgerRules(never=tables.ledger_rules().never, closed=("trading.file-*",))
    monkeypatch.setattr(tables, "ledger_rules", lambda: rules)
    after = house.request()
    checkpoints.make(clock.platform)
    found = ledger_slice.cut(house.lot, after=after)
    assert found.closed > 5
    hidden = next(line for line in found.lines if line.entry is None)
    rows = [json.loads(row) for row in ledger_slice.write(found, absent={}).splitlines()]
    row = next(each for each in rows if each.get("index") == hidden.index)
    assert (row["salt"], row["entry"]) == (None, None)
    assert not any(
        each["kind"] == "receipt" and each["index"] == hidden.index for each in rows
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("lot:6f1c1f0e-8a53-4a55-9d5e-0a5f6b1f7d10", 1),
        ({"a": ["x", {"b": "bid:6f1c1f0e-8a53-4a55-9d5e-0a5f6b1f7d10"}]}, 1),
        ("see lot:6f1c1f0e-8a53-4a55-9d5e-0a5f6b1f7d10", 0),
        ("lot:6F1C1F0E-8A53-4A55-9D5E-0A5F6B1F7D10", 0),
        ("lot:1", 0),
        ({"lot:6f1c1f0e-8a53-4a55-9d5e-0a5f6b1f7d10": 1}, 0),
        (None, 0),
        (7, 0),
    ],
)
def test_urns_are_whole_texts(value, found: int) -> None:
    assert len(ledger_slice.urns_in(value)) == found


# --- layout, bag, ZIP -----------------------------------------------------------------------------

DIGEST = "0" * 64


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../x", "data/../x", "data//x", "data/", ".hidden", "data/.x", "a b",
     "data/名.pdf", "data/x\n", "data\\x", "C:/x", "data/x\u202e", "data/-\x00"],
)  # fmt: skip
def test_unsafe_path_is_no_item(path: str) -> None:
    with pytest.raises(Malformed):
        Item(path, DIGEST, 1)


@pytest.mark.parametrize("root", ["", "..", "a/b", "-x", "x" * 81, "档", ".x"])
def test_unsafe_root_is_no_package(root: str) -> None:
    with pytest.raises(Malformed):
        Layout(root=root, items=())


@pytest.mark.parametrize(
    "paths", [("a", "a"), ("b", "a"), ("A", "a"), ("data/X.pdf", "data/x.pdf")]
)
def test_colliding_paths_are_no_package(paths: tuple[str, ...]) -> None:
    with pytest.raises(Malformed):
        Layout(root="x", items=tuple(Item(path, DIGEST, 1) for path in paths))


def test_layout_is_read_as_it_was_written() -> None:
    made = Layout.of("x-v1", [Item("b", DIGEST, 2), Item("a", DIGEST, 1)])
    assert layout.loads(made.dumps()) == made
    assert (made.size, made.item("b").size) == (3, 2)
    for data in (b"", b"{}", made.dumps() + b" ", made.dumps().replace(b"layout/1", b"layout/2")):
        with pytest.raises(Malformed):
            layout.loads(data)


def bag(place: Path) -> package.Bag:
    one = layout.keep("data/originals/a.txt", b"one")
    return package.pack(
        "x-v1",
        payload=[layout.keep("data/index.pdf", b"two"), one],
        tags={"metadata/eep.xml": b"<x/>"},
        info=[("Source-Organization", "甲\nPayload-Oxum: 0.0")],
    )


@pytest.mark.django_db
def test_equal_parts_give_equal_bags(place: Path) -> None:
    first, second = bag(place), bag(place)
    assert first == second
    done = package.finish(first, evidence={package.TOKEN: b"token"})
    assert b"".join(shipping.zip_stream(done)) == b"".join(shipping.zip_stream(done))
    assert len(b"".join(shipping.zip_stream(done))) == shipping.zip_size(done)
    # Evidence lies outside of the digest.
    other = package.finish(first, evidence={package.TOKEN: b"another"})
    assert other.item(package.TAG_MANIFEST) == done.item(package.TAG_MANIFEST)


@pytest.mark.django_db
def test_values_of_bag_info_make_no_lines(place: Path) -> None:
    items = {item.path: item for item in bag(place).items}
    text = b"".join(items["bag-info.txt"].chunks()).decode()
    assert text == "Source-Organization: 甲 Payload-Oxum: 0.0\nPayload-Oxum: 6.2\n"


@pytest.mark.django_db
def test_manifests_hold_both_digests(place: Path) -> None:
    items = {item.path: item for item in bag(place).items}
    for name, algorithm in ((package.MANIFEST, "sha256"), (package.MANIFEST_SM3, "sm3")):
        text = b"".join(items[name].chunks()).decode()
        assert text == "".join(
            f"{hashlib.new(algorithm, data).hexdigest()}  {path}\n"
            for path, data in (("data/index.pdf", b"two"), ("data/originals/a.txt", b"one"))
        )


@pytest.mark.django_db
def test_payload_outside_of_data_is_refused(place: Path) -> None:
    for path in ("metadata/x", "datax/x"):
        with pytest.raises(Malformed):
            package.pack("x", payload=[layout.keep(path, b"x")], tags={}, info=[])
    with pytest.raises(Malformed):
        package.finish(bag(place), evidence={"metadata/x": b"x"})


@pytest.mark.django_db
def test_damaged_or_missing_file_is_not_packed(place: Path) -> None:
    item = layout.keep("data/x.txt", b"good")
    store.path(item.sha256).write_bytes(b"evil")
    with pytest.raises(Unavailable):
        package.pack("x", payload=[item], tags={}, info=[])
    with pytest.raises(Unavailable):
        package.stored_payload("data/x.txt", sha256=item.sha256, size=5)
    store.path(item.sha256).unlink()
    with pytest.raises(Unavailable):
        package.stored_payload("data/x.txt", sha256=item.sha256, size=4)


# --- examinations ---------------------------------------------------------------------------------


def found_of(*outcomes: str) -> Examination:
    rows = [Finding(item="A1", outcome=each, evidence="", tool="t") for each in outcomes]
    return Examination(at=world.START, occasion="filing", findings=tuple(rows))


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ((), "not-checked"),
        (("pass",), "pass"),
        (("pass", "not-checked"), "not-checked"),
        (("pass", "fail"), "fail"),
        (("not-checked", "fail"), "fail"),
    ],
)
def test_item_passes_only_when_all_of_it_was_checked(outcomes, whole: str) -> None:
    assert found_of(*outcomes).outcome("A1") == whole


def seen(kind: str, data: bytes) -> dict:
    (answer,) = json.loads(inspection.run(inspection.enclose([(kind, data)])))
    return answer


def test_records_are_inspected_each_for_itself() -> None:
    answers = json.loads(
        inspection.run(
            inspection.enclose(
                [("text/plain", "好".encode()), ("text/plain", b"\xff"), ("x/y", b""),
                 ("application/json", b"{}"), ("application/json", b"{")]
            )
        )
    )  # fmt: skip
    assert [each["opened"] for each in answers] == [True, False, None, True, False]


def test_archival_pdf_is_drawn_and_found_compliant() -> None:
    answer = seen("application/pdf", world.paper("记录"))
    assert (answer["profile"], answer["compliant"]) == ("2b", True)
    assert answer["rendered"] == answer["pages"] == 1
    assert answer["active"] == []
    assert answer["characters"] > 10


def test_pdf_that_acts_or_is_locked_is_seen() -> None:
    import io

    import pikepdf

    def changed(**options) -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(world.plain_pdf())) as pdf:
            if "script" in options:
                pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="x()")
            pdf.save(out, encryption=options.get("lock", False))
        return out.getvalue()

    assert seen("application/pdf", changed(script=1))["active"] == ["/JS", "/JavaScript"]
    locked = seen("application/pdf", changed(lock=pikepdf.Encryption(owner="a", user="b")))
    assert (locked["opened"], locked["encrypted"]) == (False, True)
    assert seen("application/pdf", b"%PDF-1.7 nothing")["opened"] is False


def test_zip_that_bursts_or_leads_outside_is_seen() -> None:
    import io
    import zipfile

    def made(name: str, data: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        return out.getvalue()

    assert seen("application/zip", made("x", bytes(9_000_000)))["bomb"] is True
    assert seen("application/zip", made("../x", b"x"))["traversal"] is True
    good = seen("application/zip", made("x", b"x"))
    assert (good["bomb"], good["traversal"]) == (False, False)


def test_xml_with_a_document_type_is_seen() -> None:
    data = b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    assert seen("application/xml", data)["active"] == ["DTD"]


@pytest.mark.django_db
def test_examination_of_a_volume_says_what_it_found(house) -> None:
    after = house.request()
    checkpoints.make(clock.platform)
    of = volume.prepare(house.lot, version=1, after=after, built=clock.now())
    made = examinations.examine(of, policy=trust_store.policy(now=of.built))
    outcomes = made.outcomes
    assert {item for item, outcome in outcomes.items() if outcome == "fail"} == {"C3", "C6"}
    for item in ("A1", "A2", "A3", "A4", "A5", "A6", "A7", "B1", "B2", "B3", "B5", "B6", "B7"):
        assert outcomes[item] == "pass", item
    signed = [one for one in made.findings if one.item == "A1"]
    assert len(signed) == 4
    assert sum(one.path.endswith(".p7s") for one in signed) == 1
    # The sound recording of an unknown type: nobody here can say anything of it.
    assert outcomes["C2"] == "not-checked"


@pytest.mark.django_db
def test_forged_signature_fails_the_examination(house) -> None:
    exhibit = next(one for one in house.exhibits() if one.kind == "bid-manifest")
    other = world.statements.sign(
        world.statements.build("sunlit.manifest/1", origin="http://x.invalid",
                               at=clock.now(), files="4"),
        world.western(),
    )  # fmt: skip
    store.path(exhibit.seal["signature"]).write_bytes(other)
    path = store.path(hashlib.sha256(other).hexdigest())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(other)
    forged = volume._signature(exhibit)
    assert forged is not None
    record = volume.Record(
        number=1, record_class=tables.class_of("bid-manifest"), exhibit=exhibit,
        format=tables.format_of(exhibit.media_type), path="data/originals/x.json",
        signature=dataclasses.replace(forged, sha256=path.name),
    )  # fmt: skip
    (finding,) = examinations._signatures(
        record, {}, at=clock.now(), policy=trust_store.policy(now=clock.now())
    )
    assert finding.outcome == "fail"


# --- the index volume and the exports -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("招标公告", "招标公告"),
        ("a\u202eb", "a[U+202E]b"),
        ("x\U000e0041", "x[U+E0041]"),
        ("line\nbreak", "line[U+000A]break"),
    ],
)
def test_what_nobody_would_see_is_printed_as_its_number(text: str, shown: str) -> None:
    assert index_volume.printable(text) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1024, "1 KB"), (1_500_000, "1 MB"), (5_000_000_000, "4 GB")],
)
def test_sizes_are_read_at_a_glance(count: int, shown: str) -> None:
    assert index_volume.size(count).split(" ")[1] == shown.split(" ")[1]


@pytest.mark.django_db
def test_index_volume_is_the_same_twice_and_carries_its_twin(house) -> None:
    import io

    import pikepdf

    after = house.request()
    checkpoints.make(clock.platform)
    of = volume.prepare(house.lot, version=1, after=after, built=clock.now())
    examination = examinations.examine(of, policy=trust_store.policy(now=of.built))
    first, second = (index_volume.rendered(of, examination).data for _ in range(2))
    assert first == second
    assert gate.validate(first, "3b").findings == ()
    with pikepdf.open(io.BytesIO(first)) as pdf:
        twin = json.loads(pdf.attachments[index_volume.TWIN].get_file().read_bytes())
    assert twin["code"] == "GC-2025-0001-01"
    assert [one["sha256"] for one in twin["records"]] == [
        one.digest for one in of.collection.exhibits
    ]
    assert twin["ledger"]["size"] == of.slice.size
    about = ("0" * 64, 1)
    assert exports.eep(of, index=about) == exports.eep(of, index=about)
    assert b"U+202E" not in exports.eep(of, index=about)


def test_what_xml_forbids_is_written_as_its_number() -> None:
    assert exports._legal("a\x00b\x0bc\ufffed\t") == "a[U+0000]b[U+000B]c[U+FFFE]d\t"
