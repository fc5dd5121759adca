"""In which order several workers take the files: the long ones first, so that all end together.

pytest-xdist begins with the files of the most tests, and would leave the few that take a minute
each to the end, to a single worker.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

#: The files that take longest by the clock, the longest first.
LONGEST = (
    "tests/browser/test_pages_chinese.py",
    "tests/browser/test_pages_english.py",
    "tests/bidding/kit/test_live.py",
    "tests/browser/test_bid.py",
    "tests/browser/test_mishaps.py",
    "tests/e2e/test_headless.py",
    "tests/browser/test_weight.py",
    "tests/browser/test_reading.py",
    "tests/browser/test_crawl.py",
    "tests/bidding/test_sockets_live.py",
    "tests/archive/test_verify_script.py",
    "tests/archive/test_acts.py",
    "tests/bidding/evaluation/test_report.py",
    "tests/bidding/test_on_postgresql.py",
    "tests/bidding/sealing/test_deadline_postgresql.py",
    "tests/trading/api/test_award.py",
    "tests/signatures/paper/test_signing.py",
    "tests/bidding/opening/test_opening_record.py",
    "tests/bidding/opening/test_hall.py",
    "tests/signatures/domain/test_assess.py",
)
#: Files that one worker takes as one: they look at the same served platform.
TOGETHER = {
    "tests/browser/test_reading.py": "tests/browser/test_weight.py",
    "tests/browser/test_crawl.py": "tests/browser/test_weight.py",
}


def file_of(nodeid: str) -> str:
    return nodeid.split("::", 1)[0]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a worker only: somebody who runs one file alone has the order in which it is written."""
    if not hasattr(config, "workerinput"):
        return
    rank = {file: place for place, file in enumerate(LONGEST)}
    sizes = Counter(file_of(item.nodeid) for item in items)

    def key(item: pytest.Item) -> tuple[int, int, str]:
        file = file_of(item.nodeid)
        return rank.get(file, len(rank)), -sizes[file], file

    items.sort(key=key)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """``--dist loadfile`` in the order that the workers report."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByLength(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return TOGETHER.get(file, file)

    config.option.loadscopereorder = False
    return ByLength(config, log)
