"""Assessing in the sandbox says the same, and cannot be made to take time or memory."""

from __future__ import annotations

import json

import pytest

from signatures.domain.assess import assess
from signatures.domain.assessment import Assessment, Listing
from signatures.domain.confined import assess_confined
from tests.signatures.domain.lab_documents import SOON, countersigned, lab, plain, policy, sealed


@pytest.mark.parametrize("level", ["B-B", "B-LTA"])
@pytest.mark.parametrize("online", [True, False])
def test_confined_says_the_same(level, online):
    data = countersigned(level)

    confined = assess_confined(data, at=SOON, policy=policy(SOON, online=online))

    direct = assess(data, kind="pdf", at=SOON, policy=policy(SOON, online=online))
    assert (confined.verdict, confined.reasons) == (direct.verdict, direct.reasons)
    assert [each.proven_time for each in confined.signatures] == [
        each.proven_time for each in direct.signatures
    ]


def test_assessment_comes_back_from_json_as_it_was():
    found = assess(countersigned(), kind="pdf", at=SOON, policy=policy(SOON))

    assert Assessment.from_dict(json.loads(json.dumps(found.as_dict()))) == found


def test_lists_are_asked_outside_the_sandbox():
    def listed(anchor, role, at):
        return Listing(territory="CN-DY", version=1, service=role) if role == "signer" else None

    found = assess_confined(sealed(), at=SOON, policy=policy(SOON, online=False, listed=listed))

    assert [str(each.verdict) for each in found.signatures] == ["valid", "indeterminate"]
    assert found.signatures[0].listing == listed(None, "signer", SOON)


def test_altered_document_is_invalid():
    data = bytearray(sealed())
    data[data.index(b"stream") + 12] ^= 1

    assert str(assess_confined(bytes(data), at=SOON, policy=policy()).verdict) == "invalid"


def test_unrecognised_signer_is_indeterminate():
    west = (lab().region("west").root,)

    found = assess_confined(sealed(), at=SOON, policy=policy(SOON, signers=west))

    assert found.signatures[0].sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"


@pytest.mark.parametrize("data", [b"", b"junk", plain(), b"%PDF-1.7\n" + b"[" * 100_000])
def test_other_file_is_indeterminate_with_a_reason(data):
    found = assess_confined(data, at=SOON, policy=policy(online=False))

    assert str(found.verdict) == "indeterminate"
    assert found.reasons


def test_running_out_of_time_is_indeterminate():
    found = assess_confined(sealed(), at=SOON, policy=policy(SOON, seconds=0.2))

    assert str(found.verdict) == "indeterminate"
    assert "0.2 s" in found.reasons[0]


def test_too_large_file_is_never_opened():
    found = assess_confined(sealed(), at=SOON, policy=policy(SOON, maximum_bytes=10))

    assert "at most 10" in found.reasons[0]
