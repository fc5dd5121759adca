"""Guarantees as the kit and the page write them: the same bytes, and nothing else is read."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bidding.kit import cli
from bidding.kit.errors import Malformed, SunlitError
from bidding.kit.guarantee import Guarantee, GuaranteeFile
from bidding.kit.parties import Party
from signatures.domain import jcs, statements
from tests.javascript import Node, Raised, requires_node, static
from tests.signatures.labs import shared
from trading.domain import credit_code

GOOD = Guarantee(
    origin="https://sunlit.example",
    at=datetime(2026, 3, 20, 1, 0, tzinfo=UTC),
    lot=f"lot:{uuid.UUID(int=7)}",
    number="TA-2026-0042",
    guarantor=Party("泰安银行股份有限公司", credit_code.make("91370900MA0000001")),
    principal=Party("泰和建设集团有限公司", credit_code.make("91370100MA0000002")),
    beneficiary=Party("东岳市政工程建设管理中心", credit_code.make("12370100MA0000003")),
    amount=Decimal("100000.00"),
    valid_from=date(2026, 3, 20),
    valid_until=date(2026, 6, 29),
    terms="见索即付。\n自收到索赔之日起五个工作日内付款。",
    document=hashlib.sha256(b"printed").digest(),
)
TYPED = {
    "number": " TA-2026-0042 ", "principal": "泰和建设集团有限公司", "code": GOOD.principal.code,
    "amount": "100,000", "valid_from": "2026-03-20", "valid_until": "2026-06-29",
    "terms": "见索即付。\r\n自收到索赔之日起五个工作日内付款。",
}  # fmt: skip
RUNNER = """
export default async (root) => {
  const { compose, creditCode, fileOf } = await import(`${root}/bidding/js/guarantee.js`);
  const bytes = (text) => new TextEncoder().encode(text);
  const text = (data) => new TextDecoder().decode(data);
  return {
    compose: async ({ typed, place, at, document }) =>
      text(await compose(typed, { place, at, document: document && bytes(document) })),
    file: ({ statement, signature }) => text(fileOf(bytes(statement), bytes(signature))),
    code: (value) => creditCode(value),
  };
};
"""


@pytest.fixture(scope="module")
def signer():
    return shared().region("west").issue(
        "泰安银行", organisation="泰安银行", credit_code=GOOD.guarantor.code
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guarantee-js")
    runner = folder / "runner.mjs"
    runner.write_text(RUNNER, encoding="utf-8")
    node = Node(runner, static(folder / "static"))
    yield node
    node.close()


# --- the statement -------------------------------------------------------------------------------


def test_guarantee_is_read_as_it_was_written():
    assert Guarantee.parse(GOOD.encode(), origin=GOOD.origin) == GOOD
    none = replace(GOOD, document=None)
    assert Guarantee.parse(none.encode()) == none


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "0.00"}, {"amount": "1"}, {"amount": "-1.00"}, {"amount": "1e3"},
        {"amount": 100}, {"amount": "1.000"}, {"amount": "01.00"}, {"amount": None},
        {"currency": "USD"}, {"currency": "cny"},
        {"valid_from": "2026-06-30"}, {"valid_from": "2026-02-30"}, {"valid_from": "20260320"},
        {"valid_until": "2026-3-9"}, {"valid_until": None}, {"valid_until": "9999"},
        {"lot": "7"}, {"lot": None}, {"number": ""}, {"number": "x" * 61}, {"number": 7},
        {"terms": ""}, {"terms": "x" * 2001},
        {"document": "00"}, {"document": "Z" * 64}, {"document": ""},
        {"principal": {"name": "x"}}, {"principal": {"name": "x", "code": "91370900MA00000010"}},
        {"principal": {"name": "", "code": GOOD.principal.code}},
        {"principal": {"name": "x", "code": GOOD.principal.code.lower()}},
        {"principal": {"name": "x", "code": GOOD.principal.code, "more": 1}},
        {"beneficiary": None}, {"guarantor": []}, {"more": 1}, {"purpose": "sunlit.bid/1"},
        {"at": "yesterday"},
    ],
    ids=str,
)  # fmt: skip
def test_statement_that_is_no_guarantee_is_refused(changes):
    value = {**jcs.loads(GOOD.encode()), **changes}
    with pytest.raises(SunlitError):
        Guarantee.parse(jcs.dumps(value))


@pytest.mark.parametrize("name", sorted(jcs.loads(GOOD.encode())))
def test_statement_without_one_of_its_fields_is_refused(name):
    value = jcs.loads(GOOD.encode())
    del value[name]
    with pytest.raises(SunlitError):
        Guarantee.parse(jcs.dumps(value))


def test_guarantee_for_another_platform_is_refused():
    with pytest.raises(Malformed, match="not for"):
        Guarantee.parse(GOOD.encode(), origin="https://elsewhere.example")


# --- the file ------------------------------------------------------------------------------------


def test_file_carries_statement_and_signature():
    file = GuaranteeFile(statement=GOOD.encode(), signature=b"\x30\x00")
    assert GuaranteeFile.parse(file.encode()) == file


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"\xff", b'{"format":"sunlit.guarantee-file/1"}',
        jcs.dumps({"format": "other", "statement": "", "signature": ""}),
        jcs.dumps({"format": "sunlit.guarantee-file/1", "statement": "=", "signature": ""}),
        jcs.dumps({"format": "sunlit.guarantee-file/1", "statement": 7, "signature": ""}),
        jcs.dumps({"format": "sunlit.guarantee-file/1", "statement": "", "signature": "é"}),
        jcs.dumps(
            {"format": "sunlit.guarantee-file/1", "statement": "", "signature": "", "more": 1}
        ),
        b'{"statement":"","signature":"","format":"sunlit.guarantee-file/1"}',
        b" " * (512 * 1024 + 1),
    ],
)  # fmt: skip
def test_file_that_is_none_is_refused(data):
    with pytest.raises(SunlitError):
        GuaranteeFile.parse(data)


def test_command_signs_a_guarantee_that_can_be_checked(tmp_path, capsys, signer):
    (tmp_path / "key.p12").write_bytes(signer.pkcs12("pw"))
    (tmp_path / "pw").write_text("pw\n")
    (tmp_path / "printed.pdf").write_bytes(b"printed")
    command = [
        "guarantee", "--origin", GOOD.origin, "--lot", GOOD.lot, "--number", GOOD.number,
        "--guarantor", f"{GOOD.guarantor.code}={GOOD.guarantor.name}",
        "--principal", f"{GOOD.principal.code.lower()}={GOOD.principal.name}",
        "--beneficiary", f"{GOOD.beneficiary.code}={GOOD.beneficiary.name}",
        "--amount", "100000", "--valid-from", "2026-03-20", "--valid-until", "2026-06-29",
        "--terms", GOOD.terms, "--document", str(tmp_path / "printed.pdf"),
        "--out", str(tmp_path / "guarantee.json"), "--p12", str(tmp_path / "key.p12"),
        "--p12-passphrase-file", str(tmp_path / "pw"), "--at", jcs.timestamp(GOOD.at),
    ]  # fmt: skip
    assert cli.main(command) == 0
    assert json.loads(capsys.readouterr().out)["seal-as"] == "guarantee.json"
    file = GuaranteeFile.parse((tmp_path / "guarantee.json").read_bytes())
    assert Guarantee.parse(file.statement) == GOOD
    certificate = statements.check_signature(file.statement, file.signature)
    assert certificate.dump() == signer.certificate.dump()
    # A second one does not overwrite the first.
    assert cli.main(command) == 1
    assert GuaranteeFile.parse((tmp_path / "guarantee.json").read_bytes()) == file


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--amount", "0"), ("--amount", "1.005"), ("--amount", "lots"), ("--amount", "NaN"),
        ("--valid-until", "soon"), ("--valid-until", "2026-03-19"), ("--principal", "nobody"),
        ("--principal", "91370900MA00000010=x"), ("--lot", "7"), ("--number", ""),
    ],
)  # fmt: skip
def test_command_refuses_what_it_could_not_read_again(tmp_path, signer, option, value):
    (tmp_path / "key.p12").write_bytes(signer.pkcs12("pw"))
    (tmp_path / "pw").write_text("pw\n")
    said = {
        "--origin": GOOD.origin, "--lot": GOOD.lot, "--number": "1",
        "--guarantor": f"{GOOD.guarantor.code}=a", "--principal": f"{GOOD.principal.code}=b",
        "--beneficiary": f"{GOOD.beneficiary.code}=c", "--amount": "1.00",
        "--valid-from": "2026-03-20", "--valid-until": "2026-06-29", "--terms": "t",
        "--out": str(tmp_path / "guarantee.json"), "--p12": str(tmp_path / "key.p12"),
        "--p12-passphrase-file": str(tmp_path / "pw"),
    } | {option: value}  # fmt: skip
    assert cli.main(["guarantee", *(part for pair in said.items() for part in pair)]) == 1
    assert not (tmp_path / "guarantee.json").exists()


# --- the page's twin -----------------------------------------------------------------------------


@requires_node
def test_page_writes_the_kit_s_bytes(page):
    place = {
        "origin": GOOD.origin, "lot": GOOD.lot, "guarantor": GOOD.guarantor.as_json(),
        "beneficiary": GOOD.beneficiary.as_json(),
    }  # fmt: skip
    asked = {"typed": TYPED, "place": place, "at": jcs.timestamp(GOOD.at), "document": "printed"}
    assert page.call("compose", asked).encode() == GOOD.encode()
    none = page.call("compose", {**asked, "document": None}).encode()
    assert none == replace(GOOD, document=None).encode()
    file = GuaranteeFile(statement=b"statement", signature=b"signature")
    assert page.call(
        "file", {"statement": "statement", "signature": "signature"}
    ).encode() == file.encode()


@requires_node
@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("number", "  ", "fill-in"), ("number", "x" * 61, "too-long"),
        ("principal", "", "fill-in"), ("principal", "x" * 201, "too-long"),
        ("code", "", "fill-in"), ("code", "91370900MA00000010", "bad-code"),
        ("code", "9137090OMA0000001X", "bad-code"), ("code", "1234", "bad-code"),
        ("amount", "0", "bad-amount"), ("amount", "-5", "bad-amount"),
        ("amount", "1.005", "bad-amount"), ("amount", "1e5", "bad-amount"),
        ("amount", "", "fill-in"), ("amount", "9" * 16, "bad-amount"),
        ("valid_from", "", "fill-in"), ("valid_from", "2026-02-30", "bad-day"),
        ("valid_from", "tomorrow", "bad-day"), ("valid_until", "2026-03-19", "ends-first"),
        ("terms", "", "fill-in"), ("terms", "x" * 2001, "too-long"),
    ],
)  # fmt: skip
def test_page_names_the_field_that_is_not_right(page, name, text, code):
    with pytest.raises(Raised) as caught:
        page.call(
            "compose",
            {"typed": {**TYPED, name: text}, "place": {}, "at": "", "document": None},
        )
    assert caught.value.message == code


@requires_node
def test_page_knows_the_codes_that_the_platform_knows(page):
    for number in range(400):
        code = credit_code.make(f"91370100MA{number * 7919:07d}")
        assert page.call("code", f" {code.lower()} ") == code
        wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
        assert page.call("code", wrong) is None
