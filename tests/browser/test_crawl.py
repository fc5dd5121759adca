"""What the crawl takes for one page: what two people read alike, and nothing else."""

from __future__ import annotations

from django.urls import reverse

from tests.browser.crawl import _key


def key(visit, site, role: str, address: str) -> bytes:
    return _key(visit(site, role, "en").fetch(address)[1], whole=False)


def test_page_that_two_people_read_alike_is_one_page(sites, visit):
    ledger = reverse("ledger")
    keys = [key(visit, sites.filled, role, ledger) for role in ("tenderer", "tenderee", "operator")]
    assert len(set(keys)) == 1


def test_page_of_nobody_or_with_more_on_it_is_another_page(sites, visit):
    assert len({key(visit, sites.filled, role, reverse("desk")) for role in (
        "public", "tenderer", "tenderee", "supervisor", "archivist",
    )}) == 5  # fmt: skip
    ledger = reverse("ledger")
    assert len({key(visit, sites.filled, role, ledger) for role in ("public", "tenderer")}) == 2
