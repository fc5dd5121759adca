"""Every act has a name for people: the ledger's readers are not its programmers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.utils import translation

from signatures.domain.act import registered
from tests.trading.pages import LANGUAGES
from trading.interfaces.act_labels import act_label

ROOT = Path(__file__).resolve().parents[3]
APPS = ("signatures", "trading", "bidding", "archive")


def _entered() -> set[str]:
    """Names by which acts enter the ledger beside their own, as the code writes them."""
    found = set()
    for path in (each for app in APPS for each in (ROOT / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = (
                [(node.arg, node.value)] if isinstance(node, ast.keyword)
                else [(each.id, node.value) for each in node.targets if isinstance(each, ast.Name)]
                if isinstance(node, ast.Assign) else []
            )  # fmt: skip
            found |= {
                value.value
                for name, value in named
                if (name == "act" or str(name).startswith("ACT_") or str(name).endswith("_ACT"))
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and value.value
            }
    return found


NAMES = sorted(
    {name for name in registered() if name.partition(".")[0] in APPS} | _entered()
)


def test_names_are_found_in_the_code():
    assert {"trading.publish-notice", "bidding.freeze", "trading.open-draw"} <= set(NAMES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_act_has_a_name_for_people(name, language):
    with translation.override(language):
        label = act_label(name)
    assert label != name
    assert (language == "zh-hans") == any("\u4e00" <= char for char in label)


def test_unknown_act_goes_by_its_own_name():
    assert act_label("somebody.does-else") == "somebody.does-else"
