"""Lay pictures of pages out on one sheet: ``python scripts/contact_sheet.py FOLDER SHEET [START]``.

FOLDER holds full-page screenshots as PNG, as the crawl of all pages keeps them in the folder that
``SUNLIT_PICTURES`` names; those whose names begin with START become small tiles, in the order of
their names. Pages that many roles read alike are laid out once. SHEET ends in ``.webp`` or ``.png``
and is an overview to look over, small enough to keep in the repository.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

#: Pages narrower than this are taken for a phone's.
NARROW = 600
GAP, NAME, ACROSS = 12, 16, 2800
#: Pixels of a page's head, which names whoever has signed in and the time: on a phone, elsewhere.
HEADS = (240, 130)
#: Pixels of a tile: of a phone's pages, of others.
TILES = ((132, 280), (220, 300))


def unlike(files: list[Path]) -> list[Path]:
    """The first picture of each look; the head is left out, and so is what a few pixels differ."""
    seen, found = set(), []
    for file in files:
        with Image.open(file) as picture:
            head = HEADS[picture.width >= NARROW]
            below = picture.convert("L").crop((0, head, *picture.size))
        look = (picture.width, below.resize((40, 40)).quantize(6).tobytes())
        if look not in seen:
            seen.add(look)
            found.append(file)
    return found


def sheet(files: list[Path], *, start: str = "") -> Image.Image:
    """All pictures as tiles, named without ``start``; long pages are cut at the tile's end."""
    with Image.open(files[0]) as first:
        size = TILES[first.width >= NARROW]
    step = (size[0] + GAP, size[1] + NAME + GAP)
    columns = ACROSS // step[0]
    rows = -(-len(files) // columns)
    whole = Image.new("RGB", (columns * step[0] + GAP, rows * step[1] + GAP), "#d4dbe1")
    pen = ImageDraw.Draw(whole)
    for number, file in enumerate(files):
        left = GAP + number % columns * step[0]
        top = GAP + number // columns * step[1]
        with Image.open(file) as picture:
            shown = picture.convert("RGB")
        height = round(shown.height * size[0] / shown.width)
        tile = Image.new("RGB", size, "white")
        tile.paste(shown.resize((size[0], height), Image.Resampling.LANCZOS), (0, 0))
        whole.paste(tile, (left, top + NAME))
        pen.text((left, top), file.stem.removeprefix(start)[: size[0] // 6], fill="#16222d")
    return whole


def main() -> int:
    if len(sys.argv) not in (3, 4):
        sys.stderr.write("Usage: contact_sheet.py FOLDER SHEET.webp [START]\n")
        return 2
    start = sys.argv[3] if len(sys.argv) == 4 else ""
    files = unlike(sorted(Path(sys.argv[1]).glob(f"{start}*.png")))
    if not files:
        sys.stderr.write(f"There is no picture in {sys.argv[1]} that begins with “{start}”.\n")
        return 1
    whole = sheet(files, start=start)
    if sys.argv[2].endswith(".png"):
        whole = whole.quantize(64, dither=Image.Dither.NONE)
    whole.save(sys.argv[2], optimize=True, quality=25, method=6)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
