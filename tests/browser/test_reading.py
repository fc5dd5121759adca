"""A sealed document in the viewer: turned, enlarged, searched by keyboard, without a fault."""

from __future__ import annotations

from django.urls import reverse


def test_document_is_read_by_keyboard(sites, visit):
    visitor = visit(sites.filled, "public", "en")
    page = visitor.page
    assert visitor.go(reverse("document-read", args=[sites.filled.stage.paper])) == 200
    page.wait_for_selector(".textLayer span")
    width = page.locator(".leaf").first.bounding_box()["width"]
    page.focus("[data-part=paper]")
    page.keyboard.press("-")
    page.wait_for_function(
        "(before) => document.querySelector('.leaf').getBoundingClientRect().width < before",
        arg=width,
    )
    page.keyboard.press("0")
    page.keyboard.press("Control+f")
    page.keyboard.type("招标公告")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-part=said] [data-gap=at]")
    assert page.inner_text("[data-part=said]").startswith("1 of ")
    assert page.evaluate("CSS.highlights.get('found-now').size") >= 1
    page.fill("[data-part=words]", "没有这样的字")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('[data-part=said]').textContent.includes('does')")
    assert visitor.faults() == []
