"""Whether a text names the tenderer: its name, short names, credit code, people.

The twin of ``bidding/static/bidding/js/check/identity.js``; the page gets its terms from
``own_terms`` here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_HAN = re.compile("[\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_BRACKETS = re.compile(r"[(（\[【][^)）\]】]*[)）\]】]")
#: Forms of companies, the longest first; what is left of a name is how people call it.
_FORMS = re.compile(
    r"(集团)?(股份有限公司|有限责任公司|有限公司|股份公司|总公司|分公司|公司)$"
    r"|[,\s]+(co\.?,?\s*ltd|company limited|limited|ltd|inc|corp|corporation|gmbh|llc|plc)\.?$",
    re.IGNORECASE,
)
_REGION = re.compile(r"^.{2,8}?(?:特别行政区|自治区|自治州|省|(?<!城)市(?!政)|县)(?=.{3})")
_SHORTEST_HAN, _SHORTEST_LATIN, _SHORTEST_PERSON = 3, 4, 2


def own_terms(name: str, code: str, people: Iterable[str] = ()) -> list[str]:
    """What would tell who bids: the name and its short forms, the credit code, people's names."""
    plain = _BRACKETS.sub("", name).strip()
    short = _FORMS.sub("", plain).strip(" ,")
    found = [name, plain, short, _REGION.sub("", short), _REGION.sub("", _REGION.sub("", short))]
    kept = [each for each in found if _is_telling(each)]
    kept += [each.strip() for each in people if len(squeezed(each)) >= _SHORTEST_PERSON]
    return list(dict.fromkeys([*kept, *([code] if code else [])]))


def _is_telling(term: str) -> bool:
    least = _SHORTEST_HAN if _HAN.search(term) else _SHORTEST_LATIN
    return len(squeezed(term)) >= least


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def squeezed(text: str) -> str:
    """Letters and figures alone, whatever their width, case and spacing."""
    return "".join(c for c in _plain(text) if unicodedata.category(c)[0] in "LNM")


def _spaced(text: str) -> str:
    apart = (c if unicodedata.category(c)[0] in "LNM" else " " for c in _plain(text))
    return f" {' '.join(''.join(apart).split())} "


def terms_in(text: str, terms: Sequence[str]) -> list[str]:
    """The terms that a text holds; words in Latin letters count as whole words only."""
    tight, loose = squeezed(text), _spaced(text)
    found = []
    for term in terms:
        wanted = squeezed(term)
        anywhere = _HAN.search(term) or re.search(r"[0-9]{4}", wanted)
        if wanted and (wanted in tight if anywhere else _spaced(term) in loose):
            found.append(term)
    return found


def tells_amount(text: str, value: str, capitals: str) -> bool:
    """Whether a text tells ``value`` ("14250600.50"), in figures or in Chinese capitals."""
    if squeezed(capitals).removesuffix("整") in squeezed(text):
        return True
    whole, places = value.split(".")
    figures = re.sub(r"([0-9])[,，](?=[0-9]{3})", r"\1", unicodedata.normalize("NFKC", text))
    cents = r"(?:\.0{1,2})?" if places == "00" else r"\." + re.sub("0$", "0?", places)
    return re.search(rf"(?<![0-9.]){whole}{cents}(?!\.?[0-9])", figures) is not None
