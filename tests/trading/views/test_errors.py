"""Error pages: what went wrong, what stands, what to do; never a trace."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import path

from signatures.domain.errors import (
    Conflict,
    Denied,
    Malformed,
    NotFound,
    Refused,
    Unavailable,
)
from tests.trading.pages import LANGUAGES, as_, text_of
from trading.domain.throttle import TooManyAttempts
from trading.urls import handler400, handler403, handler404, handler500  # noqa: F401
from trading.urls import urlpatterns as real

pytestmark = pytest.mark.django_db

ERRORS = {
    "malformed": (Malformed("It is crooked."), 400, "Not understood", "无法理解"),
    "denied": (Denied("It is not yours."), 403, "Not allowed", "不允许"),
    "missing": (NotFound("It is not there."), 404, "Not found", "没有找到"),
    "refused": (Refused("It is too late.", rule="TBL 24"), 409, "Not done", "没有完成"),
    "conflict": (Conflict("Somebody was first."), 409, "Not done", "没有完成"),
    "throttled": (TooManyAttempts("Wait."), 429, "Not done", "没有完成"),
    "unavailable": (Unavailable("It sleeps."), 503, "Not possible just now", "暂时不能进行"),
}


def fail(request, name):
    raise ERRORS[name][0]


def broken(request):
    raise RuntimeError("secret of the house")


urlpatterns = [path("fail/<str:name>/", fail), path("broken/", broken), *real]


@pytest.fixture(autouse=True)
def _addresses(settings):
    settings.ROOT_URLCONF = __name__


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ERRORS)
def test_error_of_ours_becomes_a_page_that_explains_it(empty, name, language):
    error, status, *words = ERRORS[name]
    answer = as_(None, language).get(f"/fail/{name}/")
    text = text_of(answer)
    assert answer.status_code == status
    assert words[language == "zh-hans"] in text
    assert error.message in text
    assert error.code in text
    assert ("Retry-After" in answer) is (status in (429, 503))


def test_error_with_a_rule_cites_it_in_the_readers_language(empty):
    assert "Rule: TBL 24." in text_of(as_(None, "en").get("/fail/refused/"))
    assert "依据：招标投标法 24。" in text_of(as_(None).get("/fail/refused/"))


def test_denial_offers_to_sign_in_and_to_come_back(empty, house):
    html = as_(None, "en").get("/fail/denied/").content.decode()
    assert '<a href="/sign-in/?next=/fail/denied/">Sign in</a>' in html
    assert "/sign-in/?next" not in as_(house.bidder, "en").get("/fail/denied/").content.decode()


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "A fault of ours"), ("zh-hans", "平台故障")]
)
def test_fault_of_ours_tells_nothing_of_the_inside(empty, language, sentence):
    client = Client(raise_request_exception=False, headers={"accept-language": language})
    answer = client.get("/broken/")
    assert answer.status_code == 500
    assert sentence in text_of(answer)
    for secret in (b"secret of the house", b"RuntimeError", b"Traceback", b"/trading/"):
        assert secret not in answer.content.replace(b"/static/trading/", b"")


def test_address_that_is_not_there_is_a_page(empty):
    answer = as_(None, "en").get("/no/such/page")
    assert answer.status_code == 404
    assert "There is no page at this address." in text_of(answer)


def test_host_that_is_not_ours_is_refused_without_repeating_it(empty):
    answer = as_(None, "en").get("/", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()
