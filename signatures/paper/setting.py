"""Text set to a width: both languages broken into lines, measured and drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from signatures.paper import style as s
from signatures.paper.document import Text, Words
from signatures.paper.layout import Strip
from signatures.paper.lines import Line, break_lines
from signatures.paper.pen import Pen
from signatures.paper.style import Style


@dataclass(frozen=True)
class SetLine:
    """A broken line with the style in which it is set."""

    line: Line
    style: Style


def chinese(text: Text) -> str:
    """The leading words of a text: its Chinese, or the plain string."""
    return text.zh if isinstance(text, Words) else text


def english(text: Text) -> str:
    """The following words of a text; empty for a plain string."""
    return text.en if isinstance(text, Words) else ""


def set_text(
    text: Text, width: float, first: Style, second: Style, where: str
) -> tuple[SetLine, ...]:
    """Break both languages to ``width`` points. Empty text gives no line."""
    lines: list[SetLine] = []
    for words, look in ((chinese(text), first), (english(text), second)):
        if words:
            broken = break_lines(words, width / look.size, bold=look.bold, where=where)
            lines.extend(SetLine(line, look) for line in broken)
    return tuple(lines)


def height_of(lines: Sequence[SetLine]) -> float:
    """The height of lines set one below the other, in points."""
    return sum(line.style.leading for line in lines)


def draw_lines(
    pen: Pen, x: float, y: float, lines: Sequence[SetLine], align: str = "start", width: float = 0
) -> None:
    """Set lines one below the other from the upper edge ``y``."""
    for one in lines:
        free = width - one.line.width * one.style.size
        shift = {"start": 0.0, "end": free, "centre": free / 2}[align]
        pen.line(x + shift, y, one.line, one.style)
        y -= one.style.leading


def flowing(lines: Sequence[SetLine], *, x: float = s.LEFT, gap: float = 0) -> Iterator[Strip]:
    """Lines as strips of their own, with no first or last line left alone on a page."""
    last = len(lines) - 1
    for index, one in enumerate(lines):

        def draw(pen: Pen, y: float, one: SetLine = one) -> None:
            pen.line(x, y, one.line, one.style)

        yield Strip(
            one.style.leading,
            draw,
            gap=gap if index == 0 else 0,
            keep=last > 0 and index in (0, last - 1),
        )


def titled(
    text: Text, first: Style, second: Style, where: str
) -> tuple[float, Callable[[Pen, float], None]]:
    """A title with its English beside it where there is room, else below: height and drawing."""
    space = 9.0
    title = set_text(chinese(text), s.COLUMN, first, first, where)
    other = set_text(english(text), s.COLUMN, second, second, where)
    widths = [one.line.width * one.style.size for one in (*title, *other)]
    if not (len(title) == len(other) == 1 and sum(widths) + space <= s.COLUMN):
        lines = (*title, *other)

        def stacked(pen: Pen, y: float) -> None:
            draw_lines(pen, s.LEFT, y, lines)

        return height_of(lines), stacked

    def draw(pen: Pen, y: float) -> None:
        draw_lines(pen, s.LEFT, y, title)
        # Both have one leading: the smaller is let down to the baseline of the larger.
        drop = (first.size - second.size) * 0.28
        draw_lines(pen, s.LEFT + widths[0] + space, y - drop, other)

    return height_of(title), draw
