"""The ranking: opened prices scored by the published method, added to the technical points."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from bidding.domain import evaluation, rooms, scoring, sealed_rounds
from bidding.domain.evaluation_acts import require_seat, scoring_rule
from bidding.domain.results import JSON, READERS, ResultAct
from bidding.domain.room_commands import Call
from bidding.enums import BidState
from bidding.models import Bid, Evaluation
from signatures import store
from signatures.domain import jcs
from signatures.domain.act import Result, Scene, command
from signatures.domain.errors import Refused
from trading.domain import dossier, grounds, notices
from trading.models import Exhibit, Lot

COMPUTE = "bidding.compute-scores"
OTHER_METHOD = grounds.declare("method-as-published", step=COMPUTE)
SCORES = "evaluation-scores"
PRICE, SHEET = "bid-price", "opening-sheet"
CURRENCY = "CNY"
#: Why a bid without a readable price drops out, for the report.
NO_PRICE = "报价文件缺失、格式不符或币种不符 / no price of the required form"
LOST = "报价文件未能开启 / the price did not open"
NO_OFFER = "未在规定时间内提交最后报价 / no final offer within the time"


@dataclass(frozen=True)
class Offers:
    """The admitted bids' prices by code, and the bids that drop out for want of one."""

    prices: dict[str, Decimal]
    dropped: list[dict[str, str]]


def priced_bids(row: Evaluation) -> dict[str, Bid]:
    """By code the bid whose price counts: the one that was read, or its tenderer's final offer."""
    read = evaluation.coded(row.committee)
    lot = row.committee.lot
    if not sealed_rounds.is_final(lot):
        return read
    standing = sealed_rounds.bids(lot).exclude(state__in=(BidState.WITHDRAWN, BidState.LAPSED))
    last = {bid.tenderer_id: bid for bid in standing.select_related("tenderer")}
    return {
        code: last[bid.tenderer_id] for code, bid in read.items() if bid.tenderer_id in last
    }


def offers(row: Evaluation) -> Offers:
    """What the price envelopes held; raises :class:`Refused` while one is sealed."""
    out = evaluation.rejected_codes(row)
    files = {
        exhibit.facts.get("bid"): exhibit
        for exhibit in Exhibit.objects.filter(lot=row.committee.lot, kind=PRICE)
    }
    found, dropped, sealed = {}, [], []
    priced = priced_bids(row)
    for code, read in evaluation.coded(row.committee).items():
        if code in out:
            continue
        bid = priced.get(code)
        if bid is None:
            dropped.append({"code": code, "bid": read.urn, "reason": NO_OFFER})
            continue
        exhibit = files.get(bid.urn)
        facts = exhibit.facts.get(PRICE) if exhibit is not None else None
        if facts is not None and facts["currency"] == CURRENCY:
            found[code] = Decimal(facts["price"])
        elif exhibit is not None:
            dropped.append({"code": code, "bid": read.urn, "reason": NO_PRICE})
        elif bid.state != BidState.FROZEN:
            dropped.append({"code": code, "bid": read.urn, "reason": LOST})
        else:
            sealed.append(bid.tenderer.name)
    if sealed:
        raise Refused(
            _("These prices are still sealed: %(names)s.") % {"names": ", ".join(sealed)},
            code="prices-sealed",
            rule=scoring_rule(row.committee.lot),
        )
    return Offers(found, dropped)


def scores_content(row: Evaluation, salt: str) -> dict[str, Any]:
    """The ranking with everything that anyone needs to compute it again."""
    lot = row.committee.lot
    scheme = evaluation.scheme_of(lot)
    kept = jcs.loads(store.read(row.technical))
    points = {code: Decimal(text) for code, text in kept["technical"].items()}
    offered = offers(row)
    bids = evaluation.coded(row.committee)
    terms, priced = _terms(lot), priced_bids(row)
    ranked = scoring.rank(scheme, points, offered.prices) if offered.prices else []
    return {
        "v": 1,
        "salt": salt,
        "lot": lot.urn,
        "evaluation": notices.evaluation_digest(lot),
        "parameters": lot.parameters,
        "technical_result": row.technical,
        "ranking": [
            {
                "org": bids[one.code].tenderer.urn,
                "bid": bids[one.code].urn,
                "code": one.code,
                "rank": one.rank,
                "price": f"{one.offer:.2f}",
                "technical": str(one.technical),
                "price_score": str(one.price_score),
                "score": str(one.score),
                "terms": terms.get(priced[one.code].urn, {}),
            }
            for one in ranked
        ],
        "rejected": [
            {**each, "org": bids[each["code"]].tenderer.urn}
            for each in (*row.rejected, *offered.dropped)
        ],
    }


