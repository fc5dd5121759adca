"""Prepared documents signed in the page: what the platform takes, and what the page refuses."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from asn1crypto import cms

from signatures.domain import cades, device
from signatures.domain.errors import Malformed
from signatures.domain.keys import load_pkcs12
from tests.javascript import Raised, requires_node
from tests.signatures.js.conftest import PASSWORD, holder

pytestmark = requires_node
KINDS = ["rsa2048", "p256", "p521"]


def document(room: bytes = b"<" + b"0" * 16 + b">", *, tail: bytes = b"\n%%EOF\n") -> bytes:
    """A file with one signature dictionary, whose byte range is that of the room."""
    head = b"%%PDF\n\xe9\xff\x80 /ByteRange [0 1 2 3]\n<< /ByteRange [0 %04d %04d %04d] /Contents "
    size = len(head % (0, 0, 0))
    return head % (size, size + len(room), len(tail)) + room + tail


def signed(page, kind: str, data: bytes) -> bytes:
    argument = {"file": holder(kind).file().hex(), "password": PASSWORD, "data": data.hex()}
    return bytes.fromhex(page.call("signPdf", argument))


def refused(page, data: bytes) -> str | None:
    with pytest.raises(Raised) as caught:
        page.call("room", {"data": data.hex()})
    assert caught.value.kind == "SigningError"
    return caught.value.code


def test_room_is_the_one_that_the_kit_finds(page):
    data = document()
    room = device.find_room(data)
    assert page.call("room", {"data": data.hex()}) == {"start": room.start, "end": room.end}


@pytest.mark.parametrize("kind", KINDS)
def test_sign_the_platform_accepts_it(page, kind):
    data = document()
    room = device.find_room(data)
    checked = cades.check(
        signed(page, kind, data), digest=lambda name: device.digest(data, room, name)
    )
    assert checked.certificate.dump() == holder(kind).der
    assert checked.signing_time is None


def test_sign_has_the_attributes_that_the_kit_s_has(page):
    data = document()
    theirs = device.sign_pdf(data, load_pkcs12(holder("p256").file(), PASSWORD))

    def shape(signature: bytes) -> dict[str, bytes]:
        info = cms.ContentInfo.load(signature, strict=True)["content"]["signer_infos"][0]
        return {each["type"].native: each["values"].dump() for each in info["signed_attrs"]}

    ours, kit = shape(signed(page, "p256", data)), shape(theirs)
    assert set(ours) == set(kit)
    for name in ("content_type", "message_digest", "signing_certificate_v2"):
        assert ours[name] == kit[name]


def test_sign_any_byte_outside_the_room_is_covered(page):
    data = document()
    signature, room = signed(page, "p256", data), device.find_room(data)
    for position in [*range(0, room.start, 7), *range(room.end, len(data))]:
        damaged = bytearray(data)
        damaged[position] ^= 1
        with pytest.raises(Malformed):
            cades.check(
                signature, digest=lambda name, it=bytes(damaged): device.digest(it, room, name)
            )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7 without a place",
        document(room=b"<0000ab0000000000>"),
        document(room=b"(0000000000000000)"),
        document(room=b"<>"),
        document() + b"% more",
        document().replace(b"[0 00", b"[1 00"),
        document()[:-1],
    ],
)
def test_room_anything_else_is_refused(page, data):
    assert refused(page, data) == "no-room"
    with pytest.raises(Malformed):
        device.find_room(data)


def test_room_moved_byte_range_is_refused(page):
    data = document()
    room = device.find_room(data)
    stated = b"%04d %04d" % (room.start, room.end)
    moved = data.replace(stated, b"%04d %04d" % (room.start - 2, room.end))
    assert refused(page, moved) == "no-room"


def test_statement_signature_still_states_its_time(page):
    """The way of statements goes through the same function and keeps its signing time."""
    from signatures.domain import statements

    at = datetime(2026, 3, 1, 1, 2, 3, tzinfo=UTC)
    data = statements.build("sunlit.bid/1", origin="https://sunlit.test", at=at)
    argument = {"file": holder("p256").file().hex(), "password": PASSWORD, "data": data.hex()}
    signature = bytes.fromhex(page.call("sign", argument))
    info = cms.ContentInfo.load(signature)["content"]["signer_infos"][0]
    times = [
        each["values"][0].native
        for each in info["signed_attrs"]
        if each["type"].native == "signing_time"
    ]
    assert times == [at]
