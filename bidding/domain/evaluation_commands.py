"""What committees and evaluation rooms know: draws, commands, what they hear, what is nameable."""

from __future__ import annotations

from bidding.domain import (
    committee_draw,
    conflicts,
    evaluation,
    evaluation_acts,
    ranking,
    report,
    results,
    room_commands,
    schemes,
    score_sheets,
    sealing_events,
)
from signatures.domain import signing_documents
from trading.domain import drawing, registry

ACTS = (
    committee_draw.OpenCommitteeDraw,
    conflicts.DeclareConflict,
    results.FreezeScores,
    ranking.ComputeScores,
    report.SignReport,
)


def register() -> None:
    """Make all of it known; called once, when the app is ready."""
    for act in ACTS:
        registry.register_command(act.name, act)
    drawing.on_result(
        committee_draw.PURPOSE, committee_draw.on_result, check=committee_draw.check
    )
    for name, command in (
        ("join", evaluation_acts.JoinEvaluation),
        ("elect-chair", evaluation_acts.ElectChair),
        ("reject", evaluation_acts.MoveRejection),
        ("score", score_sheets.ScoreBid),
        ("dissent", evaluation_acts.Dissent),
        ("write-report", report.WriteReport),
    ):
        room_commands.register(evaluation.KIND, name, command)
    room_commands.register(
        evaluation.KIND,
        "freeze-sheet",
        score_sheets.FreezeSheet,
        prepare=score_sheets.prepare_freeze,
    )
    room_commands.register(
        evaluation.KIND, "freeze-scores", results.FreezeScores, prepare=results.prepare_freeze
    )
    room_commands.register(
        evaluation.KIND, "compute-scores", ranking.ComputeScores, prepare=ranking.prepare_scores
    )
    for kind, listener in LISTENERS:
        sealing_events.listen(kind, listener)
    schemes.register()
    signing_documents.on_complete(report.PURPOSE, report.complete)
    registry.register_due("evaluation-reports", report.due)


#: What sealing tells while prices are opened, passed on to the evaluation room.
LISTENERS = tuple(
    (kind, evaluation.hear(kind))
    for kind in (
        sealing_events.GATE,
        sealing_events.SHARE,
        sealing_events.PRICE,
        sealing_events.OPENED,
        sealing_events.LOST,
    )
)
