"""Why a draw's bundle does not hold, in the reader's language.

The verifier speaks English wherever it runs; pages say the same. What is found inside a field (a
leaf, a checkpoint) stays as it was found.
"""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

_SENTENCES: tuple[tuple[re.Pattern[str], Promise], ...] = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (
            r"The reveal of (?P<party>.+) is not what (?P=party) committed to\.",
            gettext_lazy("The reveal of %(party)s is not what it had committed to."),
        ),
        (
            r"The result is not the one that the record and the reveals give\.",
            gettext_lazy("The result is not the one that the record and the reveals give."),
        ),
        (
            r"(?P<field>\S+) must name exactly the parties (?P<parties>.+)\.",
            gettext_lazy("%(field)s must name exactly the parties %(parties)s."),
        ),
        (
            r"(?P<field>\S+) must be 64 characters of lower-case hex\.",
            gettext_lazy("%(field)s must be 64 characters of lower-case hex."),
        ),
        (r"leaves must be a list of objects\.", gettext_lazy("leaves must be a list of objects.")),
        (
            r"leaves must be one for each phase, in order: (?P<phases>.+)\.",
            gettext_lazy("leaves must be one for each phase, in order: %(phases)s."),
        ),
        (
            r"The leaf of the phase (?P<phase>\S+) stands before the one of (?P<earlier>\S+)\.",
            gettext_lazy("The leaf of the phase %(phase)s stands before the one of %(earlier)s."),
        ),
        (
            r"The leaf of the phase (?P<phase>\S+) is earlier than the one of (?P<earlier>\S+)\.",
            gettext_lazy("The leaf of the phase %(phase)s is earlier than the one of %(earlier)s."),
        ),
        (
            r"The leaf of the phase (?P<phase>\S+) is not shown to be in the ledger\.",
            gettext_lazy("The leaf of the phase %(phase)s is not shown to be in the ledger."),
        ),
        (
            r"The leaf of the phase (?P<phase>\S+): (?P<found>.+)",
            gettext_lazy("The leaf of the phase %(phase)s does not fit: %(found)s"),
        ),
        (
            r"The checkpoint: (?P<found>.+)",
            gettext_lazy("The checkpoint does not hold: %(found)s"),
        ),
        (
            r"There are inclusion proofs, but no checkpoint that they lead to\.",
            gettext_lazy("There are inclusion proofs, but no checkpoint that they lead to."),
        ),
        (
            r"The draw follows from its record; whether the ledger holds it needs its key\.",
            gettext_lazy(
                "The draw follows from its record; whether the ledger holds it needs its key."
            ),
        ),
    )
)


def said(reason: str) -> str:
    """The reason in the reader's language; one that is none of the verifier's stays as it is."""
    for pattern, sentence in _SENTENCES:
        found = pattern.fullmatch(reason)
        if found is not None:
            return str(sentence) % found.groupdict()
    return reason
