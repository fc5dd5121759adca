"""One place signed against the platform, step by step: the page's twin of ``device_session``."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.javascript import requires_node
from tests.signatures.js.conftest import PASSWORD, holder

pytestmark = requires_node
BASE = "/api/v1/signing/D"
SHOWN = b"%PDF-1.7 the contract\n"


def prepared(shown: bytes) -> bytes:
    """What was shown, with an update that has room for a signature."""
    head = shown.replace(b"%", b"%%") + b"<< /ByteRange [0 %04d %04d 0007] /Contents "
    size = len(head % (0, 0))
    return head % (size, size + 18) + b"<" + b"0" * 16 + b">" + b"\n%%EOF\n"


def line(data: bytes) -> dict[str, Any]:
    return {"json": {"sha256": hashlib.sha256(data).hexdigest()}}


SESSION = {"status": 201, "json": {"session": "S", "content": f"{BASE}/content"}}
DONE = {"json": {"document": "D", "revision": 1, "sha256": "00", "state": "open"}}


def run(page, *answers: dict[str, Any]) -> dict[str, Any]:
    sent = [{**each, "bytes": each["bytes"].hex()} if "bytes" in each else each for each in answers]
    argument = {"file": holder("p256").file().hex(), "password": PASSWORD, "answers": sent}
    return page.call("session", argument)


def test_sign_takes_the_steps_and_says_who_asks(page):
    found = run(page, SESSION, line(SHOWN), {"bytes": SHOWN}, {"bytes": prepared(SHOWN)}, DONE)
    assert found["result"] == DONE["json"]
    assert found["calls"] == [
        ["POST", f"{BASE}/sessions", "token", ["field"]],
        ["GET", BASE, "", []],
        ["GET", f"{BASE}/content", "", []],
        ["POST", f"{BASE}/sessions/S/prepare", "token", ["certificate"]],
        ["POST", f"{BASE}/sessions/S/embed", "token", ["cms"]],
    ]


def test_sign_co_signer_was_faster_is_prepared_again(page):
    newer = SHOWN + b"% signed by the other side\n"
    found = run(
        page,
        SESSION,
        *(line(SHOWN), {"bytes": SHOWN}, {"bytes": prepared(SHOWN)}),
        {"status": 409, "json": {"code": "document-moved-on", "detail": "Somebody else signed."}},
        *(line(newer), {"bytes": newer}, {"bytes": prepared(newer)}, DONE),
    )
    assert found["result"] == DONE["json"]
    assert [call[1] for call in found["calls"]].count(f"{BASE}/sessions") == 1


def test_sign_document_changed_while_it_was_read_is_read_again(page):
    found = run(
        page,
        SESSION,
        *(line(SHOWN), {"bytes": SHOWN + b"%"}),
        *(line(SHOWN), {"bytes": SHOWN}, {"bytes": prepared(SHOWN)}, DONE),
    )
    assert found["result"] == DONE["json"]


def test_sign_another_document_prepared_is_never_signed(page):
    other = prepared(b"%PDF-1.7 another contract\n")
    rounds = [line(SHOWN), {"bytes": SHOWN}, {"bytes": other}] * 20
    found = run(page, SESSION, *rounds)
    assert found["refused"] == "document-moved-on"
    assert not any(call[1].endswith("/embed") for call in found["calls"])


@pytest.mark.parametrize("code", ["session-expired", "certificate-unbound", "field-signed"])
def test_sign_refusal_is_said_in_the_platform_s_words(page, code):
    found = run(
        page,
        SESSION,
        *(line(SHOWN), {"bytes": SHOWN}),
        {"status": 409, "json": {"code": code, "detail": "说明"}},
    )
    assert (found["refused"], found["said"]) == (code, "说明")


def test_sign_no_room_in_the_prepared_document_sends_nothing(page):
    found = run(page, SESSION, line(SHOWN), {"bytes": SHOWN}, {"bytes": SHOWN + b"% nothing"})
    assert found["refused"] == "no-room"
    assert not any(call[1].endswith("/embed") for call in found["calls"])
