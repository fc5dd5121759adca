"""The page of a framework, at each of its steps, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.browser.framework_stage import FrameworkStage
from tests.browser.staged import Staged, staged
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[Staged, FrameworkStage]]:
    with staged("tests.browser.framework_stage") as site:
        yield site, FrameworkStage(**site.found)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize(
    ("step", "page"),
    [
        ("stating", "framework"), ("waiting", "framework"), ("ordering", "framework"),
        ("ordering", "result"), ("ordering", "contract"),
    ],
)
def test_framework_as_the_tenderee_sees_it(site, chromium, step, page, language):
    served, stage = site
    session = stage.sessions[step]
    address = f"/projects/{getattr(stage, step)}/lots/1/{page}/"
    visitor = Visitor.open(chromium, served.origin, session=session, language=language)
    with closing(visitor):
        assert visitor.go(address) == 200
        assert visitor.looked_at() == []
