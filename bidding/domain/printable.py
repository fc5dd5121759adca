"""What is said in a room and stands in its record must be printable there.

A record with a character that no font draws cannot be laid out (``signatures.paper.glyphs``), and
what was said cannot be taken back: so such words are refused when they are spoken. Fonts are files;
this is asked before an act, never in one.
"""

from __future__ import annotations

from dataclasses import fields

from django.utils.translation import gettext as _

from bidding.domain import room_commands
from bidding.domain.room_commands import Call, Prepare
from signatures.domain.act import Act
from signatures.domain.errors import Malformed
from signatures.domain.outside import require_outside_transaction
from signatures.paper import glyphs


def require_printable(*texts: str) -> None:
    """Raise :class:`Malformed` for the first character that no record can show."""
    require_outside_transaction("Looking for a character in fonts")
    for text in texts:
        try:
            glyphs.check(text.replace("\r\n", "\n"))
        except glyphs.MissingGlyph as missing:
            shown = missing.character if missing.character.isprintable() else "–"
            raise Malformed(
                _("“%(character)s” (%(code)s) cannot be printed in the record. Remove or replace"
                  " it.") % {"character": shown, "code": missing.code_point},
                code="missing-glyph",
            ) from None


def read(act: type[Act]) -> Prepare:
    """A command whose fields are read from its frame, its texts printable."""

    def prepare(call: Call) -> Act:
        made = room_commands.read(act, call)
        found = [getattr(made, each.name) for each in fields(made)]
        require_printable(*(each for each in found if isinstance(each, str)))
        return made

    return prepare
