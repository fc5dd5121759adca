"""Papers in the words of their category: what each says, and that none of them speaks of works."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from uuid import NAMESPACE_URL, uuid5

import pypdfium2
import pytest

from signatures.paper.engine import render
from tests.factories import evaluated as cases
from tests.factories.evaluated import TERMS, exhibit
from tests.factories.floor import START, beijing
from trading import checks
from trading.domain import candidates, paper_words, procedure
from trading.domain.contracts import Terms
from trading.domain.procedure import LANGUAGES
from trading.interfaces import citations
from trading.interfaces.records import award_notice, contract, notice
from trading.interfaces.records import candidates as candidates_notice
from trading.models import Award

pytestmark = pytest.mark.django_db

AT = beijing(2026, 4, 9, 9, 0)
FLOORS = tuple(
    each for each in procedure.names() if "bidding.confirm-sale" in procedure.load(each).commands
)
WORKS = re.compile(
    r"施工|发包人|承包人|工程内容|工期|Works contract|Employer|Contractor|TBL|TBR|Time, quality"
)
SEALED = tuple(each for each in procedure.names() if each not in FLOORS)
OTHERS = tuple(each for each in procedure.names() if not each.startswith("construction"))
#: Of each procedure words that its contract must say: title, parties, price, article.
SAYS = MappingProxyType({
    "construction": ("施工合同", "Works contract", "发包人", "承包人", "签约合同价", "TBL 46"),
    "procurement": ("政府采购合同", "采购人", "供应商", "合同金额", "GPL 43, 46, 50, M87 71"),
    "procurement-negotiation": ("政府采购合同", "谈判文件", "成交通知书", "M74 19", "评审报告"),
    "procurement-inquiry": ("政府采购合同", "询价通知书", "成交通知书", "M74 19"),
    "procurement-consultation": ("政府采购合同", "磋商文件", "成交通知书", "C214 30"),
    "procurement-single-source": ("政府采购合同", "采购文件", "协商情况记录", "M74 19"),
    "land-listing": ("国有建设用地使用权出让合同", "出让人", "受让人", "成交确认书", "L39 20, 23"),
    "land-auction": ("国有建设用地使用权出让合同", "出让人", "受让人", "成交确认书", "L39 20, 23"),
    "land-tender": ("国有建设用地使用权出让合同", "受让人", "中标通知书", "L39 20, 23"),
    "mineral-listing": ("矿业权出让合同", "矿业权出让收益", "探矿权或者采矿权", "MR 31"),
    "mineral-auction": ("矿业权出让合同", "矿业权出让收益", "成交确认书", "MR 31"),
    "mineral-tender": ("矿业权出让合同", "矿业权出让收益", "中标通知书", "MR 31"),
    "property-equity": ("产权交易合同", "转让方", "受让方", "交易价款", "SA32 23"),
    "property-assets": ("资产转让合同", "转让方", "受让方", "转让的资产", "SA32 23"),
    "property-tender": ("产权交易合同", "转让方", "受让方确定通知书", "SA32 23"),
})  # fmt: skip


def awarded(name: str):
    """A lot of the procedure and its award: by a report, or by a sale on the floor."""
    case = cases.evaluated(name=name)
    lot, sold = case.lot, name in FLOORS
    lot.title = "第一号"
    lot.project.title = "滨河路"
    report = exhibit(lot, "sale-confirmation", AT) if sold else case.report
    award = Award(
        lot=lot, winner=case.winner, rank=1, price=Decimal("4800000.00"),
        terms={} if sold else TERMS, report=report, decided_at=AT,
    )
    return lot, award


def text(record) -> str:
    """What the printed record says, without the breaks of its lines."""
    data = render(record, created=AT, document_id=uuid5(NAMESPACE_URL, str(record.number))).data
    pages = pypdfium2.PdfDocument(data)
    return re.sub(r"\s+", "", "".join(page.get_textpage().get_text_range() for page in pages))


def contract_of(name: str):
    lot, award = awarded(name)
    given = Terms(price=award.price, terms=award.terms)
    return contract.contract_record(lot, award=award, given=given)


def own_words(name: str) -> str:
    """The contract's text without the name of the statute that it cites: those speak of tenders."""
    lot, _award = awarded(name)
    law = citations.printed(paper_words.article(lot))
    assert law.zh != law.en
    printed = text(contract_of(name))
    assert squeezed(law.zh) in printed
    return printed.replace(squeezed(law.zh), "")


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


# --- the contract -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAYS)
def test_contract_says_the_words_of_its_procedure(name):
    printed = text(contract_of(name))
    for said in SAYS[name]:
        assert squeezed(said) in printed


@pytest.mark.parametrize("name", [each for each in SAYS if each != "construction"])
def test_no_other_contract_speaks_of_works(name):
    printed = text(contract_of(name))
    assert not re.findall(WORKS.pattern.replace(" ", ""), printed)


@pytest.mark.parametrize("name", sorted(set(SAYS) & set(FLOORS)))
def test_contract_after_a_sale_names_no_tender(name):
    assert not re.findall("中标|投标|招标|Tender|Award", own_words(name))


