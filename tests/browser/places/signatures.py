"""Pages of the ledger."""

from __future__ import annotations

from tests.browser.places.place import Place, others

PLACES = {
    "ledger": (
        Place(empty=True),
        Place(query="?before=20", label="older"),
        Place(query="?entry=nine", statuses=others(404), label="no-such-entry"),
    ),
    "ledger-entry": (
        Place(lambda stage: (stage.plain_entry,), label="plain"),
        Place(lambda stage: (stage.hidden_entry,), label="hidden"),
    ),
}

NO_PAGES = {
    "ledger-checkpoint": "text for machines",
    "ledger-key": "text for machines",
    "ledger-tile": "bytes for machines",
    "ledger-proof": "JSON",
    "ledger-cosignature": "takes what witnesses send",
    "moved-clock": "JSON",
}
