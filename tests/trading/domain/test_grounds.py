"""Articles stand in the procedure files: a lot is refused by the law of its own procedure."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import translation

from signatures.domain import guard, log
from signatures.domain.act import Actor, dispatch
from signatures.domain.clock import FixedClock
from signatures.domain.errors import Denied, NotFound, Refused
from tests.factories import floor
from tests.factories.floor import START, beijing, sha
from trading.domain import catalogue, grounds, procedure, procedure_file, registry
from trading.domain.amendments import AmendDocuments, Change
from trading.domain.documents import RecordDownload
from trading.domain.procedure_layers import FaultyProcedure
from trading.domain.projects import NewLot, RegisterProject
from trading.interfaces import citations
from trading.models import Document, Download, Project
from trading.templatetags import sunlit

ROOT = Path(__file__).resolve().parents[3]
DEADLINE = beijing(2026, 3, 31)


def placed(name: str, stage: str = "BIDDING", **changes):
    """A lot of this procedure, at this stage; ``changes`` are made to what it was frozen with."""
    house = floor.house()
    frozen = procedure.load(name).frozen()
    if changes:
        data = {**frozen["data"], **changes}
        frozen = {**frozen, "data": data, "digest": procedure.digest_of(data)}
    with guard.writes("test arrangement"):
        house.lot.procedure, house.lot.stage = frozen, stage
        house.lot.state = "active"
        house.lot.dates = {"deadline": "2026-03-31T01:30:00.000000Z"}
        house.lot.save()
    house.refresh()
    return house


def state(house):
    house.refresh()
    return (
        log.size(), Document.objects.count(), Download.objects.count(), house.lot.dates,
        house.lot.stage, house.lot.assignments.count(),
    )


def refused(house, call, kind, code):
    """The refusal of a call that leaves nothing behind."""
    before = state(house)
    with pytest.raises(kind) as caught:
        call()
    assert caught.value.code == code
    assert state(house) == before
    return caught.value


# --- refusals cite the law of their category ------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "article"),
    [
        ("construction", "TBR 21"),
        ("construction-invited", "TBR 21"),
        ("procurement", "M87 27"),
        ("procurement-negotiation", "M87 27"),
        ("land-tender", "L39 10"),
        ("mineral-tender", "L39 10"),
        ("property-tender", "SA32 14"),
    ],
)
def test_deadline_moved_earlier_is_refused_by_the_categorys_own_article(name, article):
    house = placed(name)
    command = AmendDocuments(
        lot=house.lot.pk, before=sha("before"), affects=True, title="招标文件", digest=sha("new"),
        changes=(Change(clause="第 12 页", before="DN500", after="DN600"),), size=1000,
        deadline=DEADLINE - timedelta(days=1),
    )
    error = refused(house, lambda: house.act(command, by=house.buyer), Refused, "moved-earlier")
    assert error.rule == article


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "article"),
    [
        ("construction", "TBL 54, 60"),
        ("construction-separated", "TBL 54, 60"),
        # Files that give it no article of its own: the article of fetching the documents.
        ("procurement", "M87 18"),
        ("procurement-invited", "GPL 34, M87 18"),
        ("procurement-single-source", "M74 41"),
        ("land-tender", "L39 12"),
        ("land-listing", "L39 8, 11"),
        ("mineral-tender", "L39 12"),
        ("mineral-auction", "L39 8, 11"),
        ("property-equity", "L39 8, 11"),
    ],
)
def test_who_is_kept_out_is_refused_by_the_categorys_own_article(name, article):
    house = placed(name)
    with guard.writes("test arrangement"):
        house.tenderer.blocked_until = START + timedelta(days=30)
        house.tenderer.save()
    command = RecordDownload(
        lot=house.lot.pk, document=house.lot.pk, organisation=house.tenderer.pk
    )
    error = refused(house, lambda: house.act(command, by=house.bidder), Refused, "blocked")
    assert error.rule == article


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("category", "article"),
    [("construction", "TBL 8, 12"), ("procurement", None), ("land", None), ("property", None)],
)
def test_who_may_not_register_is_refused_by_no_other_categorys_article(category, article):
    house = floor.house()
    command = RegisterProject(
        title="二期", category=category, tenderee=house.tenderee.pk, lots=(NewLot(title="A"),)
    )
    before = (log.size(), Project.objects.count())
    with pytest.raises(Denied) as caught:
        dispatch(command, actor=Actor.person(house.bidder), clock=FixedClock(START))
    assert (caught.value.code, caught.value.rule) == ("wrong-role", article)
    assert (log.size(), Project.objects.count()) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ground", "articles"),
    [
        ("opening-order", ("TBL 36", "M87 41", "M74 15, 30", "L39 13", "L39 13")),
        ("bids-not-frozen", ("TBL 34", "M87 33, 39", "M74 15", "L39 13", "L39 13")),
        ("bid-exists", ("TBL 29", "M87 34", "M87 34", "L39 13", "L39 13")),
        ("no-candidates", ("TBL 42", "GPL 36, M87 63", "M74 37", "L39 13", "L39 13")),
        ("report-complete", ("TBR 53", "M87 58", "M74 17, 35", "L39 13", "L39 13")),
        ("documents-agree", ("TBL 19", "M87 18, 20", "M74 10, 29", "L39 8", "L39 8")),
    ],
)
def test_ground_is_cited_by_each_categorys_own_article(ground, articles):
    names = (
        "construction", "procurement", "procurement-negotiation", "land-tender", "property-tender",
    )
    found = tuple(grounds.of(placed(name, "OPENING").lot, ground) for name in names)
    assert found == articles


@pytest.mark.django_db
def test_no_category_is_refused_by_a_statute_that_does_not_govern_it():
    for name in procedure.names():
        lot = placed(name).lot
        rules = procedure.of(lot)
        for ground in registry.grounds():
            said = grounds.of(lot, ground)
            cites = rules.sources.keys() & re.findall(r"[A-Z]+\d*", said)
            assert cites or said.startswith(f"{rules.name} {rules.version}"), (name, ground, said)


# --- the file says it -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_lot_is_refused_by_the_edition_that_it_was_frozen_with():
    rows = [{"name": "opening-order", "article": "TBL 99"}]
    lot = placed("construction", "OPENING", grounds=rows).lot
    assert grounds.of(lot, "opening-order") == "TBL 99"
    # What its edition does not say is the command's, whatever the file in force says.
    assert grounds.of(lot, "opening-host") == "TBL 36, TBR 44"


@pytest.mark.django_db
def test_lot_that_was_frozen_before_there_were_grounds_cites_its_commands():
    lot = placed("construction", "OPENING", grounds=[]).lot
    assert grounds.of(lot, "bid-exists") == "TBL 28, TBR 36"


@pytest.mark.django_db
def test_command_that_the_procedure_has_not_is_cited_by_the_files_name():
    lot = placed("land-listing").lot
    version = procedure.load("land-listing").version
    assert grounds.of(lot, "method-as-published") == f"land-listing {version}"


@pytest.mark.django_db
def test_ground_that_there_is_not():
    lot = placed("construction").lot
    with pytest.raises(NotFound) as caught:
        grounds.of(lot, "weather")
    assert caught.value.code == "unknown-ground"


def test_two_grounds_of_one_name_are_refused():
    with pytest.raises(RuntimeError, match="Two grounds are called own-tender"):
        grounds.declare("own-tender", step="trading.award")
    assert registry.ground("own-tender").step == "trading.invite"


SIXTH = 'name = "sixth"\nversion = "1"\nbased_on = "construction"\n'
TITLES = '[texts.zh-hans]\ntitle = "第六"\n[texts.en]\ntitle = "Sixth"\n'


def test_variant_inherits_the_articles_and_says_its_own():
    own = '[[grounds]]\nname = "bid-exists"\narticle = "TBL 99"\n'
    rules = procedure_file.read(SIXTH + own + TITLES, file="sixth.toml")
    base = procedure.load("construction")
    assert rules.grounds["bid-exists"].article == "TBL 99"
    assert list(rules.grounds) == list(base.grounds)
    changed = [name for name in base.grounds if rules.grounds[name] != base.grounds[name]]
    assert changed == ["bid-exists"]


def test_variant_leaves_an_article_out():
    without = '[without]\ngrounds = ["bid-exists"]\n'
    rules = procedure_file.read(SIXTH + without + TITLES, file="sixth.toml")
    assert "bid-exists" not in rules.grounds and "own-tender" in rules.grounds


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[without]\ngrounds = ["weather"]\n', "there is no weather to leave out"),
        ('[without]\nsources = ["D20"]\n', "'D20' is none of the sources"),
        ('[[grounds]]\nname = "bid-exists"\narticle = "GPL 1"\n', "'GPL' is none of the sources"),
        ('[[grounds]]\nname = "new-one"\narticle = "TBL 1"\n', "new-one has no text in en"),
    ],
)
def test_variant_whose_articles_do_not_hold_together_is_refused(text, reason):
    with pytest.raises(FaultyProcedure) as caught:
        procedure_file.read(SIXTH + text + TITLES, file="sixth.toml")
    found = [str(fault) for fault in caught.value.faults]
    assert any(reason in fault for fault in found), found
    assert all(re.match(r"[a-z]+\.toml:\d+: ", fault) for fault in found), found


def test_every_ground_of_the_code_has_its_article_in_some_file():
    given = {name for each in procedure.names() for name in procedure.load(each).grounds}
    assert registry.grounds() == given


# --- and only the file says it --------------------------------------------------------------------


def _statutes() -> set[str]:
    sources = [procedure.load(name).sources for name in procedure.names()]
    return {short for each in (catalogue.load().sources, *sources) for short in each}


def articles_in(source: str) -> list[str]:
    """The articles that a module's code names; what its docstrings and comments say is no code."""
    wanted = re.compile(rf"\b(?:{'|'.join(sorted(_statutes()))})\s+\d+")
    tree = ast.parse(source)
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in told
        and wanted.search(node.value)
    ]


