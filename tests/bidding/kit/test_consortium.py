"""Agreements of consortia as the kit writes, signs and reads them."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bidding.kit import cli
from bidding.kit.consortium import Consortium, ConsortiumFile, Member
from bidding.kit.errors import Malformed, SunlitError
from bidding.kit.parties import Party
from signatures.domain import jcs, statements
from signatures.domain.keys import load_pkcs12
from tests.signatures.labs import shared
from trading.domain import credit_code

CODES = [credit_code.make(f"91370100MA000010{number}") for number in range(3)]
GOOD = Consortium(
    origin="https://sunlit.example",
    at=datetime(2026, 3, 20, 1, 0, tzinfo=UTC),
    lot=f"lot:{uuid.UUID(int=7)}",
    members=tuple(
        Member(Party(name, code), share, work)
        for name, code, share, work in zip(
            ("泰和建设", "华岳市政", "西川设计"), CODES, (60, 30, 10), ("施工", "管网", "设计"),
            strict=True,
        )
    ),
)


@pytest.fixture(scope="module")
def signers():
    return [
        load_pkcs12(
            shared().region("west").issue(one.party.name, organisation=one.party.name,
                                          credit_code=one.party.code).pkcs12("pw"), "pw",
        )
        for one in GOOD.members
    ]  # fmt: skip


def test_agreement_is_read_as_it_was_written():
    assert Consortium.parse(GOOD.encode(), origin=GOOD.origin) == GOOD
    assert GOOD.lead.code == CODES[0]


def test_every_member_signs_the_same_bytes(signers):
    file = ConsortiumFile(statement=GOOD.encode())
    for signer in signers:
        file = ConsortiumFile.parse(file.sign(signer).encode())
    assert len(file.signatures) == 3
    found = [statements.check_signature(file.statement, one).dump() for one in file.signatures]
    assert found == [one.certificate.dump() for one in signers]
    with pytest.raises(Malformed, match="already"):
        file.sign(signers[1])


MEMBERS = [one.as_json() for one in GOOD.members]


@pytest.mark.parametrize(
    "changes",
    [
        {"members": MEMBERS[:1]}, {"members": []}, {"members": None},
        {"members": [*MEMBERS, MEMBERS[0]]}, {"members": MEMBERS[:2]},
        {"members": [{**MEMBERS[0], "share": 61}, *MEMBERS[1:]]},
        {"members": [{**MEMBERS[0], "share": 60.0}, *MEMBERS[1:]]},
        {"members": [{**MEMBERS[0], "share": "60"}, *MEMBERS[1:]]},
        {"members": [{**MEMBERS[0], "share": True}, *MEMBERS[1:]]},
        {"members": [{**MEMBERS[0], "work": ""}, *MEMBERS[1:]]},
        {"members": [{**MEMBERS[0], "work": "x" * 1001}, *MEMBERS[1:]]},
        {"members": [{**MEMBERS[0], "code": MEMBERS[1]["code"]}, *MEMBERS[1:]]},
        {"members": [{**MEMBERS[0], "code": "1" * 18}, *MEMBERS[1:]]},
        {"members": [{**MEMBERS[0], "more": 1}, *MEMBERS[1:]]},
        {"lot": "x"}, {"more": 1}, {"purpose": "sunlit.guarantee/1"}, {"at": ""},
    ],
    ids=range(18),
)  # fmt: skip
def test_statement_that_is_no_agreement_is_refused(changes):
    value = {**jcs.loads(GOOD.encode()), **changes}
    with pytest.raises(SunlitError):
        Consortium.parse(jcs.dumps(value) if not _float(value) else _raw(value))


def _float(value) -> bool:
    return "60.0" in json.dumps(value)


def _raw(value) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"\xff", jcs.dumps({"format": "x", "statement": "", "signatures": []}),
        jcs.dumps({"format": "sunlit.consortium-file/1", "statement": "", "signatures": ["="]}),
        jcs.dumps({"format": "sunlit.consortium-file/1", "statement": "", "signatures": [1]}),
        jcs.dumps({"format": "sunlit.consortium-file/1", "statement": "", "signatures": None}),
        jcs.dumps({"format": "sunlit.consortium-file/1", "statement": "", "signatures": [""] * 21}),
    ],
    ids=range(8),
)  # fmt: skip
def test_file_that_is_none_is_refused(data):
    with pytest.raises(SunlitError):
        ConsortiumFile.parse(data)


def test_commands_write_and_sign_an_agreement(tmp_path, capsys, signers):
    (tmp_path / "pw").write_text("pw\n")
    keys = []
    for number, one in enumerate(GOOD.members):
        issued = shared().region("east").issue(
            one.party.name, organisation=one.party.name, credit_code=one.party.code
        )
        (tmp_path / f"{number}.p12").write_bytes(issued.pkcs12("pw"))
        keys.append(["--p12", str(tmp_path / f"{number}.p12"),
                     "--p12-passphrase-file", str(tmp_path / "pw")])  # fmt: skip
    out = [str(tmp_path / f"{number}.json") for number in range(3)]
    new = ["consortium", "--origin", GOOD.origin, "--lot", GOOD.lot, "--out", out[0], *keys[0],
           "--at", jcs.timestamp(GOOD.at)]  # fmt: skip
    for one in GOOD.members:
        new += ["--member", f"{one.share}:{one.work}:{one.party.code}={one.party.name}"]
    assert cli.main(new) == 0
    for number in (1, 2):
        signed = ["consortium", "--add-to", out[number - 1], "--out", out[number], *keys[number]]
        assert cli.main(signed) == 0
    file = ConsortiumFile.parse((tmp_path / "2.json").read_bytes())
    assert Consortium.parse(file.statement) == GOOD and len(file.signatures) == 3
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["signatures"] == 3
    # Twice by the same certificate, both ways at once, or neither, writes nothing.
    more = str(tmp_path / "more.json")
    for wrong in (
        ["--add-to", out[2], *keys[2]],
        ["--add-to", out[2], "--lot", GOOD.lot, *keys[2]],
        ["--origin", GOOD.origin, *keys[2]],
        ["--origin", GOOD.origin, "--lot", GOOD.lot, "--member", "x", *keys[2]],
    ):
        assert cli.main(["consortium", "--out", more, *wrong]) == 1
    assert not (tmp_path / "more.json").exists()


def test_shares_that_do_not_add_up_are_refused():
    with pytest.raises(Malformed, match="100"):
        replace(GOOD, members=(replace(GOOD.members[0], share=59), *GOOD.members[1:]))
