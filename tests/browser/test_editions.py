"""A later edition that brings a bill and a file, in a real browser: prepared, then published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.browser.edition_stage import EditionStage
from tests.browser.staged import Staged, staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Staged, EditionStage]]:
    with staged("tests.browser.edition_stage") as site:
        yield site, EditionStage(**site.found)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("who", "where", "page"),
    [
        ("prepared", "prepared", "editions/"), ("prepared", "prepared", "prepare/files/"),
        ("prepared", "prepared", "prepare/bill/"), ("published", "published", "editions/"),
        ("tenderer", "published", "editions/"), ("published", "published", "bill/"),
        ("published", "published", "bill/?edition=1"), ("tenderer", "published", "bill/"),
    ],
)
def test_pages_of_a_later_edition(site, chromium, who, where, page, language):
    served, stage = site
    address = f"/projects/{getattr(stage, where)}/lots/1/{page}"
    visitor = Visitor.open(
        chromium, served.origin, session=stage.sessions[who], language=language
    )
    with closing(visitor):
        assert visitor.go(address) == 200
        assert visitor.looked_at() == []
