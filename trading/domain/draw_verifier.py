"""Public verification of draw records, for ``signatures.domain.verify``.

``TradingConfig.ready`` registers :data:`VERIFIER`.
"""

from __future__ import annotations

from signatures.domain.assessment import Verdict
from signatures.domain.verify import Question, Result, Verifier
from trading.domain.draw_bundle import verify_draw

FIELDS = frozenset({"record", "commitments", "reveals", "result", "leaves"})


def _recognises(question: Question) -> bool:
    return isinstance(question.value, dict) and question.value.keys() - {"checkpoint"} == FIELDS


def _verify(question: Question) -> Result:
    """The draw run again; without a known ledger key a good bundle is still only consistent."""
    found = verify_draw(question.value, verifiers=question.log_keys)
    verdict = Verdict(found["verdict"])
    if verdict is Verdict.VALID and not question.log_keys:
        reason = "The draw follows from its record; whether the ledger holds it needs its key."
        return Result(Verdict.INDETERMINATE, (reason,))
    return Result(verdict, tuple(found["reasons"]))


VERIFIER = Verifier("draw", _recognises, _verify)
