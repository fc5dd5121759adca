"""Pages of sealed bids and live rooms."""

from __future__ import annotations

from tests.browser.places.place import Place, others

PLACES = {
    "bid": (
        Place(lambda stage: (stage.project, 1), statuses=others(403, "tenderer")),
        Place(
            lambda stage: (stage.prequalified, 1), statuses=others(403, "tenderer"),
            label="application",
        ),
    ),
    # Filled by the stage; empty too, on a platform of its own.
    "availability": (Place(empty=True),),
    "sealing": (Place(lambda stage: (stage.project, 1)),),
    # Who sits on a committee works in a room of its own stage: see test_evaluation.
    "evaluation": (
        Place(lambda stage: (stage.project, 1), label="nobody-yet"),
        Place(lambda stage: (stage.candidates, 1), label="over"),
    ),
    # Filled it has a stage of its own: see test_committee.
    "committee-draw": (
        Place(lambda stage: (stage.project, 1), statuses=others(403, "tenderee"), label="not-yet"),
    ),
    "evaluation-time": (
        Place(
            lambda stage: (stage.project, 1), statuses=others(403, "tenderee"), label="not-asked"
        ),
    ),
    "evaluation-declaration": (
        Place(lambda stage: (stage.project, 1), statuses=others(403), label="not-named"),
    ),
    "clarifications": (
        Place(
            lambda stage: (stage.project, 1), statuses=others(403, "tenderer"), label="not-asked"
        ),
    ),
    # Guarantees that were found have a stage of their own: see test_guarantees.
    "guarantees": (
        Place(
            lambda stage: (stage.project, 1),
            statuses=others(403, "tenderee", "supervisor", "inspector"),
            label="none",
        ),
    ),
    # Members sign in tests/browser/test_consortium.py.
    "consortium": (Place(lambda stage: (stage.project, 1), statuses=others(403, "tenderer")),),
    "guarantee-issue": (Place(lambda stage: (stage.project, 1), statuses=others(403)),),
    # Panels and their findings have a stage of their own: see test_prequalification.
    "prequalification": (
        Place(lambda stage: (stage.project, 1), statuses=others(404), label="none"),
        Place(lambda stage: (stage.prequalified, 1), label="applying"),
    ),
    # Bidders and those who decide on them have a stage of their own: see test_floor.
    "floor": (Place(lambda stage: (stage.floor, 1), label="live"),),
    "floor-applications": (Place(lambda stage: (stage.floor, 1)),),
    "opening": (
        Place(lambda stage: (stage.project, 1), label="planned"),
        Place(lambda stage: (stage.hall, 1), label="live"),
    ),
}

NO_PAGES = {
    "own-keys": "JSON",
    "bid-confirm": "takes a button of the bid's own page",
    "evaluation-sheet": "JSON",
    "blind-page": "an image",
    "blind-document": "JSON",
    "opening-statement": "JSON that a page's script signs",
    "upload": "takes parts of an envelope",
}
