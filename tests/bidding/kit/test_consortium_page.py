"""The page's agreements beside the kit's: the same bytes, and nothing else is opened or signed."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from bidding.kit.consortium import Consortium, ConsortiumFile
from signatures.domain import jcs, statements
from signatures.domain.keys import load_pkcs12
from tests.bidding.kit.test_consortium import CODES, GOOD
from tests.javascript import Node, Raised, requires_node, static
from tests.signatures.labs import shared
from trading.domain import credit_code

pytestmark = requires_node

RUNNER = """
export default async (root) => {
  const { ConsortiumMistake, compose, fileOf, isOf, open, sign, write } =
    await import(`${root}/bidding/js/consortium.js`);
  const { Signer } = await import(`${root}/signatures/js/signer.js`);
  const { signStatement } = await import(`${root}/signatures/js/cades.js`);
  const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  const text = (data) => new TextDecoder().decode(data);
  return {
    compose: ({ rows, place, at }) => text(compose(rows, { place, at })),
    wrong: ({ rows, place, at }) => {
      try {
        return text(compose(rows, { place, at }));
      } catch (error) {
        if (!(error instanceof ConsortiumMistake)) throw error;
        return [error.field, error.code];
      }
    },
    file: ({ statement, signatures }) => text(fileOf(bytes(statement), signatures.map(bytes))),
    open: async ({ file, place }) => {
      const { members, certificates } = await open(bytes(file), place);
      const signed = members.map((one) => certificates.some((each) => isOf(each, one)));
      return { members, signed };
    },
    write: async ({ rows, place, at, key, password }) => {
      const signer = await Signer.open(bytes(key), password);
      return text(await write(rows, { place, at }, signer, signStatement));
    },
    sign: async ({ file, place, key, password }) =>
      text(await sign(await open(bytes(file), place), await Signer.open(bytes(key), password),
        signStatement)),
  };
};
"""
PLACE = {"origin": GOOD.origin, "lot": GOOD.lot}
TYPED = [
    {"name": one.party.name, "code": one.party.code, "share": str(one.share), "work": one.work}
    for one in GOOD.members
]
EMPTY = {"name": "", "code": " ", "share": "", "work": ""}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("consortium-js")
    runner = folder / "runner.mjs"
    runner.write_text(RUNNER, encoding="utf-8")
    node = Node(runner, static(folder / "static"))
    yield node
    node.close()


def certificate(name: str, code: str | None) -> bytes:
    """An organisation's, or without a code a person's own."""
    subject = {"organisation": name, "credit_code": code}
    more = {"person_id": "P-1", "usage": "person"} if code is None else subject | {"usage": "seal"}
    return shared().region("west").issue(name, **more).pkcs12("pw")


@pytest.fixture(scope="module")
def keys():
    return [certificate(one.party.name, one.party.code) for one in GOOD.members]


def wire(data: bytes) -> str:
    return base64.b64encode(data).decode()


def compose(page: Node, rows: list[dict[str, str]]) -> str:
    return page.call("compose", {"rows": rows, "place": PLACE, "at": jcs.timestamp(GOOD.at)})


def opened(page: Node, data: bytes, place: dict[str, str] = PLACE) -> dict:
    return page.call("open", {"file": wire(data), "place": place})


def sign(page: Node, data: bytes, key: bytes) -> bytes:
    return page.call(
        "sign", {"file": wire(data), "place": PLACE, "key": wire(key), "password": "pw"}
    ).encode()


# --- writing -------------------------------------------------------------------------------------


def test_page_writes_the_kits_bytes(page):
    assert compose(page, TYPED).encode() == GOOD.encode()


def test_page_writes_the_kits_file(page):
    file = ConsortiumFile(statement=GOOD.encode(), signatures=(b"one", b"two"))
    said = {"statement": wire(file.statement), "signatures": [wire(b"one"), wire(b"two")]}
    assert page.call("file", said).encode() == file.encode()


def test_blanks_around_and_rows_without_anything_change_nothing(page):
    rows = [{name: f" {text} " for name, text in row.items()} for row in TYPED]
    rows[0]["code"] = rows[0]["code"].lower()
    rows.insert(2, EMPTY)
    assert compose(page, [*rows, EMPTY, EMPTY]).encode() == GOOD.encode()


def changed(row: int, **values: str) -> list[dict[str, str]]:
    rows = [dict(one) for one in TYPED]
    rows[row].update(values)
    return rows


@pytest.mark.parametrize(
    ("rows", "field", "code"),
    [
        ([], "share_1", "not-hundred"),
        ([TYPED[0], EMPTY], "name_2", "fill-in"),
        (TYPED[:2], "share_1", "not-hundred"),
        (changed(0, share="61"), "share_1", "not-hundred"),
        (changed(0, work=" "), "work_1", "fill-in"),
        (changed(2, name=""), "name_3", "fill-in"),
        (changed(2, code=""), "code_3", "bad-code"),
        (changed(1, code=CODES[1][:-1] + "0"), "code_2", "bad-code"),
        (changed(1, code=CODES[0].lower()), "code_2", "twice"),
        (changed(1, share="0"), "share_2", "bad-share"),
        (changed(1, share="100"), "share_2", "bad-share"),
        (changed(1, share="33.3"), "share_2", "bad-share"),
        (changed(1, share="-1"), "share_2", "bad-share"),
        (changed(1, share="三十"), "share_2", "bad-share"),
        (changed(1, share="1e1"), "share_2", "bad-share"),
        (changed(1, name="名" * 201), "name_2", "too-long"),
        (changed(1, work="工" * 1001), "work_2", "too-long"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_named_at_its_field(page, rows, field, code):
    said = page.call("wrong", {"rows": rows, "place": PLACE, "at": jcs.timestamp(GOOD.at)})
    assert said == [field, code]


# --- signing -------------------------------------------------------------------------------------


def test_page_and_kit_sign_one_file_in_turn(page, keys):
    file = ConsortiumFile(statement=GOOD.encode()).sign(load_pkcs12(keys[0], "pw")).encode()
    assert opened(page, file)["signed"] == [True, False, False]
    file = sign(page, file, keys[1])
    file = ConsortiumFile.parse(file).sign(load_pkcs12(keys[2], "pw")).encode()
    found = opened(page, file)
    assert found["signed"] == [True, True, True]
    assert found["members"] == [one.as_json() for one in GOOD.members]
    read = ConsortiumFile.parse(file)
    assert read.statement == GOOD.encode()
    for signature, key in zip(read.signatures, keys, strict=True):
        by = statements.check_signature(read.statement, signature)
        assert by.dump() == load_pkcs12(key, "pw").certificate.dump()


def test_lead_writes_and_signs_in_one(page, keys):
    at = jcs.timestamp(GOOD.at)
    said = {"rows": TYPED, "place": PLACE, "at": at, "password": "pw"}
    file = page.call("write", {**said, "key": wire(keys[0])}).encode()
    assert ConsortiumFile.parse(file).statement == GOOD.encode()
    assert opened(page, file)["signed"] == [True, False, False]
    for other in (keys[1], certificate("旁观建设", credit_code.make("91370100MA0000909"))):
        with pytest.raises(Raised, match="not-the-lead"):
            page.call("write", {**said, "key": wire(other)})
    person = certificate("王芳", None)
    file = page.call("write", {**said, "key": wire(person)}).encode()
    assert opened(page, file)["signed"] == [False, False, False]


def test_certificate_signs_once(page, keys):
    file = sign(page, ConsortiumFile(statement=GOOD.encode()).encode(), keys[1])
    with pytest.raises(Raised, match="signed-already"):
        sign(page, file, keys[1])


def test_certificate_of_an_organisation_that_is_no_member_does_not_sign(page):
    other = certificate("旁观建设", credit_code.make("91370100MA0000909"))
    with pytest.raises(Raised, match="not-a-member"):
        sign(page, ConsortiumFile(statement=GOOD.encode()).encode(), other)


def test_members_name_on_another_organisations_certificate_does_not_count(page):
    other = certificate(GOOD.members[1].party.name, credit_code.make("91370100MA0000909"))
    file = ConsortiumFile(statement=GOOD.encode()).sign(load_pkcs12(other, "pw")).encode()
    assert opened(page, file)["signed"] == [False, False, False]
    with pytest.raises(Raised, match="not-a-member"):
        sign(page, ConsortiumFile(statement=GOOD.encode()).encode(), other)


# --- opening -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        {**PLACE, "lot": "lot:00000000-0000-0000-0000-000000000008"},
        {**PLACE, "origin": "https://other.example"},
    ],
)
def test_agreement_about_another_lot_or_platform_is_not_opened(page, place):
    with pytest.raises(Raised, match="other-lot"):
        opened(page, ConsortiumFile(statement=GOOD.encode()).encode(), place)


def file_with(**changes) -> bytes:
    value = {**jcs.loads(GOOD.encode()), **changes}
    return ConsortiumFile(statement=jcs.dumps(value)).encode()


MEMBERS = [one.as_json() for one in GOOD.members]
GOOD_FILE = ConsortiumFile(statement=GOOD.encode()).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b"\xff\xfe", b"%PDF-1.7",
        GOOD_FILE[:-1], GOOD_FILE + b"\n", GOOD_FILE.replace(b":", b": ", 1),
        GOOD_FILE.replace(b"consortium-file/1", b"consortium-file/2"),
        json.dumps({**json.loads(GOOD_FILE), "more": 1}).encode(),
        jcs.dumps({**json.loads(GOOD_FILE), "statement": "?"}),
        jcs.dumps({**json.loads(GOOD_FILE), "signatures": None}),
        jcs.dumps({**json.loads(GOOD_FILE), "signatures": [wire(b"x")] * 21}),
        jcs.dumps({**json.loads(GOOD_FILE), "statement": wire(GOOD.encode() + b" ")}),
        file_with(purpose="sunlit.bid/1"), file_with(more=1), file_with(members=None),
        file_with(members=MEMBERS[:1]), file_with(members=MEMBERS[:2]),
        file_with(members=[MEMBERS[0], MEMBERS[0], MEMBERS[2]]),
        file_with(members=[{**MEMBERS[0], "more": 1}, *MEMBERS[1:]]),
        file_with(members=[{**MEMBERS[0], "name": " 泰和建设"}, *MEMBERS[1:]]),
        file_with(members=[{**MEMBERS[0], "share": "60"}, *MEMBERS[1:]]),
        file_with(members=[{**MEMBERS[0], "code": CODES[0].lower()}, *MEMBERS[1:]]),
    ],
    ids=range(25),
)  # fmt: skip
def test_what_is_no_agreement_is_not_opened(page, data):
    with pytest.raises(Raised, match="no-agreement"):
        opened(page, data)


def test_signature_over_other_bytes_is_not_opened(page, keys):
    signer = load_pkcs12(keys[0], "pw")
    other = replace(GOOD, members=(GOOD.members[1], GOOD.members[0], GOOD.members[2]))
    signed = ConsortiumFile(statement=GOOD.encode()).sign(signer)
    with pytest.raises(Raised, match="bad-signature"):
        opened(page, replace(signed, statement=other.encode()).encode())
    for damaged in (b"", b"x", signed.signatures[0][:-1], signed.signatures[0] + b"\0"):
        with pytest.raises(Raised, match="bad-signature"):
            opened(page, replace(signed, signatures=(damaged,)).encode())


def test_kit_reads_what_the_page_signed(page, keys):
    file = sign(page, ConsortiumFile(statement=compose(page, TYPED).encode()).encode(), keys[0])
    assert Consortium.parse(ConsortiumFile.parse(file).statement) == GOOD
