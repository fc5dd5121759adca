"""The same search finds the same projects on SQLite and on PostgreSQL, and nothing hidden."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from signatures.domain.act import Actor, dispatch
from tests.bidding import server
from tests.bidding.conftest import postgresql_server, postgresql_url  # noqa: F401
from tests.factories import floor, migrated
from tests.trading import found
from tests.trading.pages import published
from trading.domain.projects import NewLot, RegisterProject
from trading.interfaces import listing
from trading.models import Project
from trading.models.searching import grams, normal


def searched(url: str) -> dict[str, dict[str, list[str]] | list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.trading.found"],
        cwd=server.ROOT,
        env=server.environment(SUNLIT_DATABASE_URL=url),
        check=True,
        capture_output=True,
        timeout=100,
    )
    return json.loads(done.stdout)


def expected() -> dict[str, set[str]]:
    return {
        words: {f"GC-{number:06d}" for number in range(found.COUNT) if holds(number)}
        for words, holds in found.SEARCHES.items()
    }


def check(answers: dict[str, list[str]]) -> None:
    for words, codes in expected().items():
        assert len(answers[words]) == len(set(answers[words])), words
        assert set(answers[words]) == codes, words


def test_sqlite_finds_what_holds_the_words(tmp_path):
    migrated.copy_to(tmp_path / "found.sqlite3")
    check(searched(f"sqlite:///{tmp_path}/found.sqlite3")["found"])


def test_postgresql_finds_the_same_and_knows_what_stands_everywhere(postgresql_url):  # noqa: F811
    answers = searched(postgresql_url)
    check(answers["found"])
    assert {"新区", "建设", "gc-"} <= set(answers["everywhere"])
    assert not {"桥梁", "第二", "秘密", "road"} & set(answers["everywhere"])


@pytest.mark.parametrize(
    ("word", "pairs"),
    [
        ("桥", ["桥"]), ("桥梁", ["桥梁"]), ("道桥梁", ["桥梁", "道桥"]),
        ("道路桥梁", ["桥梁", "道路"]), ("", [""]), ("9", ["9"]),
    ],
)
def test_word_is_looked_up_by_pairs_that_cover_it(word, pairs):
    assert grams(word) == pairs


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("gc-01", ["-01", "c-0", "gc-"]), ("20", ["20"]), ("2026", ["026", "202"]),
        ("gc-0012", ["-00", "001", "012", "c-0", "gc-"]),
        ("市第9中学", ["9中学", "市第9", "第9中"]), ("东风路9", ["东风", "风路9"]),
        ("9路东风桥", ["9路东", "东风", "风桥"]),
    ],
)
def test_code_or_number_is_looked_up_by_threes(word, parts):
    assert grams(word) == parts


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("江城水厂", ["水厂"]), ("第12水厂", ["12水", "2水厂"]), ("江城", ["江城"]),
        ("江城工程", ["工程", "江城"]),
    ],
)
def test_what_stands_everywhere_is_looked_up_only_where_nothing_else_is_there(word, parts):
    assert grams(word, frozenset({"江城", "工程", "第12"})) == parts


def test_normal_text_has_one_form():
    assert normal("ＧＣ－１ Straße", " 桥　梁 ") == "gc-1 strasse\n桥 梁"


def codes(viewer, words: str) -> list[str]:
    page = listing.projects(viewer=viewer, sieve=listing.Sieve(q=words))
    return [project.code for project in page.items]


def two_lots(house) -> Project:
    """A second project of the house: one lot published, the other not."""
    result = dispatch(
        RegisterProject(
            title="两个标段",
            category="construction",
            tenderee=house.tenderee.pk,
            lots=(
                NewLot(title="明标段", parameters=floor.PARAMETERS),
                NewLot(title="暗标段", parameters=floor.PARAMETERS),
            ),
        ),
        actor=Actor.person(house.buyer),
    )
    return Project.objects.get(code=result.result["code"])


@pytest.mark.django_db
def test_title_of_an_unpublished_lot_is_found_by_its_people_alone():
    house = published()
    project = two_lots(house)
    assert codes(None, "暗标段") == codes(None, "明标段") == codes(None, "两个") == []
    assert codes(house.bidder, "暗标段") == []
    assert codes(house.buyer, "暗标段") == codes(house.supervisor, "暗标段") == [project.code]
    assert codes(house.buyer, "暗标段 明标段") == [project.code]
    assert codes(house.buyer, "暗标段 不存在") == []


@pytest.mark.django_db
def test_published_lot_is_found_by_everybody_and_its_project_dated():
    house = published()
    project = house.lot.project
    project.refresh_from_db()
    assert codes(None, house.lot.title) == codes(None, house.tenderee.name) == [project.code]
    assert project.published_at == house.lot.published_at
    assert project.searchable.split("\n")[-1] == normal(house.lot.title)
