"""What the headless run plays: every procedure, in five categories, to each end there is."""

from __future__ import annotations

import pytest

from demo import variants
from demo.variants import ALL
from trading.domain import procedure


@pytest.mark.parametrize("name", procedure.names())
def test_every_procedure_is_played_to_its_contract(name):
    assert [one for one in ALL.values() if one.procedure == name and not one.end]


def test_fourteen_procedures_in_five_categories():
    assert len(procedure.names()) >= 14
    categories = {one.category for one in ALL.values() if not one.end}
    assert categories == {"construction", "procurement", "land", "mineral", "property"}


def test_each_end_without_a_contract_is_played():
    assert {one.end for one in ALL.values()} >= {
        "", variants.TOO_FEW, variants.TERMINATED, variants.REJECTED
    }


def test_what_failed_is_tendered_again_by_the_same_and_by_another_procedure():
    again = [(one, ALL[one.repeats]) for one in ALL.values() if one.repeats]
    assert {one.procedure == before.procedure for one, before in again} == {True, False}


@pytest.mark.parametrize("name", ALL)
def test_variant_names_a_procedure_of_its_category(name):
    variant = ALL[name]
    assert procedure.load(variant.procedure).category == variant.category
    figure = procedure.load(variant.procedure).figures.get("bidders")
    if figure is not None and not variant.end:
        assert figure.holds(len(variant.tender.offers))
