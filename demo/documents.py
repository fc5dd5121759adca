"""What a tenderer writes on its own device: opening sheet, documents, price."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from signatures.domain import jcs
from signatures.paper.document import Heading, Pair, Pairs, Paragraph, Record, Words
from signatures.paper.engine import render

PDF, JSON = "application/pdf", "application/json"


@dataclass(frozen=True)
class Offer:
    """What one tenderer offers: a price in CNY, days, and how good its plan is (for scorers)."""

    price: str
    duration_days: int
    manager: str
    strength: int


OFFERS = {
    "tenderer-1": Offer("11386000.00", 300, "王建国", 88),
    "tenderer-2": Offer("10972500.00", 320, "李思远", 82),
    "tenderer-3": Offer("11150800.50", 290, "陈蜀", 91),
    "tenderer-4": Offer("11843210.00", 310, "杨帆", 79),
}


@dataclass(frozen=True)
class Plan:
    """What technical documents are about: a heading, and sentences; ``{days}`` is the offer's."""

    title: str
    title_en: str
    sentences: tuple[str, ...]


WORKS = Plan(
    title="施工组织设计",
    title_en="Construction plan",
    sentences=(
        "计划工期 {days} 日历天，分四个流水段组织施工，雨季前完成管网闭水试验。",
        "质量目标合格；关键工序设置停止点，由监理与建设单位共同验收。",
        "项目管理机构配备项目经理、技术负责人、质量、安全与造价人员，均持证上岗。",
    ),
)
GOODS = Plan(
    title="供货与服务方案",
    title_en="Supply and service",
    sentences=(
        "合同签订后 {days} 日历天内完成供货、安装与调试，随货提供出厂检测报告。",
        "各项技术参数逐条响应采购需求，无负偏离；提供操作培训不少于两次。",
        "质保期三年，故障两小时内响应，二十四小时内到场处理。",
    ),
)
USE = Plan(
    title="开发利用方案",
    title_en="Plan of use",
    sentences=(
        "取得后 {days} 日历天内开工，按规划条件与出让文件约定的强度、用途和期限实施。",
        "资金来源合法，按约定期限缴清价款，不改变用途，不擅自转让。",
        "落实生态保护、节约集约与安全生产要求，接受主管部门全程监管。",
    ),
)


#: What the technical document of a bid says of the works, in its first sentence.
SITE = "本工程位于滨河路，全长 2.4 公里，包括道路、雨污水管网、照明与绿化。"


def write(
    folder: Path,
    *,
    tenderer: str,
    key: str,
    offer: Offer,
    at: datetime,
    site: str = SITE,
    plan: Plan = WORKS,
) -> dict[int, list[Path]]:
    """The files of a bid by slot: sheet, qualification, technical, price."""
    folder.mkdir(parents=True, exist_ok=True)
    sheet = folder / "sheet.json"
    sheet.write_bytes(
        jcs.dumps(
            {
                "duration_days": offer.duration_days,
                "quality": "合格",
                "manager": offer.manager,
            }
        )
    )
    price = folder / "price.json"
    price.write_bytes(jcs.dumps({"price": offer.price, "currency": "CNY"}))
    qualification = folder / "资格审查文件.pdf"
    qualification.write_bytes(_qualification(tenderer, key, at))
    technical = folder / "技术文件.pdf"
    technical.write_bytes(_technical(key, offer, site, plan, at))
    return {1: [sheet], 2: [qualification], 3: [technical], 4: [price]}


GUARANTEE_TERMS = (
    "本保函为不可撤销、见索即付的独立保函。保证人自收到受益人经电子签名的索赔声明之日起五个工作日内，"
    "在保函金额内付款。"
)


def guarantee(guarantor: str, tenderer: str, amount: Decimal, until: date, at: datetime) -> bytes:
    """A guarantee as its guarantor prints it, as PDF."""
    return render(
        Record(
            title=Words("投标保函", "Bid guarantee"),
            number=f"TA-{at:%Y%m%d}",
            issuer=guarantor,
            blocks=(
                Pairs(
                    rows=(
                        Pair(Words("保证人", "Guarantor"), guarantor),
                        Pair(Words("被保证人", "Principal"), tenderer),
                        Pair(Words("金额（人民币元）", "Amount in CNY"), f"{amount:,.2f}"),
                        Pair(Words("有效期至", "Valid through"), until.isoformat()),
                    )
                ),
                Heading(Words("保函条款", "Terms")),
                Paragraph(GUARANTEE_TERMS),
            ),
        ),
        created=at,
        document_id=uuid5(NAMESPACE_URL, f"{guarantor}{tenderer}{at.isoformat()}"),
    ).data


def opinion(about: str, at: datetime) -> bytes:
    """What experts say of a purchase that has only one supplier, as PDF."""
    record = Record(
        title=Words("专家论证意见", "Experts' opinion"),
        number="ZJ-1",
        issuer="论证专家组",
        blocks=(
            Paragraph(Words(f"{about}:经论证，该项目只能从唯一供应商处采购。",
                            "There is only one supplier.")),
        ),
    )
    return render(record, created=at, document_id=uuid5(NAMESPACE_URL, f"{about} zj")).data


def _qualification(tenderer: str, key: str, at: datetime) -> bytes:
    record = Record(
        title=Words("资格审查文件", "Qualification"),
        number=f"ZG-{key[-1]}",
        issuer=tenderer,
        blocks=(
            Heading(Words("企业资质", "Licences")),
            Pairs(
                rows=(
                    Pair(Words("投标人", "Tenderer"), tenderer),
                    Pair(Words("资质等级", "Grade"), "市政公用工程施工总承包壹级"),
                    Pair(
                        Words("安全生产许可证", "Safety licence"), f"东安许证字〔2024〕00{key[-1]}"
                    ),
                )
            ),
        ),
    )
    return render(record, created=at, document_id=uuid5(NAMESPACE_URL, f"{key} zg")).data


def _technical(key: str, offer: Offer, site: str, plan: Plan, at: datetime) -> bytes:
    """A blind document: it says what will be done, never who says so."""
    paragraphs = [site, *(each.format(days=offer.duration_days) for each in plan.sentences)]
    record = Record(
        title=Words("技术文件", "Technical document"),
        number=hashlib.sha256(key.encode()).hexdigest()[:8].upper(),
        blocks=(
            Heading(Words(plan.title, plan.title_en)),
            *(Paragraph(text) for text in paragraphs for _ in range(offer.strength // 20)),
        ),
    )
    return render(record, created=at, document_id=uuid5(NAMESPACE_URL, f"{key} js")).data