def _terms(lot: Lot) -> dict[str, dict[str, str]]:
    """What each bid's opening sheet promised, as texts, for the award and the contract."""
    found = {}
    for exhibit in Exhibit.objects.filter(lot=lot, kind=SHEET):
        sheet = exhibit.facts.get(SHEET) or {}
        found[str(exhibit.facts.get("bid"))] = {
            name: str(value) for name, value in sorted(sheet.items())
        }
    return found


@command(COMPUTE)
@dataclass(frozen=True, kw_only=True)
class ComputeScores(ResultAct):
    """Score the opened prices by the published method and rank the bids.

    The method must be the one that was hashed with the tender documents. Where the committee has
    rejected every bid the ranking is empty, and the tender fails with the report. Result:
    ``{"ranking": [{"code", "rank", "score"}], "scores": digest, "seq"}``.
    """

    content: dict[str, Any] = field(metadata={"request": False})

    def decide(self, scene: Scene) -> Result:
        lot: Lot = scene.subject
        row, room = self.open(scene)
        require_frozen(row)
        if row.computed_at is not None:
            raise Refused(_("The ranking is computed already."), code="already-computed")
        require_published(lot)
        self._require_current(row)
        self.require_same(self.content)
        row.scores, row.computed_at = self.digest, scene.now
        row.ranking, row.rejected = self.content["ranking"], self.content["rejected"]
        row.save(update_fields=["scores", "computed_at", "ranking", "rejected"])
        scene.enter(
            subject=lot.urn, digests={"scores": self.digest}, context={"room": room.urn}
        )
        dossier.file(
            scene,
            lot=lot,
            kind=SCORES,
            name="evaluation-scores.json",
            digest=self.digest,
            size=self.size,
            media_type=JSON,
            facts={"technical_result": row.technical},
            audience=READERS,
        )
        rooms.emit(scene, room, "ranking", {"ranking": row.ranking}, by=room.urn)
        rooms.enter_stage(scene, room, "conferring")
        lines = [
            {name: one[name] for name in ("code", "rank", "score")} for one in row.ranking
        ]
        return {"ranking": lines, "scores": self.digest, "seq": room.seq}

    def _require_current(self, row: Evaluation) -> None:
        """Prices and rejections are those that were scored."""
        offered = offers(row)
        scored = {one["code"]: Decimal(one["price"]) for one in self.content["ranking"]}
        out = {each["code"] for each in self.content["rejected"]}
        now_out = {each["code"] for each in (*row.rejected, *offered.dropped)}
        if scored != offered.prices or out != now_out:
            raise Refused(
                _("Something changed while the result was worked out. Try again."),
                code="result-changed",
            )


def require_frozen(row: Evaluation) -> None:
    """The technical result stands; raises :class:`Refused`."""
    if row.frozen_at is None:
        raise Refused(
            _("The scores are not frozen yet."),
            code="scores-not-frozen",
            rule=scoring_rule(row.committee.lot),
        )


def require_published(lot: Lot) -> None:
    """The lot's method is the one that the tender documents were published with."""
    published = dossier.latest(lot, "tender-document").facts.get("evaluation")
    if published != notices.evaluation_digest(lot):
        raise Refused(
            _("The method of evaluation is not the one that the tender documents state."),
            code="other-parameters",
            rule=OTHER_METHOD.of(lot),
        )


def prepare_scores(call: Call) -> ComputeScores:
    """The act of a frame ``compute-scores``, its ranking worked out and stored."""
    lot = call.room.lot
    row = evaluation.get(lot)
    require_seat(row.committee, call.actor)
    require_frozen(row)
    salt = evaluation.new_salt()
    content = scores_content(row, salt)
    kept = store.put(jcs.dumps(content))
    return ComputeScores(
        lot=lot.pk, salt=salt, digest=kept.sha256, size=kept.size, content=content
    )
