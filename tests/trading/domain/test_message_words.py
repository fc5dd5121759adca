"""Messages speak the words of their lot's procedure, and nobody else's."""

from __future__ import annotations

import re

import pytest

from trading.domain import message_texts, paper_words, procedure
from trading.domain.message_texts import FaultyMessages
from trading.domain.procedure import LANGUAGES

RULES = [procedure.load(name) for name in procedure.names()]
#: What some category calls its parties, papers and prices; nobody says another one's.
NAMED = (
    "tenderee", "tenderer", "winner", "documents", "award-price", "committee", "bid",
    "candidate", "award-notice", "agency",
)  # fmt: skip
#: Messages that a procedure sends only where it has this act.
ONLY = {
    "invitation": "trading.invite",
    "prequalification": "trading.publish-prequalification",
    "framework": "trading.close-framework",
    "floor": "bidding.apply-for-floor",
    **dict.fromkeys(("panel", "ballot", "decision"), "trading.name-panel"),
}
#: What a procedure says of something else: its award panel, and the notice of an order.
BESIDE = {
    ("construction-separated", "en"): {"panel"},
    ("procurement-framework", "zh-hans"): {"成交通知书"},
}


class Told(dict):
    """What a message is told, whatever it asks for."""

    def __missing__(self, key: str) -> str:
        return "…"


def acts(rules) -> set[str]:
    return {*rules.commands, *(each.act for each in rules.commands.values())}


def sends(rules, name: str) -> bool:
    """Whether a lot of this procedure ever gets the message."""
    only = ONLY.get(name.partition("-")[0])
    if only is not None and only not in acts(rules):
        return False
    return message_texts.words(name) <= paper_words.wanted(rules)


def own(rules, language: str) -> str:
    """Everything that the procedure calls something."""
    texts = rules.texts[language]
    return " ".join([*texts[paper_words.SECTION].values(), *texts["dates"].values()]).lower()


def foreign(rules, language: str) -> set[str]:
    """What other procedures call the same things, and this one nothing."""
    said = {
        each.texts[language][paper_words.SECTION][name].lower()
        for each in RULES
        for name in NAMED
        if name in each.texts[language][paper_words.SECTION]
    }
    mine = own(rules, language)
    return {word for word in said if word not in mine} - BESIDE.get((rules.name, language), set())


def spoken(rules, name: str) -> dict[str, str]:
    rendered = message_texts.render(name, Told(), rules)
    return {language: " ".join(rendered[language].values()).lower() for language in LANGUAGES}


def intruders(rules, language: str, text: str) -> set[str]:
    edge = "" if language == "zh-hans" else r"\b"
    words = foreign(rules, language)
    return {word for word in words if re.search(f"{edge}{re.escape(word)}{edge}", text)}


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.name)
def test_no_message_says_what_another_category_says(rules):
    sent = [name for name in message_texts.names() if sends(rules, name)]
    found = {
        (name, language): words
        for name in sent
        for language, text in spoken(rules, name).items()
        if (words := intruders(rules, language, text))
    }
    assert found == {}
    assert {"lot-suspended", "documents-published", "contract-signed"} <= set(sent)


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.name)
def test_messages_of_an_award_are_sent_where_there_is_one(rules):
    """A word that a procedure does not say stands only in messages whose act it has not."""
    mute = {
        name for name in message_texts.names()
        if not message_texts.words(name) <= paper_words.wanted(rules)
    }  # fmt: skip
    if not mute:
        return
    assert acts(rules).isdisjoint(
        {"trading.award", "trading.publish-candidates", "bidding.publish-schedule",
         "bidding.ask-clarification", "bidding.extend-evaluation", "bidding.reject-all-bids"}
    )  # fmt: skip
    assert mute.isdisjoint(
        {"documents-published", "documents-amended", "question-asked", "contract-offered",
         "contract-signed", "written-report-filed", "lot-suspended", "plan-submitted"}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("planted", "language"),
    [("招标人已提交", "zh-hans"), ("the tenderee has filed", "en"), ("成交通知书", "zh-hans")],
)
def test_a_word_of_another_category_that_is_planted_is_found(planted, language):
    rules = procedure.load("land-listing")
    assert intruders(rules, language, planted)
    mine = {"zh-hans": "出让人已提交", "en": "the grantor has filed"}
    assert not intruders(rules, language, mine[language])


def test_one_message_says_each_category_its_own():
    def said(name: str) -> dict[str, str]:
        return spoken(procedure.load(name), "award-won")

    assert "成交供应商，成交金额" in said("procurement-inquiry")["zh-hans"]
    assert "中标人，中标价" in said("land-tender")["zh-hans"]
    assert "contract with the grantor by" in said("land-tender")["en"]
    assert "contract with the purchaser by" in said("procurement")["en"]


def test_a_word_that_no_procedure_says_is_refused_at_start(tmp_path):
    path = tmp_path / "bad.toml"
    text = '[a.zh-hans]\nsubject = "{says[king]}"\nbody = "y"\n[a.en]\nsubject = "x"\nbody = "y"\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultyMessages, match="a asks for king; nothing says it"):
        message_texts.register(path)
