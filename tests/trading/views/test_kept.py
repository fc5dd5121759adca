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


def test_what_the_page_brought_when_it_was_typed_gives_way_and_what_is_newer_stays(page):
    asked = {
        "fields": [text("title", "旧名", "旧名"), text("scope", "别人的", "别人的")],
        "kept": [["title", "新名"], ["scope", "我的"]],
        "was": [["title", "旧名"], ["scope", "原来的"]],
    }
    assert page.call("restore", asked) == [["title", "新名", None], ["scope", "别人的", None]]


def test_choice_that_the_page_brought_then_gives_way(page):
    asked = {
        "fields": [radio("affects", "no", checked=True, default=True), radio("affects", "yes")],
        "kept": [["affects", "yes"]],
        "was": [["affects", "no"]],
    }
    assert page.call("restore", asked)[1] == ["affects", "yes", True]


def select(name: str, value: str, default: str):
    options = [
        {"value": each, "defaultSelected": each == default} for each in ("", "trustee", "notary")
    ]
    return {"type": "select-one", "name": name, "value": value, "options": options}


def test_select_comes_back(page):
    asked = {"fields": [select("role", "", "")], "kept": [["role", "notary"]]}
    assert page.call("restore", asked) == [["role", "notary", None]]
    newer = {"fields": [select("role", "trustee", "")], "kept": [["role", "notary"]]}
    assert page.call("restore", newer) == [["role", "trustee", None]]


def test_what_the_page_brought_is_its_own_choice_and_text(page):
    fields = [
        text("title", "新名", "旧名"), radio("affects", "no", checked=True),
        radio("affects", "yes", default=True), select("role", "notary", "trustee"),
    ]
    assert page.call("brought", fields) == [
        ["title", "旧名"], ["affects", "yes"], ["role", "trustee"]
    ]


def test_lines_that_the_table_lacks_are_named(page):
    kept = [["lot-0-title", "一"], ["lot-1-title", "二"]]
    asked = {"fields": [text("lot-0-title", "")], "kept": kept}
    assert page.call("homeless", asked) == ["lot-1-title"]


def test_field_that_is_gone_is_nobody_s_trouble(page):
    asked = {"fields": [text("note", "")], "kept": [["reasons", "因为"], ["affects", "yes"]]}
    assert page.call("restore", asked) == [["note", "", None]]
