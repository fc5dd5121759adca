"""Notice and tender document sealed by the tenderee's own certificate and published by their page.

``signatures.domain.device`` plays the device's part; in ``tests/browser`` a browser plays it.
"""

from __future__ import annotations

import base64
import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pyhanko.pdf_utils.reader import PdfFileReader

from signatures import store
from signatures.domain import clock, device, guard
from signatures.domain.act import Actor, dispatch
from signatures.domain.keys import Signer
from signatures.models import UserCertificate
from tests.factories import floor, signers
from tests.trading.domain.test_preparing import SCHEME
from tests.trading.pages import as_, text_of
from trading.domain import preparing
from trading.models import Document, Exhibit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def trusted(settings, tmp_path):
    """Of each test's own, for these tests commit."""
    settings.STORE = tmp_path / "store"
    signers.trust(settings, tmp_path)


@pytest.fixture
def house(trusted):
    house = floor.house(parameters=SCHEME)
    prepare(house)
    return house


def prepare(house):
    day = timezone.localtime(clock.now()).replace(hour=17, minute=0, second=0, microsecond=0)
    dates = {
        "documents-until": day + timedelta(days=9),
        "deadline": day + timedelta(days=40),
    }
    words = {"scope": "道路 2.4 公里", "place": "东岳市", "requirements": "一级", "contact": "周明"}
    for act in (
        preparing.PlanDates(lot=house.lot.pk, dates=dates),
        preparing.DraftNotice(lot=house.lot.pk, title="招标公告", details=words),
    ):
        dispatch(act, actor=Actor.person(house.buyer))


def certify(person, organisation) -> Signer:
    issued = signers.lab().region("east").issue(
        organisation.name, organisation=organisation.name, credit_code=organisation.credit_code
    )
    with guard.writes("test arrangement"):
        UserCertificate.objects.create(
            user=person,
            fingerprint=issued.certificate.sha256.hex(),
            der=issued.certificate.dump(),
            bound_at=floor.LONG_AGO,
        )
    return Signer.from_key(issued.key, issued.certificate, issued.chain)


def at(house, name, *more):
    return reverse(name, args=[house.lot.project.code, 1, *more])


def ticket_of(client, house, what):
    html = client.get(at(house, "publish", what)).content.decode()
    return re.search(r'data-ticket="([^"]+)"', html).group(1)


def room_for(client, house, what, ticket, certificate):
    body = {
        "ticket": ticket,
        "title": "招标公告",
        "certificate": base64.b64encode(certificate.dump()).decode(),
    }
    return client.post(at(house, "publish-room", what), body, "application/json")


def sealed(client, house, what, signer):
    """What the form sends: the room's ticket, and the seal over what was prepared."""
    ticket = ticket_of(client, house, what)
    draft = client.get(at(house, "publish-draft", what), {"ticket": ticket}).content
    answer = room_for(client, house, what, ticket, signer.certificate)
    assert answer.status_code == 200, answer.content
    made = answer.json()
    prepared = base64.b64decode(made["content"])
    assert prepared.startswith(draft)
    seal = base64.b64encode(device.sign_pdf(prepared, signer)).decode()
    return {"title": "招标公告", "room": made["room"], "seal": seal, "once": f"once-{what}"}


def test_tenderee_seals_and_publishes_notice_and_documents(house):
    client, signer = as_(house.buyer, "en"), certify(house.buyer, house.tenderee)
    form = sealed(client, house, "notice", signer)
    for _ in range(2):  # a double click publishes once
        assert client.post(at(house, "publish", "notice"), form).status_code == 303
    exhibit = Exhibit.objects.get(kind="notice")
    assert exhibit.seal["verdict"] == "valid"
    assert exhibit.facts["details"]["place"] == "东岳市"
    reader = PdfFileReader(io.BytesIO(store.read(exhibit.digest)))
    kinds = [str(one.sig_object["/Type"]) for one in reader.embedded_signatures]
    assert kinds == ["/Sig", "/DocTimeStamp"]
    assert reader.embedded_signatures[0].signer_cert.sha256 == signer.certificate.sha256
    file = store.put(b"%PDF-1.7 list")
    dispatch(
        preparing.AttachFile(
            lot=house.lot.pk, title="清单.pdf", digest=file.sha256, size=file.size,
            media_type="application/pdf",
        ),
        actor=Actor.person(house.buyer),
    )
    form = sealed(client, house, "documents", signer) | {"title": "招标文件"}
    assert client.post(at(house, "publish", "documents"), form).status_code == 303
    assert house.refresh().stage == "DOCUMENTS"
    kinds = Document.objects.filter(lot=house.lot).order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == ["attachment", "notice", "tender-document"]
    again = client.get(at(house, "publish", "documents"))
    assert "This is published already." in text_of(again)


def test_certificate_of_nobody_or_of_another_firm_gets_no_room(house):
    client = as_(house.buyer, "en")
    ticket = ticket_of(client, house, "notice")
    unbound = signers.lab().region("east").issue("x", organisation="x", credit_code="y")
    answer = room_for(client, house, "notice", ticket, unbound.certificate)
    assert (answer.status_code, answer.json()["code"]) == (403, "certificate-unbound")
    other = certify(house.buyer, house.tenderer)
    answer = room_for(client, house, "notice", ticket, other.certificate)
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong-organisation")


def test_draft_that_was_changed_meanwhile_is_not_published(house):
    client, signer = as_(house.buyer, "en"), certify(house.buyer, house.tenderee)
    form = sealed(client, house, "notice", signer)
    dispatch(
        preparing.AmendLot(lot=house.lot.pk, title="别的标段", estimate=house.lot.estimate),
        actor=Actor.person(house.buyer),
    )
    answer = client.post(at(house, "publish", "notice"), form)
    assert answer.status_code == 409
    assert "The draft was changed after you looked at it." in text_of(answer)
    assert house.refresh().published_at is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seal": ""}, "The seal is missing."),
        ({"seal": "AAAA"}, "signature"),
        ({"room": "forged"}, "The seal was not made in this page."),
        ({"room": ""}, "The seal was not made in this page."),
        ({"title": ""}, "Give the document a title."),
        ({"title": "x" * 201}, "Write at most 200 characters; these are 201."),
    ],
)
def test_anything_but_the_seal_over_the_draft_publishes_nothing(house, change, words):
    client, signer = as_(house.buyer, "en"), certify(house.buyer, house.tenderee)
    form = sealed(client, house, "notice", signer) | change
    answer = client.post(at(house, "publish", "notice"), form)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert house.refresh().published_at is None
    assert not Document.objects.exists()
