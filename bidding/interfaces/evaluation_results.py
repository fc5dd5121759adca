"""What an evaluation has come to: points under labels, opened prices, ranking, the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bidding.domain import policies, ranking, report, sealed_rounds
from bidding.domain.contents import PRICE_SLOT
from bidding.domain.room_kinds import State
from bidding.domain.scoring import Criterion, Scheme
from bidding.enums import BidState
from bidding.interfaces import evaluation_enclosures
from bidding.interfaces.evaluation_enclosures import Enclosure
from bidding.models import Gate
from signatures.enums import SigningState
from signatures.models import SigningDocument
from trading.models import Exhibit, Lot


@dataclass(frozen=True)
class Scored:
    """One bid after the freeze: whose it is, its points, each sheet's total by label.

    ``price`` is None while it is sealed, and where what was opened is none (``opened``).
    """

    code: str
    name: str
    technical: Decimal
    sheets: tuple[tuple[str, Decimal], ...]
    rejected: str
    opened: bool
    price: Decimal | None
    shares: int
    enclosure: Enclosure | None


@dataclass(frozen=True)
class Ranked:
    """One line of the ranking."""

    rank: int
    code: str
    name: str
    price: Decimal
    technical: str
    price_score: str
    score: str


@dataclass(frozen=True)
class Signature:
    """A member's place in the report; ``at`` None where it is still empty."""

    name: str
    field: str
    mine: bool
    at: datetime | None


@dataclass(frozen=True)
class Results:
    """Everything that the committee confers on; ``sealed`` counts prices that wait."""

    digest: str
    labels: tuple[str, ...]
    scored: tuple[Scored, ...]
    gate_open: bool
    signed_for: tuple[str, ...]
    needed: tuple[str, ...]
    quorum: int
    ranking: tuple[Ranked, ...]
    dissents: tuple[tuple[str, str], ...]
    #: Of unranked candidates: code, name, merits, risks.
    appraisals: tuple[tuple[str, str, str, str], ...]
    document: SigningDocument | None
    criteria: tuple[Criterion, ...]
    weight: Decimal

    @property
    def worth(self) -> str:
        """What full technical marks are worth, as people write it."""
        return f"{self.weight:f}".removesuffix(".00")

    @property
    def enclosures(self) -> tuple[Scored, ...]:
        """The bids with which a consortium's agreement or a security came, or should have."""
        return tuple(each for each in self.scored if each.enclosure is not None)

    @property
    def sealed(self) -> int:
        """How many admitted bids have no opened price yet."""
        return sum(not each.opened and not each.rejected for each in self.scored)

    @classmethod
    def of(cls, state: State, scheme: Scheme, lot: Lot) -> Results | None:
        """The results as far as ``state`` knows them; None before the scores are frozen."""
        result = state["result"]
        if result is None:
            return None
        names = {each["user"]: each["name"] for each in state["members"]}
        gate, signed, needed, quorum = _gate(lot)
        prices = _prices(lot)
        enclosures = evaluation_enclosures.of(
            lot, (each["bid"] for each in state["identities"].values())
        )
        return cls(
            digest=result["result"],
            labels=tuple(sorted(result["sheets"])),
            scored=tuple(_scored(state, code, prices, enclosures) for code in state["codes"]),
            gate_open=gate,
            signed_for=signed,
            needed=needed,
            quorum=quorum,
            ranking=tuple(_ranked(state, line) for line in state["ranking"]),
            dissents=tuple(
                (names.get(each["member"], ""), each["text"]) for each in state["dissents"]
            ),
            appraisals=tuple(
                (
                    code,
                    state["identities"].get(code, {}).get("name", ""),
                    said["merits"],
                    said["risks"],
                )
                for code, said in sorted(state["appraisals"].items())
            ),
            document=report.document_of(lot) if state["report"] is not None else None,
            criteria=scheme.criteria,
            weight=scheme.weight,
        )

    def signatures(self, me: str) -> tuple[Signature, ...]:
        """The places of the report, in their order."""
        if self.document is None:
            return ()
        return tuple(
            Signature(row.holder, row.name, row.signer == me, row.signed_at)
            for row in self.document.fields.order_by("position")
        )

    @property
    def is_signed(self) -> bool:
        """Whether every member has signed the report."""
        return self.document is not None and self.document.state != SigningState.OPEN


def _gate(lot: Lot) -> tuple[bool, tuple[str, ...], tuple[str, ...], int]:
    """Whether the price's gate is open; who has signed for it, who must, and the quorum."""
    policy = policies.find(lot)
    if policy is None:
        return False, (), (), 0
    rule = policy.gates.get(str(PRICE_SLOT), {})
    rows = Gate.objects.filter(policy=policy, slot=PRICE_SLOT)
    signed = {role for row in rows for role in row.signatures.values_list("role", flat=True)}
    is_open = any(row.opened_at is not None for row in rows)
    return is_open, tuple(sorted(signed)), tuple(rule.get("signed_by", ())), policy.k


def _prices(lot: Lot) -> dict[str, Decimal | None]:
    """The opened prices by the URN of the bid that was read, be they its own or a final offer's.

    None for what was opened and is none, never opens, or was not offered in time.
    """
    first = sealed_rounds.bids(lot, round_=sealed_rounds.main(lot))
    read = {bid.tenderer_id: bid.urn for bid in first.exclude(state=BidState.WITHDRAWN)}
    priced = list(sealed_rounds.bids(lot).exclude(state=BidState.WITHDRAWN))
    owner = {bid.urn: read.get(bid.tenderer_id, bid.urn) for bid in priced}
    found: dict[str, Decimal | None] = {
        owner[bid.urn]: None
        for bid in priced
        if bid.state in (BidState.REVOKED, BidState.UNOPENED, BidState.LAPSED)
    }
    if sealed_rounds.freeze(lot) is not None:
        offering = {bid.tenderer_id for bid in priced}
        found |= {urn: None for tenderer, urn in read.items() if tenderer not in offering}
    for exhibit in Exhibit.objects.filter(lot=lot, kind=ranking.PRICE):
        facts = exhibit.facts.get(ranking.PRICE)
        bid = str(exhibit.facts.get("bid"))
        found[owner.get(bid, bid)] = None if not facts else Decimal(facts["price"])
    return found


def _scored(
    state: State,
    code: str,
    prices: dict[str, Decimal | None],
    enclosures: dict[str, Enclosure],
) -> Scored:
    result = state["result"]
    owner = state["identities"].get(code, {})
    bid = owner.get("bid", "")
    rejected = {each["bid"]: each["reason"] for each in state["rejected"]}
    return Scored(
        code=code,
        name=owner.get("name", ""),
        technical=Decimal(result["technical"][code]),
        sheets=tuple(
            (label, sum((Decimal(text) for text in sheet[code].values()), Decimal(0)))
            for label, sheet in sorted(result["sheets"].items())
        ),
        rejected=rejected.get(code, ""),
        opened=bid in prices,
        price=prices.get(bid),
        shares=len(set(state["shares"].get(bid.partition(":")[2], ()))),
        enclosure=enclosures.get(bid),
    )


def _ranked(state: State, line: dict[str, str]) -> Ranked:
    return Ranked(
        rank=int(line["rank"]),
        code=line["code"],
        name=state["identities"].get(line["code"], {}).get("name", ""),
        price=Decimal(line["price"]),
        technical=line["technical"],
        price_score=line["price_score"],
        score=line["score"],
    )
