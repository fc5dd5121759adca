"""Where a tenderee prepares a tender, publishes it, and stops it."""

from __future__ import annotations

from tests.browser.places.place import Place, others

SUPERVISION = ("supervisor", "inspector")
#: Nobody but its tenderee and who watches over all knows of a draft.
HIDDEN = others(403, "tenderee") | {"tenderer": 404, "archivist": 404}
OWN = others(403, "tenderee")
#: What was published is not prepared any more.
OVER = OWN | {"tenderee": 409}
WATCHED = others(403, "tenderee", *SUPERVISION)


def prepared(*more: str, after: dict[str, int] = OVER) -> tuple[Place, ...]:
    """A page of the preparation, on a draft and after notice and document are out."""
    draft, published = "-".join([*more, "draft"]), "-".join([*more, "published"])
    return (
        Place(lambda stage: (stage.draft, 1, *more), statuses=HIDDEN, label=draft),
        Place(lambda stage: (stage.project, 1, *more), statuses=after, label=published),
    )


PLACES = {
    "plan": (Place(statuses=OWN),),
    "prepare": prepared(after=OWN),
    "prepare-plan": (
        Place(
            lambda stage: (stage.draft, 1),
            statuses={**HIDDEN, "supervisor": 200, "inspector": 200},
            label="draft",
        ),
        Place(
            lambda stage: (stage.project, 1),
            statuses=others(403, "tenderee", *SUPERVISION),
            label="published",
        ),
    ),
    "prepare-lot": prepared(),
    "prepare-notice": prepared(),
    "prepare-dates": prepared(),
    "prepare-evaluation": prepared(),
    "prepare-security": prepared(),
    # With the next edition of the document.
    "prepare-files": prepared(after=OWN),
    "prepare-bill": prepared(after=OWN),
    "assign": (
        Place(lambda stage: (stage.project, 1), statuses=others(403, "tenderee", "operator")),
    ),
    "publish": (*prepared("notice", after=OWN), *prepared("documents", after=OWN)),
    "fetches": (Place(lambda stage: (stage.project, 1), statuses=WATCHED),),
    "step": (
        Place(
            lambda stage: (stage.project, 1, "trading.award"),
            statuses={**others(404), "public": 403},
            label="not-of-the-file",
        ),
    ),
    "halt": (
        Place(lambda stage: (stage.project, 1, "suspend"), statuses=WATCHED, label="suspend"),
        Place(lambda stage: (stage.project, 1, "terminate"), statuses=OWN, label="terminate"),
    ),
}

NO_PAGES = {
    "prepare-file": "a file",
    "prepare-plan-file": "a file",
    "prepare-bill-file": "a file",
    "bill-template": "a file",
    "publish-draft": "a file",
    "publish-room": "what a page's script seals",
}
