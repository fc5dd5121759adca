"""What several records after the evaluation say alike: the lot, its parties, a bid's terms."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from signatures.paper.document import Column, Pair, Table, Text, Words
from trading.domain import paper_words
from trading.domain.candidates import Ranked
from trading.domain.procedure import LANGUAGES
from trading.interfaces.money import capitals, grouped
from trading.models import Lot, Organisation

#: The holder of the seal where the platform seals by itself.
PLATFORM = "阳光交易平台"


def number(lot: Lot, suffix: str) -> str:
    """A record's own number: project, lot, and which record it is."""
    return f"{lot.project.code}-{lot.number}-{suffix}"


def word(lot: Lot, name: str, zh: str = "{}", en: str = "{}") -> Words:
    """What the lot's procedure calls something, in ``zh`` and ``en`` in the place of ``{}``."""
    chinese, english = (paper_words.word(lot, name, each) for each in LANGUAGES)
    return Words(zh.format(chinese), en.format(english))


def inside(lot: Lot, name: str) -> Words:
    """The same as it stands inside a sentence."""
    found = word(lot, name)
    return Words(found.zh, found.en[:1].lower() + found.en[1:])


def subject(lot: Lot) -> tuple[Pair, ...]:
    """Which lot the record is about."""
    return (
        Pair(Words("项目编号", "Project code"), lot.project.code),
        Pair(Words("项目名称", "Project"), lot.project.title),
        Pair(word(lot, "lot"), f"{lot.number} · {lot.title}"),
    )


def party(title: Words, organisation: Organisation) -> Pair:
    """An organisation with its unified social credit code."""
    return Pair(title, organisation.name, organisation.credit_code)


def tenderee(lot: Lot) -> tuple[Pair, ...]:
    """The tenderee and, where there is one, its agency."""
    rows = [party(word(lot, "tenderee"), lot.project.tenderee)]
    if lot.project.agency is not None:
        rows.append(party(word(lot, "agency"), lot.project.agency))
    return tuple(rows)


def price(title: Words, amount: Decimal) -> Pair:
    """An amount in figures and in capitals."""
    return Pair(title, grouped(amount), capitals(amount))


def term(lot: Lot, name: str) -> Text:
    """What a term of a bid is called; one that the procedure has no word for goes by its name."""
    return word(lot, name) if paper_words.has(lot, name) else name


def award_price(lot: Lot) -> Words:
    """What the price of the award is called."""
    return word(lot, "award-price", "{}（人民币元）", "{} (CNY)")


def terms(lot: Lot, values: Mapping[str, str]) -> list[Pair]:
    """A bid's terms, in the order of their own names."""
    return [Pair(term(lot, name), text) for name, text in sorted(values.items())]


def ranking(lot: Lot, rows: tuple[Ranked, ...], *, caption: Text = "") -> Table:
    """Bids by rank, with price and score."""
    return Table(
        columns=(
            Column(Words("名次", "Rank"), weight=1, align="centre"),
            Column(word(lot, "tenderer"), weight=5),
            Column(word(lot, "bid-price", "{}（元）", "{} (CNY)"), weight=3, align="end"),
            Column(Words("得分", "Score"), weight=2, align="end"),
        ),
        rows=[
            (str(one.rank), one.organisation.name, grouped(one.price), one.score) for one in rows
        ],
        caption=caption,
    )


def unranked(rows: tuple[Ranked, ...]) -> Table:
    """Candidates in the neutral order, without rank and score."""
    return Table(
        columns=(
            Column(Words("定标候选人", "Candidate"), weight=5),
            Column(Words("统一社会信用代码", "Credit code"), weight=3),
            Column(Words("投标报价（元）", "Price (CNY)"), weight=3, align="end"),
        ),
        rows=[
            (one.organisation.name, one.organisation.credit_code, grouped(one.price))
            for one in rows
        ],
        caption=Words(
            "按统一社会信用代码排列，排列顺序与评审结果无关",
            "In the order of credit codes, which says nothing of the evaluation",
        ),
    )
