"""From strips to pages.

A strip is a piece of a record that no page's end may cut: a line, a table's row, a code. A page
is filled from above; strips that keep with the next go to the next page together, and a table's
header is set again above a row that begins a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from signatures.paper.pen import Pen
from signatures.paper.style import BOTTOM, PAGE_HEIGHT, TOP_FIRST, TOP_LATER

Draw = Callable[[Pen, float], None]


@dataclass(frozen=True)
class Strip:
    """``draw(pen, y)`` sets it with its upper edge at ``y``; heights and gaps are in points.

    ``gap`` is the space above, left out at the top of a page; ``keep`` holds it on one page
    with the strip that follows; ``repeat`` is set again before it where it begins a page;
    ``new_page`` begins one.
    """

    height: float
    draw: Draw
    gap: float = 0
    keep: bool = False
    repeat: tuple[Strip, ...] = ()
    new_page: bool = False


@dataclass(frozen=True)
class Placed:
    """A strip and the upper edge at which it is set."""

    strip: Strip
    y: float


class _Filler:
    def __init__(self) -> None:
        self.pages: list[list[Placed]] = [[]]
        self.y = PAGE_HEIGHT - TOP_FIRST

    def turn(self) -> None:
        self.pages.append([])
        self.y = PAGE_HEIGHT - TOP_LATER

    def put(self, strip: Strip) -> None:
        if self.pages[-1]:
            self.y -= strip.gap
        else:
            for head in strip.repeat:
                self.pages[-1].append(Placed(head, self.y))
                self.y -= head.height
        self.pages[-1].append(Placed(strip, self.y))
        self.y -= strip.height

    def fits(self, group: Sequence[Strip]) -> bool:
        height = sum(strip.height + strip.gap for strip in group)
        return self.y - height >= BOTTOM


def paginate(strips: Sequence[Strip]) -> list[list[Placed]]:
    """Distribute strips over pages. A group taller than a page is cut between its strips."""
    filler = _Filler()
    group: list[Strip] = []
    room = PAGE_HEIGHT - TOP_LATER - BOTTOM
    for strip in strips:
        group.append(strip)
        if strip.keep and strip is not strips[-1]:
            continue
        if group[0].new_page and filler.pages[-1]:
            filler.turn()
        whole = sum(one.height + one.gap for one in group) <= room
        if whole and not filler.fits(group) and filler.pages[-1]:
            filler.turn()
        for one in group:
            if not filler.fits([one]) and filler.pages[-1]:
                filler.turn()
            filler.put(one)
        group = []
    return filler.pages
