"""What papers and pages of a procedure call things: its parties, its papers, its contract.

Each file says so itself, in both languages, under ``[texts.<language>.words]``: a grantor of land
is no 招标人, and its contract no 施工合同. A file that is based on another says only what it calls
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trading.domain import procedure
from trading.domain.procedure import LANGUAGES, Procedure
from trading.models import Lot

SECTION: Final = "words"
#: What every procedure calls by a name of its own.
ALWAYS: Final = frozenset(
    {
        "tenderee", "agency", "tenderer", "winner", "lot", "notice", "documents", "estimate",
        "scope", "place", "requirements", "award-price", "contract", "contract-first",
        "contract-second", "contract-basis", "contract-price", "contract-terms",
        "contract-subject", "contract-parts", "contract-effect",
    }
)  # fmt: skip
#: What a bid's opening sheet says, by the names of its terms.
TERMS: Final = frozenset({"duration_days", "quality", "manager", "bond"})
#: What only a procedure with sealed bids has.
SEALED: Final = TERMS | {
    "committee", "bid", "bid-price", "report", "candidate", "candidates", "award-notice",
    "award-content",
}  # fmt: skip
#: The act that a procedure with sealed bids has.
_BIDS: Final = "bidding.register-statement"


def wanted(rules: Procedure) -> frozenset[str]:
    """The words that this procedure must say."""
    acts = {each.act for each in rules.commands.values()}
    return ALWAYS | SEALED if _BIDS in acts else ALWAYS


def faults(rules: Procedure) -> Iterator[tuple[str, str]]:
    """``(table, reason)`` for each word that is missing in a language, or that nobody asks for.

    A frozen edition is not asked: one that is older than the words stays valid.
    """
    for language in LANGUAGES:
        table = f"texts.{language}.{SECTION}"
        said = rules.texts.get(language, {}).get(SECTION, {})
        for name in sorted(wanted(rules)):
            if not str(said.get(name, "")).strip():
                yield table, f"the word {name} has no text in {language}"
        for name in sorted(said.keys() - ALWAYS - SEALED):
            yield table, f"{name} is no word that papers use"


def of(lot: Lot) -> Procedure:
    """The edition that says the lot's words: its own, or where that is older than the words, the
    one in force."""
    rules = procedure.of(lot)
    old = any(SECTION not in rules.texts.get(each, {}) for each in LANGUAGES)
    return procedure.load(rules.name) if old and rules.name in procedure.files() else rules


def word(lot: Lot, name: str, language: str | None = None) -> str:
    """``word(lot, "winner")``: what the lot's procedure calls it, in the reader's language."""
    return of(lot).title(SECTION, name, language)


def has(lot: Lot, name: str) -> bool:
    """Whether the lot's procedure has a word of this name."""
    return name in of(lot).texts[LANGUAGES[0]].get(SECTION, {})


def article(lot: Lot) -> str:
    """The article by which the contract binds: that of its signing."""
    signing = procedure.of(lot).commands.get("trading.sign-contract")
    return signing.article if signing is not None else ""
