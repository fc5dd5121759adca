"""The verification page: a verdict with grounds for any file, and nothing kept of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from signatures.domain import checkpoints, clock, log
from tests.searching import holding
from tests.trading.domain.certified import lab
from tests.trading.pages import LANGUAGES, as_, sha, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def authorities() -> None:
    """Whoever judges a signature asks authorities; in tests they answer in process."""
    lab()


def send(name, data, language="en", person=None):
    file = SimpleUploadedFile(name, data)
    return as_(person, language).post("/verify/", {"file": file})


def kept_of(data: bytes) -> list[Path]:
    """Files in the platform's folder or the temporary one that hold these bytes."""
    return holding(data, settings.DATA, tempfile.gettempdir() + "/sunlit-verify")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "data",
    [b"canary-77 hello", b"%PDF-1.7 canary-77", b"{\"canary\": 77}", b"\x00" * 100, b"GIF89a"],
)
def test_verify_cannot_tell_of_a_file_that_proves_nothing(house, language, data):
    before = log.size()
    answer = send("文件.pdf", data, language)
    text = text_of(answer)
    assert answer.status_code == 200
    assert {"en": "Cannot tell", "zh-hans": "不能确定"}[language] in text
    assert "文件.pdf" in text
    assert sha(data) in text.replace(" ", "")
    assert log.size() == before
    assert answer["Cache-Control"] == "no-store"


def test_verify_keeps_nothing_of_the_file(house):
    canary = b"canary-d41d8cd98f00b204"
    send("a.txt", canary)
    assert kept_of(canary) == []
    decoy = settings.DATA / "decoy"
    decoy.write_bytes(b"x" + canary)
    assert kept_of(canary) == [decoy]
    decoy.unlink()


def test_verify_holds_a_ledger_proof_of_this_ledger(house, platform_keys):
    checkpoints.make(clock.platform)
    proof = as_(None).get("/ledger/proof/0").content
    text = text_of(send("proof.json", proof))
    assert "Valid" in text
    assert "This file holds" in text
    assert "Not covered" in text


def test_verify_does_not_hold_a_proof_that_was_changed(house, platform_keys):
    checkpoints.make(clock.platform)
    proof = as_(None).get("/ledger/proof/0").content
    text = text_of(send("proof.json", proof.replace(b'"index": 0', b'"index": 1')))
    assert "Not valid" in text
    assert "This file does not hold" in text


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        (None, None, "Choose the file that you want to have verified."),
        ("a.pdf", b"", "The file is empty, so there is nothing to verify."),
    ],
)
def test_verify_names_what_is_wrong_with_the_upload(empty, name, data, sentence):
    files = {} if name is None else {"file": SimpleUploadedFile(name, data)}
    answer = as_(None, "en").post("/verify/", files)
    assert answer.status_code == 400
    assert 'href="#id_file"' in answer.content.decode()
    assert sentence in text_of(answer)


def test_verify_cuts_a_name_that_no_disk_would_take(empty):
    answer = send("长" * 252 + ".pdf", b"x")
    assert answer.status_code == 200
    assert "长" * 251 + ".pdf" in text_of(answer)
    assert "长" * 252 not in text_of(answer)


def test_verify_refuses_a_file_over_the_limit(empty, settings):
    settings.DOCUMENT_MAX_BYTES = 1024
    answer = send("gross.pdf", b"x" * 1025)
    assert answer.status_code == 400
    assert "“gross.pdf” is larger than 0 MB." in text_of(answer)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "<img src=x>.pdf", "a\u202efdp.exe", "x.json", ".p7s", "a.p7s"]
)
def test_verify_stands_hostile_names(empty, name):
    answer = send(name, b"x")
    assert answer.status_code == 200
    assert "<img src=x>" not in answer.content.decode()


def test_verify_asks_for_a_file_first(empty):
    text = text_of(as_(None, "en").get("/verify/"))
    assert "Verify a file" in text
    assert "nothing of it is kept" in text
