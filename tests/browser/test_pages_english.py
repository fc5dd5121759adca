"""Every page in English: per role, filled and empty, at two widths (see ``crawl``)."""

from tests.browser.crawl import crawl

test_page_has_no_fault, test_page_on_an_empty_platform_has_no_fault = crawl("en")
