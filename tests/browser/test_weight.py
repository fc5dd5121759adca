"""What the two pages that everybody opens weigh, with all that they load, zipped."""

from __future__ import annotations

import gzip

import pytest
from django.urls import reverse

from tests.browser.visitor import Visitor
from tests.trading.pages import LANGUAGES

LIMIT = 120 * 1024


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["front", "project"])
def test_page_weighs_little_with_everything_it_loads(sites, chromium, name, language):
    arguments = {"front": [], "project": [sites.filled.stage.project]}[name]
    # A profile of its own: what another visit left in the cache is not loaded again.
    visitor = Visitor.open(chromium, sites.filled.origin, session=None, language=language)
    assert visitor.go(reverse(name, args=arguments)) == 200
    visitor.page.wait_for_load_state("networkidle")
    weights = {
        answer.url.removeprefix(visitor.origin): len(gzip.compress(answer.body()))
        for answer in visitor.loaded
        if answer.ok
    }
    assert {"/static/trading/css/sunlit.css", "/static/trading/js/page.js"} <= set(weights)
    assert all(answer.url.startswith(visitor.origin) for answer in visitor.loaded)
    visitor.close()
    assert sum(weights.values()) < LIMIT, weights
