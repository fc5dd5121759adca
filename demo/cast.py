"""Who takes part in the demonstration: invented organisations and people of two regions."""

from __future__ import annotations

from dataclasses import dataclass

from demo.platform import CENTRE_CODE
from trading.domain import credit_code


@dataclass(frozen=True)
class Company:
    """An organisation; ``body`` is its credit code without the check character."""

    key: str
    name: str
    body: str
    region: str
    kinds: tuple[str, ...]

    @property
    def code(self) -> str:
        return credit_code.make(self.body)


@dataclass(frozen=True)
class Role:
    """One person who acts, and with which certificate.

    ``company`` is the key of their organisation; ``seal`` says that they sign with its certificate
    rather than with one of their own; ``key_type`` is the certificate's.
    """

    key: str
    name: str
    company: str
    region: str
    seal: bool = False
    key_type: str = "ec"


COMPANIES = (
    Company("tenderee", "东岳市政工程建设管理中心", "12370100MA3TE0001", "east", ("tenderee",)),
    Company("agency", "东岳正信招标代理有限公司", "91370100MA3AG0002", "east", ("agency",)),
    Company("supervisor", "东岳省公共资源交易监管局", "11370000MA3JP0003", "east", ("supervisor",)),
    Company("notary", "西川省公共资源交易平台", "12510000MA6NT0004", "west", ("notary",)),
    Company("guarantor", "泰安银行股份有限公司", "91370900MA3GB0013", "west", ("guarantor",)),
    Company("tenderer-1", "东岳路桥建设集团有限公司", "91370100MA3TA0005", "east", ("tenderer",)),
    Company("tenderer-2", "华岳市政工程有限公司", "91370200MA3TB0006", "east", ("tenderer",)),
    Company("tenderer-3", "西川建工集团有限公司", "91510100MA6TC0007", "west", ("tenderer",)),
    Company("tenderer-4", "蜀西交通建设有限公司", "91510700MA6TD0008", "west", ("tenderer",)),
)  # fmt: skip

#: A tenderer that takes part in no tender of the headless run.
OUTSIDER = Company(
    "tenderer-5", "东岳水务工程有限公司", "91370300MA3TE0012", "east", ("tenderer",)
)

TENDERERS = ("tenderer-1", "tenderer-2", "tenderer-3", "tenderer-4")

ROLES = (
    Role("tenderee", "周明", "tenderee", "east", seal=True),
    Role("agency", "吴倩", "agency", "east", seal=True),
    Role("supervisor", "郑严", "supervisor", "east", seal=True),
    Role("notary", "何川", "notary", "west", seal=True),
    Role("guarantor", "沈砚", "guarantor", "west", seal=True),
    Role("tenderer-1", "王建国", "tenderer-1", "east", seal=True),
    Role("tenderer-2", "李思远", "tenderer-2", "east", seal=True, key_type="rsa"),
    Role("tenderer-3", "陈蜀", "tenderer-3", "west", seal=True),
    Role("tenderer-4", "杨帆", "tenderer-4", "west", seal=True),
    Role("archivist", "孙文", "centre", "east"),
    Role("keeper", "值守密钥机", "centre", "east", seal=True),
    Role("inspector-1", "冯正", "supervisor", "east"),
    Role("inspector-2", "蒋平", "supervisor", "east"),
    Role("inspector-3", "沈直", "supervisor", "east"),
)

#: Who acts for :data:`OUTSIDER`.
OUTSIDE = Role("tenderer-5", "高远", "tenderer-5", "east", seal=True)

#: The pool of experts: five of the east, four of the west; drawn, they evaluate.
EXPERTS = tuple(
    Role(f"expert-{number}", name, "", "east" if number <= 5 else "west")
    for number, name in enumerate(
        ("钱学礼", "赵一鸣", "韩梅", "曹军", "许静", "罗浩", "唐婉", "邓超然", "彭越"), start=1
    )
)

#: Whom the tenderee names to an award panel.
PANEL = tuple(
    Role(f"panellist-{number}", name, "", "east")
    for number, name in enumerate(("韩松", "李岚", "吕宁", "孟远", "丁一"), start=1)
)

#: Where experts work; nobody draws two of one employer, and nobody judges their own.
EMPLOYERS = {
    "expert-1": "东岳大学",
    "expert-2": "东岳省建筑设计研究院",
    "expert-3": "东岳市政监理有限公司",
    "expert-4": "东岳工程造价协会",
    "expert-5": "东岳省交通规划院",
    "expert-6": "西川大学",
    "expert-7": "西川省建筑科学研究院",
    "expert-8": "西川工程咨询有限公司",
    "expert-9": "西川省公路设计院",
}


def company(key: str) -> Company:
    """One of :data:`COMPANIES`, or the centre."""
    if key == "centre":
        from demo.platform import CENTRE

        return Company("centre", CENTRE, CENTRE_CODE[:17], "east", ("centre",))
    return next(each for each in COMPANIES if each.key == key)
