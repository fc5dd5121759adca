"""The archive's pages."""

from __future__ import annotations

from tests.browser.places.place import Place, others

PLACES = {
    "packages": (
        Place(empty=True),
        Place(query="?q=zzz", label="none-fits"),
    ),
    "package": (Place(lambda stage: (stage.package,)),),
    "archive": (
        Place(
            lambda stage: (stage.ended, 1),
            statuses=others(403, "supervisor", "inspector", "archivist"),
            label="filed",
        ),
        Place(
            lambda stage: (stage.project, 1),
            statuses=others(403, "supervisor", "inspector"),
            label="under-way",
        ),
    ),
}
