"""Why a draw does not hold, in both languages; every sentence of the verifier is known here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from trading.domain import draw_bundle
from trading.interfaces import draw_reasons

REASONS = (
    "The reveal of org:1 is not what org:1 committed to.",
    "The result is not the one that the record and the reveals give.",
    "commitments must name exactly the parties a, b.",
    "reveals.a must be 64 characters of lower-case hex.",
    "leaves must be a list of objects.",
    "leaves must be one for each phase, in order: record, commitments, reveals, result.",
    "The leaf of the phase reveals stands before the one of record.",
    "The leaf of the phase reveals is earlier than the one of record.",
    "The leaf of the phase result is not shown to be in the ledger.",
    "The leaf of the phase result: its digests are not those of what was published.",
    "The checkpoint: it is not signed.",
    "There are inclusion proofs, but no checkpoint that they lead to.",
    "The draw follows from its record; whether the ledger holds it needs its key.",
)


@pytest.mark.parametrize("reason", REASONS)
def test_reason_is_said_in_chinese(reason):
    with translation.override("zh-hans"):
        said = draw_reasons.said(reason)
    assert re.search("[\u4e00-\u9fff]", said)


@pytest.mark.parametrize("reason", REASONS[1:2] + REASONS[5:9])
def test_reason_stays_as_it_is_in_english(reason):
    with translation.override("en"):
        assert draw_reasons.said(reason) == reason


@pytest.mark.parametrize("reason", ["", "Something else.", "The reveal of a is not what b did."])
def test_what_is_not_the_verifiers_stays_as_it_is(reason):
    with translation.override("zh-hans"):
        assert draw_reasons.said(reason) == reason


def test_every_sentence_of_the_verifier_is_known():
    source = Path(draw_bundle.__file__).read_text(encoding="utf-8")
    known = {each.partition("{")[0] for each in re.findall(r'append\(f?"([^"]+)"', source)}
    assert known
    for beginning in known - {""}:
        assert any(reason.startswith(beginning) for reason in REASONS), beginning
