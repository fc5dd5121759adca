"""The front page and what every page shows."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from signatures.domain import clock, guard, jcs, log
from tests.factories import floor
from tests.trading.pages import LANGUAGES, as_, move_clock, published, text_of
from trading.static_files import SCRIPT_POLICY

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", LANGUAGES)
def test_front_without_projects_says_so(empty, language):
    text = text_of(as_(None, language).get("/"))
    for sentence in {
        "en": ("Nothing is open at the moment.", "Nothing is opened today.",
               "Nothing was awarded today.", "Verify a file"),
        "zh-hans": ("目前没有可以参与的项目。", "今天没有开标。", "今天没有中标结果。",
                    "查验一份文件"),
    }[language]:
        assert sentence in text


def columns(answer):
    counts = re.findall(r'class="trio-head">.*?<p>(\d+)</p>', answer.content.decode(), re.S)
    return [int(count) for count in counts]


def test_front_shows_what_is_open(house):
    answer = as_(None).get("/")
    assert columns(answer) == [1, 0, 0]
    assert house.lot.project.title in text_of(answer)
    assert "03-31 09:30" in text_of(answer)


def test_front_shows_what_is_opened_today_before_and_after(house):
    deadline = floor.DATES["deadline"]
    move_clock(deadline - timedelta(hours=1))
    answer = as_(None, "en").get("/")
    assert columns(answer) == [1, 1, 0]
    assert "Waiting to be opened" in text_of(answer)
    move_clock(deadline + timedelta(minutes=5))
    answer = as_(None, "en").get("/")
    assert columns(answer) == [0, 1, 0]
    assert "Waiting to be opened" not in text_of(answer)
    move_clock(deadline + timedelta(days=1))
    assert columns(as_(None, "en").get("/")) == [0, 0, 0]


def test_front_shows_what_was_awarded_today(house):
    at = clock.now()
    with guard.writes("test arrangement"):
        house.lot.dates = {**house.lot.dates, "award": jcs.timestamp(at)}
        house.lot.save(update_fields=["dates"])
    assert columns(as_(None).get("/")) == [1, 0, 1]


def test_front_shows_nobody_a_draft(empty):
    house = floor.house()
    for person in (None, house.buyer, house.operator):
        answer = as_(person).get("/")
        assert columns(answer) == [0, 0, 0]
        assert house.lot.project.title not in text_of(answer)


# --- every page ---------------------------------------------------------------------------------

PAGES = ["front", "projects", "sign-in", "sign-in-certificate", "verify", "trust-lists", "ledger"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_page_has_its_frame(house, name, language):
    answer = as_(None, language).get(reverse(name))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{"en" if language == "en" else "zh-Hans"}">' in html
    assert html.count("<h1") == 1
    assert html.count("<main ") == html.count('<footer class="foot"') == 1
    assert '<a class="skip" href="#main">' in html
    assert 'data-clock="' in html
    assert str(log.size()) in text_of(answer)
    assert 'name="language"' in html


@pytest.mark.parametrize("name", PAGES)
def test_page_keeps_to_the_strict_policy(house, name):
    answer = as_(None).get(reverse(name))
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    html = answer.content.decode()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", html)
    assert re.findall(r"<script[^>]*>[^<]+", html) == []


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("bidding/js/seal/worker.js", SCRIPT_POLICY), ("vendor/pdfjs/build/pdf.mjs", SCRIPT_POLICY),
        ("trading/css/award.css", None),
    ],
)  # fmt: skip
def test_scripts_bear_the_policy_of_the_workers_that_they_may_become(path, policy):
    answer = as_(None).get(f"/static/{path}")
    answer.close()
    assert answer.status_code == 200
    assert answer.headers.get("Content-Security-Policy") == policy
    assert "'unsafe-eval'" not in SCRIPT_POLICY and "unsafe-inline" not in SCRIPT_POLICY


@pytest.mark.parametrize("name", PAGES)
def test_page_names_each_field_and_no_id_twice(house, name):
    html = as_(None).get(reverse(name)).content.decode()
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', html))
    controls = re.findall(r"<(?:input|select|textarea)\b([^>]*)>", html)
    for control in controls:
        if 'type="hidden"' not in control:
            assert re.search(r'id="([^"]+)"', control).group(1) in labelled


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_leaves_no_leaf(house, name, language):
    before = log.size()
    as_(house.bidder, language).get(reverse(name))
    assert log.size() == before


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
@pytest.mark.parametrize("name", PAGES)
def test_page_refuses_other_methods(house, name, method):
    before = log.size()
    assert getattr(as_(None), method)(reverse(name)).status_code == 405
    assert log.size() == before


def test_page_greets_who_has_signed_in(house):
    assert house.bidder.full_name in text_of(as_(house.bidder).get("/"))
    assert house.bidder.full_name not in text_of(as_(None).get("/"))


# --- language -----------------------------------------------------------------------------------


def test_language_is_chinese_where_nobody_says_otherwise(empty, client):
    assert "今日交易" in text_of(client.get("/"))


def test_language_switch_keeps_the_page_and_lasts(house, client):
    answer = client.post("/language/", {"language": "en", "next": "/projects/?q=abc"})
    assert (answer.status_code, answer["Location"]) == (302, "/projects/?q=abc")
    assert "No project fits." in text_of(client.get("/projects/?q=abc"))
    assert 'name="next" value="/projects/?q=abc"' in client.get("/projects/?q=abc").content.decode()


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "", "javascript:1"])
def test_language_switch_sends_nobody_elsewhere(empty, client, target):
    answer = client.post("/language/", {"language": "en", "next": target})
    assert answer["Location"] == "/"


def test_language_that_there_is_not_is_refused(empty, client):
    answer = client.post("/language/", {"language": "tlh", "next": "/"})
    assert answer.status_code == 400
    assert "django_language" not in answer.cookies


def test_front_asks_the_database_as_often_for_30_as_for_1(empty, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in range(30):
        published()
        if number in (0, 29):
            client = as_(None)
            with CaptureQueriesContext(connection) as queries:
                client.get("/")
            counts.append(len(queries))
    assert counts[0] == counts[1]
