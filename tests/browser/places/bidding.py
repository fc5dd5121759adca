"""Pages of sealed bids and live rooms."""

from __future__ import annotations

from tests.browser.places.place import Place, others

PLACES = {
    "bid": (Place(lambda stage: (stage.project, 1), statuses=others(403, "tenderer")),),
    "opening": (
        Place(lambda stage: (stage.project, 1), label="planned"),
        Place(lambda stage: (stage.hall, 1), label="live"),
    ),
}

NO_PAGES = {
    "opening-statement": "JSON that a page's script signs",
    "upload": "takes parts of an envelope",
}
