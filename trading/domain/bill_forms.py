"""The sheets of a bill of quantities as a workbook has them, and the headings that are understood.

The first of each heading is the one that the platform itself writes; the others are those of common
programs. They are compared without blanks, punctuation and case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from trading.domain.bills import Fee, Item, Other


def key(text: str) -> str:
    """A heading or a title without what people write differently."""
    return re.sub(r"[\s、,:_]+", "", unicodedata.normalize("NFKC", text)).lower()


@dataclass(frozen=True)
class Form:
    """A sheet of the bill: how it is called, and by which headings each of its columns goes."""

    section: str
    kind: type[Item] | type[Other] | type[Fee]
    titles: tuple[str, ...]
    headings: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]


_ITEM_HEADINGS = {
    "code": ("项目编码", "编码", "itemcode", "code"),
    "name": ("项目名称", "名称", "name", "itemname"),
    "features": ("项目特征描述", "项目特征", "特征描述", "features", "description"),
    "unit": ("计量单位", "单位", "unit"),
    "quantity": ("工程量", "工程数量", "数量", "quantity"),
}
_REMARK = ("备注", "remark", "remarks")
FORMS = (
    Form(
        "items", Item, ("分部分项", "sub-items", "subitems"), _ITEM_HEADINGS,
        ("code", "name", "features", "unit", "quantity"),
    ),
    Form(
        "measures", Item, ("措施项目", "measures"), _ITEM_HEADINGS,
        ("code", "name", "unit", "quantity"),
    ),
    Form(
        "other", Other, ("其他项目", "otheritems"),
        {
            "name": ("项目名称", "名称", "name"),
            "unit": ("计量单位", "单位", "unit"),
            "amount": ("金额(元)", "金额", "暂定金额(元)", "amount(cny)", "amount"),
            "remark": _REMARK,
        },
        ("name",),
    ),
    Form(
        "fees", Fee, ("规费", "税金", "feesandtaxes"),
        {
            "name": ("项目名称", "名称", "name"),
            "basis": ("计算基础", "basis"),
            "rate": ("费率(%)", "计算费率(%)", "费率", "税率(%)", "rate(%)", "rate"),
            "remark": _REMARK,
        },
        ("name",),
    ),
)  # fmt: skip
