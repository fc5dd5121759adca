"""A draw's published bundle, verified as any other file."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from signatures.domain import verify
from signatures.domain.policy import Policy
from tests.trading.domain.draw_bundles import CASE, LOG, bundle_of

NOBODY = Policy(signers=(), timestamp_authorities=())


def asked(tmp_path, bundle, *, log_keys=()) -> str:
    path = tmp_path / "draw.json"
    path.write_text(json.dumps(bundle))
    question = verify.Question(
        path=path, at=datetime(2026, 4, 1, tzinfo=UTC), policy=NOBODY, log_keys=log_keys
    )
    return str(verify.verify(question).verdict)


def test_draw_under_known_ledger_is_valid(tmp_path):
    bundle = bundle_of(CASE, with_checkpoint=True)

    assert asked(tmp_path, bundle, log_keys=(LOG.verifier,)) == "valid"


@pytest.mark.parametrize("with_checkpoint", [True, False])
def test_draw_without_known_ledger_is_indeterminate(tmp_path, with_checkpoint):
    bundle = bundle_of(CASE, with_checkpoint=with_checkpoint)

    assert asked(tmp_path, bundle) == "indeterminate"


def test_draw_without_checkpoint_under_known_ledger_is_invalid(tmp_path):
    assert asked(tmp_path, bundle_of(CASE), log_keys=(LOG.verifier,)) == "invalid"


@pytest.mark.parametrize("field", ["record", "commitments", "reveals", "result", "leaves"])
def test_altered_draw_is_invalid(tmp_path, field):
    bundle = bundle_of(CASE, with_checkpoint=True)
    bundle[field] = [] if field == "leaves" else {}

    assert asked(tmp_path, bundle, log_keys=(LOG.verifier,)) == "invalid"
