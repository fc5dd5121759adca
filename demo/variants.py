"""The variants that a tender can be played in: a procedure, and where its course is its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from demo import tenders, terms
from demo.tenders import Tender

#: How a run ends that has no contract.
TOO_FEW, TERMINATED, REJECTED = "too-few", "terminated", "all-rejected"
UNQUALIFIED = "unqualified"
NO_SALE = "no-sale"


@dataclass(frozen=True)
class Variant:
    """A procedure as it is played.

    ``offered`` and ``open`` are the days from the notice to the end of the offer of documents and
    to the deadline; ``members`` sit on the committee; ``least`` bids are opened; ``shown`` says
    that candidates are published before the award; ``invited`` that only invited organisations
    tender; ``grieved`` that there are objections and a complaint; ``after`` is what is filed once
    the contract is signed; ``end`` names how a run ends without one.
    """

    category: str
    procedure: str
    tender: Tender
    parameters: Mapping[str, Any] = field(default_factory=lambda: terms.COMPREHENSIVE)
    offered: int = 8
    open: int = 25
    members: int = 5
    least: int = 3
    shown: bool = True
    invited: bool = False
    grieved: bool = False
    #: A later edition of the documents affects bids that were handed in before it.
    amended: bool = False
    #: Responses hold no price; it is offered, sealed, once the group has negotiated.
    final_offers: bool = False
    #: Who applies is examined first; ``unfit`` applicants do not qualify.
    prequalified: bool = False
    unfit: tuple[str, ...] = ()
    #: The date that is waited for after the notice, before anybody is asked.
    waits: str = ""
    #: The catalogue's ground of a procedure that is not the usual one, and what is bought.
    ground: str = ""
    object: str = ""
    #: The file that shows the ground: its name; empty where the ground asks for none.
    shown_by: str = ""
    #: Supervision approves the plan before the notice; it sends it back once.
    approved: bool = False
    #: Why the notice goes out though a rule of the catalogue warns, by the rule.
    excepted: tuple[tuple[str, str], ...] = ()
    #: A bill of quantities goes out with the tender document.
    bill: bool = False
    #: Whose bid comes with a guarantee; the documents then ask for a bid security.
    secured: str = ""
    #: Whoever fetched the documents is shown the site.
    site_visit: bool = False
    after: tuple[str, ...] = ("written-report",)
    end: str = ""
    #: How the tenderee decides among unranked candidates; empty where the first one wins.
    decided: str = ""
    #: Several suppliers are taken in, each with an agreement, and orders follow.
    framework: bool = False
    #: The variant whose lot, which came to nothing, is tendered again.
    repeats: str = ""
    #: Steps of the procedure file alone, taken once the lot is awarded: the step, and the date
    #: that is waited for after it.
    steps: tuple[tuple[str, str], ...] = ()
    #: Prices asked on the floor: who, and how many steps from the start; none is scored then.
    floor: bool = False
    asks: tuple[tuple[str, int], ...] = ()
    #: The days from the notice to the beginning of a listing; 0 where rounds begin at once.
    lists: int = 0
    #: The reserve that is committed to with the format; none where empty.
    reserve: str = ""
    #: The result is published once the contract is signed, and not before.
    shown_after: bool = False

    @property
    def criteria(self) -> tuple[Mapping[str, Any], ...]:
        """What the committee scores; nothing where the price alone decides."""
        return tuple(self.parameters.get("technical", {}).get("criteria", ()))

    @property
    def schedule(self) -> tuple[bool, bool, int, int, int]:
        """Tenders of one schedule can be played side by side on one clock; repetitions last."""
        return not self.repeats, not self.floor, self.offered, self.lists, self.open

CONSTRUCTION = Variant(
    category="construction",
    procedure="construction",
    tender=tenders.RIVERSIDE,
    site_visit=True,
    bill=True,
    secured="tenderer-1",
)

_CONTRACT_KNOWN = ("publication", "filing")

PROCUREMENT = Variant(
    category="procurement",
    procedure="procurement",
    tender=tenders.LABORATORY,
    parameters=terms.GOODS,
    shown=False,
    after=_CONTRACT_KNOWN,
)

INQUIRY = replace(
    PROCUREMENT,
    procedure="procurement-inquiry",
    tender=tenders.PRINTERS,
    parameters=terms.LOWEST,
    offered=4,
    open=7,
    members=3,
    excepted=(("ground-named", "集中采购目录以外、未达到公开招标数额标准的通用设备，规格统一。"),),
)
#: A framework of a year at most: a fifth is eliminated by the price, orders go in turn.
FRAMEWORK = replace(
    PROCUREMENT,
    procedure="procurement-framework",
    tender=tenders.PAPER,
    parameters={
        **terms.LOWEST,
        "framework": {
            "priority": "price", "eliminated": 20, "kind": "goods", "months": 2, "orders": "turns",
        },
    },
    framework=True,
)
NEGOTIATION = replace(
    PROCUREMENT,
    procedure="procurement-negotiation",
    tender=replace(tenders.LABORATORY, title="东岳市疾控中心实验室信息系统采购(竞争性谈判)"),
    parameters=terms.LOWEST,
    offered=4,
    open=7,
    members=3,
    final_offers=True,
    object="goods",
    ground="no-specification",
)
CONSULTATION = replace(
    NEGOTIATION,
    procedure="procurement-consultation",
    tender=replace(tenders.LABORATORY, title="东岳市疾控中心物业服务采购(竞争性磋商)"),
    parameters=terms.GOODS,
    offered=10,
    open=14,
    object="services",
    ground="bought-services",
)
LAND = Variant(
    category="land",
    procedure="land-tender",
    tender=tenders.LAND,
    parameters=terms.SALE,
    offered=32,
    open=37,
    shown=False,
    after=(),
)
MINERAL = replace(
    LAND, category="mineral", procedure="mineral-tender", tender=tenders.QUARRY, shown=True
)
PROPERTY = replace(
    LAND, category="property", procedure="property-tender", tender=tenders.WORKSHOP, least=2
)

LAND_LISTING = Variant(
    category="land",
    procedure="land-listing",
    tender=replace(tenders.LAND, title="东岳市2026-08号国有建设用地使用权挂牌出让"),
    parameters=terms.LISTED,
    offered=32,
    lists=36,
    open=60,
    floor=True,
    asks=(
        ("tenderer-1", 0), ("tenderer-3", 1), ("tenderer-1", 3), ("tenderer-4", 4),
        ("tenderer-3", 6), ("tenderer-1", 7), ("tenderer-3", 8),
    ),
    reserve="190000000.00",
    after=(),
)  # fmt: skip
LAND_AUCTION = replace(
    LAND_LISTING,
    procedure="land-auction",
    tender=replace(tenders.LAND, title="东岳市2026-09号国有建设用地使用权拍卖出让"),
    parameters=terms.AUCTIONED,
    lists=0,
    open=37,
    reserve="",
)
_MINERS = (("tenderer-2", 0), ("tenderer-3", 2), ("tenderer-4", 3), ("tenderer-3", 10))
MINERAL_LISTING = replace(
    LAND_LISTING,
    category="mineral",
    procedure="mineral-listing",
    tender=replace(tenders.QUARRY, title="西川市青石岭二号灰岩矿采矿权挂牌出让"),
    parameters=terms.QUARRY,
    asks=_MINERS,
    reserve="",
)
MINERAL_AUCTION = replace(
    MINERAL_LISTING,
    procedure="mineral-auction",
    tender=replace(tenders.QUARRY, title="西川市青石岭三号灰岩矿采矿权拍卖出让"),
    parameters={**terms.QUARRY, "calls": 3, "round_seconds": 60},
    lists=0,
    open=37,
)
PROPERTY_ASSETS = replace(
    LAND_AUCTION,
    category="property",
    procedure="property-assets",
    tender=replace(
        tenders.WORKSHOP, title="东岳机械厂二号厂房及设备转让(网络竞价)", estimate="8500000.00"
    ),
    parameters=terms.WORKSHOP,
    asks=(("tenderer-1", 0), ("tenderer-4", 1), ("tenderer-1", 4)),
    shown_after=True,
)
PROPERTY_EQUITY = replace(
    PROPERTY_ASSETS,
    procedure="property-equity",
    tender=tenders.EQUITY,
    parameters=terms.SHARES,
)


def _alone(tender: Tender, title: str) -> Tender:
    """The same with one buyer."""
    one = dict(list(tender.offers.items())[:1])
    return replace(tender, title=title, offers=one)


def _three(tender: Tender, title: str) -> Tender:
    """The same with three tenderers."""
    three = dict(list(tender.offers.items())[:3])
    return replace(tender, title=title, offers=three)


def _one(tender: Tender, title: str) -> Tender:
    """The same with one tenderer."""
    one = dict(list(tender.offers.items())[:1])
    return replace(tender, title=title, offers=one)


def _few(tender: Tender, title: str) -> Tender:
    """The same with two tenderers."""
    two = dict(list(tender.offers.items())[:2])
    return replace(tender, title=title, offers=two)

#: By the name that ``make variants`` and ``CATEGORY`` give them.
ALL: dict[str, Variant] = {
    "construction": CONSTRUCTION,
    "construction-too-few": replace(
        CONSTRUCTION,
        tender=_few(tenders.RIVERSIDE, "东岳市实验小学运动场改造工程施工"),
        end=TOO_FEW,
    ),
    "construction-terminated": replace(
        CONSTRUCTION,
        tender=replace(tenders.RIVERSIDE, title="东岳市滨江步道工程施工"),
        end=TERMINATED,
    ),
    "construction-all-rejected": replace(
        CONSTRUCTION,
        tender=replace(tenders.RIVERSIDE, title="东岳市老城供热管网改造工程施工"),
        end=REJECTED,
    ),
    "procurement": PROCUREMENT,
    "procurement-inquiry": INQUIRY,
    "procurement-negotiation": NEGOTIATION,
    "procurement-consultation": CONSULTATION,
    "procurement-single-source": replace(
        NEGOTIATION,
        procedure="procurement-single-source",
        tender=_one(tenders.LABORATORY, "东岳市疾控中心专用试剂耗材采购(单一来源)"),
        offered=12,
        open=16,
        least=1,
        invited=True,
        ground="one-source",
        shown_by="专家论证意见.pdf",
        approved=True,
        waits="publicity-until",
    ),
    "land-tender": LAND,
    "mineral-tender": MINERAL,
    "property-tender": PROPERTY,
    "procurement-framework": FRAMEWORK,
    "land-listing": LAND_LISTING,
    "land-auction": LAND_AUCTION,
    "land-listing-no-sale": replace(
        LAND_LISTING,
        tender=replace(tenders.LAND, title="东岳市2026-10号国有建设用地使用权挂牌出让"),
        reserve="210000000.00",
        end=NO_SALE,
    ),
    "land-auction-no-sale": replace(
        LAND_AUCTION,
        tender=replace(tenders.LAND, title="东岳市2026-11号国有建设用地使用权拍卖出让"),
        asks=(),
        end=NO_SALE,
    ),
    "mineral-listing": MINERAL_LISTING,
    "mineral-auction": MINERAL_AUCTION,
    "property-assets": PROPERTY_ASSETS,
    "property-equity": PROPERTY_EQUITY,
    "property-agreement": replace(
        PROPERTY_EQUITY,
        tender=_alone(tenders.EQUITY, "东岳水泥有限公司15%股权转让(协议转让)"),
        asks=(("tenderer-1", 3),),
        reserve="23700000.00",
    ),
    "procurement-too-few": replace(
        PROCUREMENT, tender=_few(tenders.LABORATORY, "东岳市疾控中心冷链设备采购"), end=TOO_FEW
    ),
    "construction-again": replace(
        CONSTRUCTION,
        tender=replace(tenders.RIVERSIDE, title="东岳市实验小学运动场改造工程施工(重新招标)"),
        repeats="construction-too-few",
    ),
    "construction-invited": replace(
        CONSTRUCTION,
        procedure="construction-invited",
        tender=_three(tenders.RIVERSIDE, "东岳市滨河隧道应急加固工程施工(邀请招标)"),
        invited=True,
        object="works",
        ground="few-can",
        approved=True,
    ),
    "procurement-invited": replace(
        PROCUREMENT,
        procedure="procurement-invited",
        tender=_three(tenders.LABORATORY, "东岳市疾控中心高等级生物安全设备采购(邀请招标)"),
        invited=True,
        object="goods",
        ground="few-suppliers",
    ),
    "construction-prequalified": replace(
        CONSTRUCTION,
        procedure="construction-prequalified",
        tender=replace(tenders.RIVERSIDE, title="东岳市跨江大桥主桥工程施工(资格预审)"),
        offered=6,
        open=13,
        prequalified=True,
        unfit=("tenderer-4",),
    ),
    "construction-unqualified": replace(
        CONSTRUCTION,
        procedure="construction-prequalified",
        tender=replace(tenders.RIVERSIDE, title="东岳市深水航道疏浚工程施工(资格预审)"),
        offered=6,
        open=14,
        prequalified=True,
        unfit=("tenderer-1", "tenderer-4"),
        end=UNQUALIFIED,
    ),
    "construction-separated": replace(
        CONSTRUCTION,
        procedure="construction-separated",
        tender=replace(tenders.RIVERSIDE, title="东岳市民中心改造工程施工(评定分离)"),
        parameters={**terms.COMPREHENSIVE, "state_funds": False, "award": {"by": "votes"}},
        decided="votes",
    ),
    "construction-separated-draw": replace(
        CONSTRUCTION,
        procedure="construction-separated",
        tender=replace(tenders.RIVERSIDE, title="东岳市科技馆幕墙工程施工(评定分离 加权抽取)"),
        parameters={
            **terms.COMPREHENSIVE,
            "state_funds": False,
            "award": {"by": "draw", "weights": [5, 3, 2]},
        },
        decided="draw",
    ),
    "construction-amended": replace(
        CONSTRUCTION,
        tender=replace(tenders.RIVERSIDE, title="东岳市北湖截污干管工程施工"),
        open=26,
        amended=True,
    ),
    "construction-grieved": replace(
        CONSTRUCTION,
        tender=replace(tenders.RIVERSIDE, title="东岳市城东污水泵站改造工程施工"),
        open=27,
        grieved=True,
    ),
    "procurement-by-inquiry": replace(
        INQUIRY,
        tender=replace(tenders.PRINTERS, title="东岳市疾控中心冷链设备采购(变更为询价)"),
        repeats="procurement-too-few",
        object="goods",
        ground="changed-method",
        approved=True,
        excepted=(),
    ),
}
