"""The committee's questions on paper, as the evaluation report tells them (TBR 52)."""

from __future__ import annotations

from bidding.domain import clarifications, evaluation
from bidding.models import Clarification, Evaluation
from signatures.paper.document import Block, Digest, Heading, Pair, Pairs, Paragraph, Words
from trading.domain import planning


def blocks(row: Evaluation) -> list[Block]:
    """Every question to a tenderer with its answer, or that there was none (TBR 52)."""
    heading = Heading(Words("澄清、说明", "Clarifications"))
    codes = {bid.pk: code for code, bid in evaluation.coded(row.committee).items()}
    found: list[Block] = [heading]
    asked = clarifications.of_lot(row.committee.lot)
    names = clarifications.own_names(asked)
    for each in asked:
        found.append(
            Heading(f"{codes[each.bid_id]} · {each.bid.tenderer.name} · {each.number}", level=2)
        )
        found.append(Pairs(rows=_asked_and_said(each, names[each.pk])))
        if each.statement:
            found.append(
                Digest(
                    Words("答复的签名声明摘要", "Digest of the signed answer"), each.statement
                )
            )
    if len(found) == 1:
        text = Words(
            "评标委员会未要求投标人澄清。", "The committee asked no tenderer for clarification."
        )
        found.append(Paragraph(text))
    return found


def _asked_and_said(each: Clarification, name: str) -> list[Pair]:
    """One question with its times; ``name`` is the document's as the tenderer gave it."""
    if each.answered_at is not None:
        said: Pair = Pair(Words("答复", "Answer"), each.answer)
        when = Words(
            f"{planning.shown(each.answered_at)} 签名答复",
            f"Signed and given at {planning.shown(each.answered_at)}",
        )
    else:
        said = Pair(Words("答复", "Answer"), Words("未在规定时间内答复。", "None in time."))
        when = Words("逾期后评标继续进行", "The evaluation went on without it")
    return [
        Pair(Words("要求澄清之处", "About"), f"{name} · {each.point}"),
        Pair(Words("问题", "Question"), each.question),
        said,
        Pair(
            Words("时间", "Times"),
            Words(
                f"{planning.shown(each.asked_at)} 提出，{planning.shown(each.until)} 截止",
                f"Asked at {planning.shown(each.asked_at)}, until {planning.shown(each.until)}",
            ),
            when,
        ),
    ]
