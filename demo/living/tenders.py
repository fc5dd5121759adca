"""The tenders of a living place, one for each stage that a visitor may want to see."""

from __future__ import annotations

from dataclasses import replace

from demo.documents import Offer
from demo.tenders import RIVERSIDE, Tender

#: Goes all the way: contracted, inspected, packaged.
WHOLE = replace(RIVERSIDE, key="riverside", name="Riverside road")

#: Its candidates are on show.
PUBLICISED = Tender(
    title="西川市第三水厂改扩建工程施工",
    lot_title="一标段 净水构筑物与管线",
    estimate="36800000.00",
    site="本工程位于第三水厂厂区，新建沉淀池、滤池与送水泵房，并改造厂区管线。",
    offers={
        "tenderer-3": Offer("34125600.00", 420, "陈蜀", 92),
        "tenderer-1": Offer("33980000.00", 430, "王建国", 86),
        "tenderer-4": Offer("35210700.00", 415, "杨帆", 81),
        "tenderer-2": Offer("34899900.00", 450, "李思远", 84),
        "tenderer-5": Offer("33640250.50", 425, "高远", 88),
    },
    cast={"tenderee": "tenderee-2", "supervisor": "supervisor-2"},
    key="waterworks",
    name="Waterworks",
)

#: Two bids only: nothing is opened.
FAILED = Tender(
    title="东岳市实验小学运动场改造工程施工",
    lot_title="一标段 场地与看台",
    estimate="2460000.00",
    site="本工程位于实验小学校内，改造运动场、看台与周边排水。",
    offers={
        "tenderer-5": Offer("2318000.00", 75, "高远", 80),
        "tenderer-2": Offer("2287400.00", 80, "李思远", 83),
    },
    cast={"tenderee": "tenderee-3"},
    key="playground",
    name="Playground",
)

#: Stands still since the supervisor looks into a complaint.
SUSPENDED = Tender(
    title="东岳市东湖公园景观提升工程施工",
    lot_title="一标段 园路与照明",
    estimate="8750000.00",
    site="本工程位于东湖公园，提升园路、照明、绿化与亲水平台。",
    offers={
        "tenderer-1": Offer("8236000.00", 180, "王建国", 85),
        "tenderer-3": Offer("8410500.00", 175, "陈蜀", 87),
        "tenderer-4": Offer("8304900.00", 190, "杨帆", 82),
    },
    key="lakeside",
    name="Lakeside park",
)

#: Opened; four of five evaluators have frozen their sheets.
OPENED = Tender(
    title="西川市锦江大桥维修加固工程施工",
    lot_title="一标段 主桥与引桥",
    estimate="19600000.00",
    site="本工程为锦江大桥主桥与引桥的维修加固，包括支座更换、裂缝修补与桥面铺装。",
    offers={
        "tenderer-4": Offer("18236800.00", 240, "杨帆", 90),
        "tenderer-1": Offer("18699000.00", 230, "王建国", 87),
        "tenderer-3": Offer("17988450.00", 255, "陈蜀", 89),
        "tenderer-2": Offer("18410000.00", 250, "李思远", 80),
    },
    cast={"tenderee": "tenderee-2", "supervisor": "supervisor-2"},
    key="bridge",
    name="Bridge",
)

#: Bids are coming in; two tenderers have fetched the documents and not bid yet.
BIDDING = Tender(
    title="东岳市人民路地下管网更新工程施工",
    lot_title="一标段 雨污水与给水管线",
    estimate="15300000.00",
    site="本工程位于人民路，更新雨污水与给水管线 3.1 公里，并恢复路面。",
    offers={
        "tenderer-2": Offer("14388000.00", 260, "李思远", 84),
        "tenderer-5": Offer("14105300.00", 270, "高远", 88),
        "tenderer-4": Offer("14720000.00", 255, "杨帆", 83),
        "tenderer-1": Offer("14250600.00", 265, "王建国", 86),
        "tenderer-3": Offer("14566900.00", 250, "陈蜀", 90),
    },
    key="pipes",
    name="Pipes",
)

#: How many of its tenderers bid at once; the others are left to the visitor.
BIDS_IN = 3

#: Documents are on offer.
PUBLISHED = Tender(
    title="东岳市第二中学教学楼新建工程施工",
    lot_title="一标段 土建与安装",
    estimate="42500000.00",
    site="本工程位于第二中学校内，新建教学楼一栋，建筑面积 9,800 平方米。",
    offers={
        "tenderer-1": Offer("40120000.00", 480, "王建国", 88),
        "tenderer-3": Offer("39875000.00", 470, "陈蜀", 90),
    },
    cast={"tenderee": "tenderee-3"},
    key="school",
    name="School",
)

ALL = (WHOLE, PUBLICISED, FAILED, SUSPENDED, OPENED, BIDDING, PUBLISHED)
