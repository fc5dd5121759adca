"""Who lives in the place: the headless run's cast, and those whom one tender does not need."""

from __future__ import annotations

from demo import cast
from demo.cast import Company, Role

COMPANIES = (
    *cast.COMPANIES,
    Company("tenderee-2", "西川市水务投资建设有限公司", "91510100MA6TE0009", "west", ("tenderee",)),
    Company("tenderee-3", "东岳市教育工程建设中心", "12370100MA3TE0010", "east", ("tenderee",)),
    Company("supervisor-2", "西川省公共资源监督局", "11510000MA6JP0011", "west", ("supervisor",)),
    cast.OUTSIDER,
)  # fmt: skip

ROLES = (
    *cast.ROLES,
    Role("tenderee-2", "罗江", "tenderee-2", "west", seal=True),
    Role("tenderee-3", "邵雅", "tenderee-3", "east", seal=True),
    Role("supervisor-2", "贺民", "supervisor-2", "west", seal=True),
    cast.OUTSIDE,
    *cast.EXPERTS,
)

#: What each part is called on the page and in the terminal, by the beginning of its key.
PARTS = {"expert": "evaluator"}

#: A machine of the centre, which signs in by itself.
UNATTENDED = frozenset({"keeper"})


def part_of(role: Role) -> str:
    """What this person is: ``tenderer``, ``evaluator`` …"""
    name = role.key.rstrip("0123456789").rstrip("-")
    return PARTS.get(name, name)
