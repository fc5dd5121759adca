"""Lay pictures of pages out on one sheet: ``python scripts/contact_sheet.py FOLDER SHEET``.

FOLDER holds full-page screenshots as PNG; each becomes a small tile with its name, in the order
of the names. The sheet is an overview to look over, small enough to keep in the repository.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

TILE = (220, 300)
COLUMNS = 8
GAP, NAME = 12, 16


def sheet(files: list[Path]) -> Image.Image:
    """All pictures as tiles; long pages are cut at the tile's end."""
    rows = -(-len(files) // COLUMNS)
    step = (TILE[0] + GAP, TILE[1] + NAME + GAP)
    whole = Image.new("RGB", (COLUMNS * step[0] + GAP, rows * step[1] + GAP), "#d4dbe1")
    pen = ImageDraw.Draw(whole)
    for number, file in enumerate(files):
        left = GAP + number % COLUMNS * step[0]
        top = GAP + number // COLUMNS * step[1]
        with Image.open(file) as picture:
            shown = picture.convert("RGB")
        height = round(shown.height * TILE[0] / shown.width)
        tile = Image.new("RGB", TILE, "white")
        tile.paste(shown.resize((TILE[0], height), Image.Resampling.LANCZOS), (0, 0))
        whole.paste(tile, (left, top + NAME))
        pen.text((left, top), file.stem[:36], fill="#16222d")
    return whole.quantize(64, dither=Image.Dither.NONE)


def main() -> int:
    if len(sys.argv) != 3:
        sys.stderr.write("Usage: contact_sheet.py FOLDER SHEET.png\n")
        return 2
    files = sorted(Path(sys.argv[1]).glob("*.png"))
    if not files:
        sys.stderr.write(f"There is no picture in {sys.argv[1]}.\n")
        return 1
    sheet(files).save(sys.argv[2], optimize=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
