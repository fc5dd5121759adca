"""What was typed and not sent comes back after a reload, and never over what the page brings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.javascript import Node, requires_node, static

pytestmark = requires_node


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = static(tmp_path_factory.mktemp("static"))
    node = Node(Path(__file__).with_name("kept_runner.mjs"), root)
    yield node
    node.close()


def text(name: str, value: str, default: str = "") -> dict[str, object]:
    return {"type": "textarea", "name": name, "value": value, "defaultValue": default}


def radio(name: str, value: str, *, checked: bool = False, default: bool = False):
    return {
        "type": "radio", "name": name, "value": value, "checked": checked,
        "defaultChecked": default,
    }


def test_what_is_taken_is_texts_and_the_chosen(page):
    chosen = radio("affects", "yes", checked=True)
    fields = [text("reasons", "因为"), radio("affects", "no"), chosen]
    assert page.call("taken", fields) == [["reasons", "因为"], ["affects", "yes"]]


def test_nameless_fields_are_left_out(page):
    assert page.call("taken", [text("", "x"), text("note", "y")]) == [["note", "y"]]


def test_text_comes_back_into_an_untouched_field(page):
    asked = {"fields": [text("reasons", "")], "kept": [["reasons", "因为"]]}
    assert page.call("restore", asked) == [["reasons", "因为", None]]


def test_text_that_is_newer_stays(page):
    asked = {"fields": [text("reasons", "新的", "")], "kept": [["reasons", "旧的"]]}
    assert page.call("restore", asked) == [["reasons", "新的", None]]


def test_choice_comes_back_unless_the_page_made_one(page):
    kept = [["affects", "yes"]]
    free = {"fields": [radio("affects", "no"), radio("affects", "yes")], "kept": kept}
    assert page.call("restore", free)[1] == ["affects", "yes", True]
    made = {
        "fields": [radio("affects", "no", checked=True, default=True), radio("affects", "yes")],
        "kept": kept,
    }
    assert page.call("restore", made)[1] == ["affects", "yes", False]


def test_field_that_is_gone_is_nobody_s_trouble(page):
    asked = {"fields": [text("note", "")], "kept": [["reasons", "因为"], ["affects", "yes"]]}
    assert page.call("restore", asked) == [["note", "", None]]