@pytest.mark.parametrize("name", [each for each in SAYS if each.startswith("procurement-")])
def test_contract_without_a_tender_speaks_of_none(name):
    assert not re.findall("中标|投标|招标|M8771", own_words(name))


def test_variants_of_works_have_the_works_contract():
    for name in ("construction-invited", "construction-prequalified", "construction-separated"):
        printed = text(contract_of(name))
        assert all(squeezed(said) in printed for said in SAYS["construction"])


# --- the files ----------------------------------------------------------------------------------


def refused(tmp_path, old: str, new: str) -> list[str]:
    """What the start says of the file for works with this change."""
    source = (procedure.FOLDER / "construction.toml").read_text(encoding="utf-8")
    assert old in source
    path = tmp_path / "construction.toml"
    path.write_text(source.replace(old, new, 1), encoding="utf-8")
    messages = checks.check_file(path)
    assert {each.id for each in messages} <= {"trading.E002"}
    return [each.msg for each in messages]


@pytest.mark.parametrize("language", LANGUAGES)
def test_start_refuses_a_file_for_each_word_without_a_text(tmp_path, language):
    names = sorted(paper_words.ALWAYS | paper_words.SEALED)
    blank = "".join(f'{each} = " "\n' for each in names)
    table = f"[texts.{language}.words]\n"
    said = refused(tmp_path, table, f"{table}{blank}\n[texts.{language}.unused]\n")
    assert [re.sub(r"^construction\.toml:\d+: ", "", each) for each in said] == [
        f"the word {each} has no text in {language}" for each in names
    ]


def test_start_refuses_a_word_that_no_paper_uses(tmp_path):
    (message,) = refused(tmp_path, 'winner = "中标人"', 'winner = "中标人"\nloser = "未中标人"')
    assert message.endswith("loser is no word that papers use")


def test_start_refuses_a_file_without_words_and_names_each(tmp_path):
    said = refused(tmp_path, "[texts.en.words]", "[texts.en.wordings]")
    assert len(said) == len(paper_words.ALWAYS | paper_words.SEALED)


def test_lot_that_is_older_than_the_words_is_called_as_the_edition_in_force_calls_it():
    lot, _award = awarded("land-tender")
    data = deepcopy(dict(lot.procedure["data"]))
    for language in LANGUAGES:
        del data["texts"][language]["words"]
    lot.procedure = {"name": "land-tender", "data": data, "digest": procedure.digest_of(data)}
    assert procedure.of(lot).data == data
    assert paper_words.word(lot, "contract-first", "zh-hans") == "出让人"


def test_words_of_a_lot_are_those_that_it_was_published_with():
    lot, _award = awarded("land-tender")
    data = deepcopy(dict(lot.procedure["data"]))
    data["texts"]["en"]["words"]["winner"] = "Victor"
    lot.procedure = {"name": "land-tender", "data": data, "digest": procedure.digest_of(data)}
    assert paper_words.word(lot, "winner", "en") == "Victor"


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("word", ["contract", "contract-first", "contract-second", "scope", "lot"])
def test_no_other_category_inherits_a_word_of_works(name, word):
    base, rules = procedure.load("construction"), procedure.load(name)
    for language in LANGUAGES:
        said, works = (each.title("words", word, language) for each in (rules, base))
        assert said != works or (word, language, works) == ("lot", "en", "Lot")


# --- other papers -------------------------------------------------------------------------------

@pytest.mark.parametrize("name", OTHERS)
def test_notice_of_another_category_asks_nobody_to_build(name):
    lot, _award = awarded(name)
    details = {"scope": "甲", "place": "乙", "requirements": "丙", "contact": "丁"}
    chosen = procedure.load(name).chosen
    dates = {each: START + timedelta(days=40 * n) for n, each in enumerate(chosen, 1)}
    printed = text(notice.notice_record(lot, dates=dates, at=START, details=details))
    assert not re.findall("建设地点|Scopeoftheworks|招标范围|施工", printed)
    assert paper_words.word(lot, "scope", "zh-hans") in printed
    assert paper_words.word(lot, "notice", "zh-hans") in printed
    assert ("自己的设备上加密" in printed) == (name not in FLOORS)


@pytest.mark.parametrize("name", [each for each in SEALED if each in OTHERS])
def test_award_notice_of_another_category_names_no_works(name):
    lot, _award = awarded(name)
    chosen = candidates.first(lot)[0]
    printed = text(award_notice.award_record(lot, chosen=chosen))
    assert not re.findall("标段|工期|招标人|TBL|TBR", printed)
    for each in ("award-notice", "winner", "tenderee", "award-content"):
        assert paper_words.word(lot, each, "zh-hans") in printed


def test_candidates_of_mineral_rights_are_shown_by_their_own_article():
    lot, _award = awarded("mineral-tender")
    printed = text(candidates_notice.candidates_record(lot, at=AT))
    assert "MR29" in printed
    assert not re.findall("TBR|招标人|标段", printed)