def articles_on(template: str) -> list[str]:
    """The articles that a template names."""
    return re.findall(rf"\b(?:{'|'.join(sorted(_statutes()))})\s+\d+", template)


def _files(pattern: str, *folders: str):
    for folder in folders:
        yield from sorted((ROOT / folder).rglob(pattern))


def test_no_article_stands_in_the_code():
    found = {
        str(path.relative_to(ROOT)): named
        for path in _files("*.py", "trading", "bidding", "archive", "signatures")
        if (named := articles_in(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_no_article_stands_on_a_page():
    found = {
        str(path.relative_to(ROOT)): named
        for path in _files("*.html", "templates")
        if (named := articles_on(path.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "planted",
    [
        'raise Refused(_("No."), code="no", rule="TBL 19")',
        'RULE = "TBR 18"',
        'raise Denied(_("Not so (GPL 22)."))',
        'rule = f"L39 {number}, SA32 13"',
        'TABLE = {"rule": ("MR  20",)}',
    ],
)
def test_article_that_is_planted_in_the_code_is_found(planted):
    assert articles_in(f'"""Of TBL 1."""\n\n\ndef decide():\n    """TBL 2."""\n    {planted}\n')


def test_what_tells_of_the_law_and_cites_nothing_is_not_found():
    assert articles_in('"""By TBL 1."""\n# TBR 18\nMAGIC, NAME = b"TBR1", "TBR1"\n') == []


def test_article_that_is_planted_on_a_page_is_found():
    assert articles_on('<p>{{ "TBL 22"|cited }}</p>') == ["TBL 22"]
    assert articles_on('<p>{{ lot|law:"grounds.takers-secret" }}</p>') == []


def test_what_pages_cite_is_there():
    """A ground that is declared, an act that is registered or a command of some file, a row."""
    files = [procedure.load(name) for name in procedure.names()]
    commands = registry.commands() | {name for each in files for name in each.commands}
    rows = {
        f"{section}.{name}"
        for each in files
        for section in ("days", "figures", "flags")
        for name in getattr(each, section)
    }
    known = {f"grounds.{name}" for name in registry.grounds()} | {f"steps.{n}" for n in commands}
    used = {
        where
        for path in _files("*.html", "templates")
        for where in re.findall(r'\|law:"([^"]*)"', path.read_text(encoding="utf-8"))
    }
    assert used and used <= known | rows


@pytest.mark.django_db
def test_pages_cite_in_the_readers_language():
    lot = placed("procurement", "OPENING").lot
    with translation.override("en"):
        assert sunlit.law(lot, "grounds.bid-exists") == "M87 34"
        assert citations.law(lot, "steps.trading.award") == "GPR 43, M87 69"
        assert citations.law(lot, "days.objection-answer") == "GPR 52"
        assert citations.law(lot, "flags.prequalification") == ""
    with translation.override("zh-hans"):
        assert sunlit.law(lot, "days.objection-answer") == "政府采购法实施条例 52"
