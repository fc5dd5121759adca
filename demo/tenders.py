"""What is tendered, by whom, and what each tenderer offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from demo.documents import GOODS, OFFERS, SITE, USE, WORKS, Offer, Plan


@dataclass(frozen=True)
class Tender:
    """One tender of a demonstration; amounts are in CNY, written with two decimals.

    ``offers`` is tenderer -> offer, in the order in which tenderers are named. ``cast`` says who
    plays a part where it is not the one of that name: ``{"tenderee": "tenderee-2"}``. ``key``
    names the folder in which actors keep what belongs to this tender; the only tender of a run
    needs none.
    """

    title: str
    lot_title: str
    estimate: str
    offers: Mapping[str, Offer]
    site: str = SITE
    plan: Plan = WORKS
    cast: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    #: What the lines of a run call it, where several are played at once.
    name: str = ""

    @property
    def tenderers(self) -> tuple[str, ...]:
        return tuple(self.offers)

    def played_by(self, part: str) -> str:
        """The key of the actor or organisation that has this part."""
        return self.cast.get(part, part)


#: The one tender of a headless run.
RIVERSIDE = Tender(
    title="东岳市滨河路改造工程施工",
    lot_title="一标段 道路与排水",
    estimate="12000000.00",
    offers=OFFERS,
)
LABORATORY = Tender(
    title="东岳市疾控中心实验室设备采购",
    lot_title="第一包 检测设备",
    estimate="4800000.00",
    site="本项目采购实验室检测设备一批，含安装、调试与培训。",
    offers={
        "tenderer-1": Offer("4560000.00", 60, "王建国", 86),
        "tenderer-2": Offer("4498000.00", 55, "李思远", 90),
        "tenderer-3": Offer("4710000.00", 50, "陈蜀", 88),
        "tenderer-4": Offer("4620500.00", 58, "杨帆", 81),
    },
    plan=GOODS,
)
PRINTERS = Tender(
    title="东岳市政务服务中心办公设备采购",
    lot_title="第一包 打印与扫描设备",
    estimate="380000.00",
    site="本项目采购通用办公设备一批，规格统一、货源充足。",
    offers={
        "tenderer-2": Offer("361000.00", 15, "李思远", 80),
        "tenderer-3": Offer("348800.00", 20, "陈蜀", 80),
        "tenderer-1": Offer("355500.00", 18, "王建国", 80),
    },
    plan=GOODS,
)
LAND = Tender(
    title="东岳市2026-07号国有建设用地使用权出让",
    lot_title="2026-07号地块 商务办公",
    estimate="182000000.00",
    site="地块位于滨河新区，面积 2.6 公顷，容积率不大于 2.0,用途为商务办公。",
    offers={
        "tenderer-1": Offer("196500000.00", 180, "王建国", 88),
        "tenderer-3": Offer("203800000.00", 200, "陈蜀", 84),
        "tenderer-4": Offer("191200000.00", 150, "杨帆", 90),
    },
    plan=USE,
)
QUARRY = Tender(
    title="西川市青石岭建筑石料用灰岩矿采矿权出让",
    lot_title="青石岭矿区",
    estimate="56000000.00",
    site="矿区面积 0.48 平方公里，可采储量 1,260 万吨，出让年限 15 年。",
    offers={
        "tenderer-2": Offer("61200000.00", 240, "李思远", 85),
        "tenderer-3": Offer("64750000.00", 220, "陈蜀", 87),
        "tenderer-4": Offer("59900000.00", 260, "杨帆", 82),
    },
    plan=USE,
)
WORKSHOP = Tender(
    title="东岳机械厂闲置厂房及设备转让",
    lot_title="一号厂房及附属设备",
    estimate="23500000.00",
    site="标的为一号厂房 8,600 平方米及附属设备一批，评估值 2,350 万元。",
    offers={
        "tenderer-1": Offer("24100000.00", 60, "王建国", 84),
        "tenderer-4": Offer("25260000.00", 90, "杨帆", 86),
    },
    plan=USE,
)
EQUITY = Tender(
    title="东岳新能源有限公司30%股权转让",
    lot_title="30%股权",
    estimate="23500000.00",
    offers=WORKSHOP.offers,
    plan=USE,
)
PAPER = Tender(
    title="东岳市本级行政事业单位便携式计算机框架协议采购",
    lot_title="第一包 便携式计算机",
    estimate="7200.00",
    site="本项目确定便携式计算机的入围供应商，报价为含送货、安装与三年保修的单价。",
    offers={
        "tenderer-1": Offer("6680.00", 10, "王建国", 80),
        "tenderer-2": Offer("6390.00", 12, "李思远", 80),
        "tenderer-3": Offer("6955.00", 7, "陈蜀", 80),
        "tenderer-4": Offer("6520.00", 10, "杨帆", 80),
    },
    plan=GOODS,
)
