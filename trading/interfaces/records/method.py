"""How bids will be evaluated, as the tender document prints it."""

from __future__ import annotations

from typing import Any

from signatures.paper.document import (
    Block,
    Column,
    Digest,
    Heading,
    Pair,
    Pairs,
    Table,
    Words,
)
from trading.domain import deciding, evaluations, framework, notices, security_asked
from trading.domain.security_asked import Asked
from trading.interfaces.money import grouped
from trading.interfaces.records import award_decision
from trading.interfaces.records import framework as framework_record
from trading.models import Lot

_METHODS = {
    "comprehensive": Words("综合评估法", "Comprehensive evaluation"),
    "lowest_price_share": Words("最低报价比例法", "Share of the lowest price"),
    "highest_price_share": Words("最高报价比例法", "Share of the highest price"),
    "lowest_evaluated_price": Words("经评审的最低投标价法", "Lowest evaluated price"),
    "benchmark_average": Words("评标基准价法(平均)", "Benchmark from the average"),
    "stepwise_deviation": Words("偏差率逐级扣分法", "Stepwise deviation"),
    "price_per_quality": Words("价格质量比法", "Price per quality"),
    "net_present_value": Words("净现值法", "Net present value"),
    "floor": Words("公开竞价，价格最优者成交", "Prices asked on the floor; the best one buys"),
}

_PARAMETERS = {
    "discount": Words("下浮率", "discount"),
    "full": Words("满分", "full marks"),
    "n_high": Words("高于基准价每 1% 扣分", "points per 1% above"),
    "n_low": Words("低于基准价每 1% 扣分", "points per 1% below"),
    "places": Words("小数位数", "decimals"),
    "trim": Words("去除最低和最高报价数", "lowest and highest dropped"),
    "weight": Words("权重", "weight"),
    "direction": Words("竞价方向", "direction"),
    "start": Words("起始价(人民币元)", "starting price (CNY)"),
    "step": Words("加价幅度(人民币元)", "step (CNY)"),
    "round_seconds": Words("限时竞价每轮时长(秒)", "limited round (seconds)"),
    "calls": Words("无人应价时宣布次数", "calls of a price without an answer"),
    "deposit": Words("保证金(人民币元)", "deposit (CNY)"),
    "reserve": Words("底价承诺值(SHA-256)", "commitment to the reserve (SHA-256)"),
}
#: What the parameters of a floor say instead of an evaluation.
_FLOOR = "floor"


def blocks(lot: Lot) -> list[Block]:
    """The method in words and tables, and the digest that binds it."""
    parameters = lot.parameters
    name = str(parameters.get("method", ""))
    found: list[Block] = [
        Heading(
            Words("竞价规则", "Format of the floor")
            if name == _FLOOR
            else Words("评标办法", "Evaluation")
        ),
        Pairs(rows=[Pair(Words("办法", "Method"), _METHODS.get(name, name))]),
    ]
    if "technical" in parameters:
        found.append(_criteria(parameters["technical"]))
    if "price" in parameters:
        found.append(_prices(parameters["price"]))
    rest = {
        key: value
        for key, value in sorted(parameters.items())
        if key not in {"method", "technical", "price", "state_funds", *evaluations.BESIDE}
    }
    if deciding.method(lot):
        found.append(Pairs(rows=award_decision.method_pairs(deciding.method(lot))))
    terms = framework.terms_of(lot) if framework.is_framework(lot) else None
    if terms is not None:
        found.append(Pairs(rows=framework_record.terms_pairs(terms)))
    if rest:
        rows = [Pair(_PARAMETERS.get(key, key), shown(value)) for key, value in rest.items()]
        found.append(Pairs(rows=rows))
    found.append(
        Digest(
            Words("评标办法摘要(SHA-256)", "Digest of the method (SHA-256)"),
            notices.evaluation_digest(lot),
            Words(
                "评标办法及参数的规范化 JSON 的摘要，任何人可据以复算。",
                "Over the canonical JSON of method and parameters, so that anyone can recompute.",
            ),
        )
    )
    security = security_asked.of(lot)
    if security is not None:
        found += _security(lot, security)
    return found


def _security(lot: Lot, asked: Asked) -> list[Block]:
    """What is asked as bid security, and in which forms it may be given."""
    last = security_asked.last_day(lot)
    through = "" if last is None else f"（{last.isoformat()}）"
    through_en = "" if last is None else f" ({last.isoformat()})"
    return [
        Heading(Words("投标保证金", "Bid security")),
        Pairs(
            rows=[
                Pair(Words("金额（人民币元）", "Amount in CNY"), grouped(asked.amount)),
                Pair(
                    Words("有效期", "It holds"),
                    Words(
                        f"自截止之日起 {asked.days} 日{through}",
                        f"for {asked.days} days from the deadline{through_en}",
                    ),
                ),
                Pair(
                    Words("形式", "Given as"),
                    Words(
                        "电子保函（随文件一并加密递交）或者保证金",
                        "a guarantee, sealed with the bid, or a deposit",
                    ),
                ),
            ]
        ),
    ]


def _criteria(technical: dict[str, Any]) -> Table:
    weight = technical.get("weight")
    return Table(
        columns=(
            Column(Words("评审因素", "Criterion"), weight=4),
            Column(Words("满分", "Full marks"), weight=1, align="end"),
        ),
        rows=[
            (Words(each.get("title", each["id"]), each.get("title_en", "")), shown(each["full"]))
            for each in technical.get("criteria", [])
        ],
        caption=Words(
            f"技术部分，占总分 {shown(weight)} 分", f"Technical part, {shown(weight)} points in all"
        ),
    )


def _prices(prices: list[dict[str, Any]]) -> Table:
    return Table(
        columns=(
            Column(Words("计分方法", "Method"), weight=2),
            Column(Words("参数", "Parameters"), weight=4),
        ),
        rows=[
            (_METHODS.get(each["method"], each["method"]), _listed(each.get("parameters", {})))
            for each in prices
        ],
        caption=Words("价格部分，各方法得分相加", "Price part; the methods' scores are added"),
    )


def _listed(parameters: dict[str, Any]) -> Words:
    def one(name: str, language: str) -> str:
        title = _PARAMETERS.get(name)
        said = getattr(title, language) if title is not None else name
        value = parameters[name]
        return f"{said} {_trim(value, language) if name == 'trim' else shown(value)}"

    names = sorted(parameters)
    return Words(
        ";".join(one(name, "zh") for name in names), "; ".join(one(name, "en") for name in names)
    )


def _trim(rows: Any, language: str) -> str:
    """``[[5,0,0],[null,1,1]]``: with up to 5 bids none is dropped, with more one each."""
    parts = []
    for up_to, lowest, highest in rows:
        if language == "zh":
            bound = f"不超过 {up_to} 家时" if up_to is not None else "其余情形"
        else:
            bound = f"up to {up_to} bids" if up_to is not None else "otherwise"
        parts.append(f"{bound} {lowest} / {highest}")
    return ", ".join(parts)


def shown(value: object) -> str:
    """A parameter as people read it."""
    if isinstance(value, dict):
        return "; ".join(f"{name} {shown(item)}" for name, item in sorted(value.items()))
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    return "—" if value is None else str(value)
