"""What committees and evaluation rooms know: draws, commands, what they hear, what is nameable."""

from __future__ import annotations

from bidding.domain import (
    appraisals,
    clarification_answers,
    clarifications,
    committee_draw,
    conflicts,
    evaluation,
    evaluation_acts,
    more_time,
    printable,
    ranking,
    report,
    results,
    room_commands,
    schemes,
    score_sheets,
    sealing_events,
)
from signatures.domain import signing_documents
from trading.domain import drawing, registry, suspensions

ACTS = (
    committee_draw.OpenCommitteeDraw,
    conflicts.DeclareConflict,
    results.FreezeScores,
    ranking.ComputeScores,
    clarifications.AskClarification,
    clarification_answers.AnswerClarification,
    more_time.AskMoreTime,
    more_time.ExtendEvaluation,
    report.SignReport,
)


def register() -> None:
    """Make all of it known; called once, when the app is ready."""
    for act in ACTS:
        registry.register_command(act.name, act)
    registry.register_guard("more-time-asked", more_time.more_time_asked)
    drawing.on_result(
        committee_draw.PURPOSE, committee_draw.on_result, check=committee_draw.check
    )
    drawing.on_result(committee_draw.PANEL, committee_draw.on_result, check=committee_draw.check)
    for name, command in (
        ("join", evaluation_acts.JoinEvaluation),
        ("elect-chair", evaluation_acts.ElectChair),
        ("score", score_sheets.ScoreBid),
        ("ask-more-time", more_time.AskMoreTime),
        ("write-report", report.WriteReport),
    ):
        room_commands.register(evaluation.KIND, name, command)
    for name, said in (
        ("reject", evaluation_acts.MoveRejection),
        ("dissent", evaluation_acts.Dissent),
        ("appraise", appraisals.AppraiseCandidate),
        ("ask-clarification", clarifications.AskClarification),
    ):
        room_commands.register(evaluation.KIND, name, said, prepare=printable.read(said))
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
    registry.register_due("clarifications", clarification_answers.due)
    suspensions.on_resume(clarifications.on_resume)


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
