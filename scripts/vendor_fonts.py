"""Rebuild ``signatures/paper/fonts`` from the packages that publish the fonts.

    python scripts/vendor_fonts.py            # fetch, cut, write fonts, licences and manifest
    python scripts/vendor_fonts.py --check    # no network: do the files match the manifest?

Four files come out, in the order in which paper looks for a character:

* ``NotoSansSC-Regular.ttf``: as published;
* ``NotoSansSC-Bold.ttf``: cut to GB 2312 and everything that is not an ideograph; paper thickens
  the regular weight for the rest;
* ``HanaMinA.ttf``: cut to the ideographs that none of the others has;
* ``HanaMinB.ttf.xz``: Extensions B to F, compressed because it is large and seldom opened.

Both Hanazono fonts are scaled from 1024 to 1000 units an em: ReportLab 5.1 repeats the last
width of a short hmtx table after scaling it, so the widths of a subset would disagree.

Needs npm, apt-get and dpkg-deb, whose own settings say where packages come from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

FOLDER = Path(__file__).resolve().parent.parent / "signatures" / "paper" / "fonts"
NOTO = "@expo-google-fonts/noto-sans-sc"
NOTO_VERSION = "0.4.3"
HANAZONO = "fonts-hanazono"
HANAZONO_VERSION = "20170904-2.1"

IDEOGRAPHS = (
    (0x2E80, 0x2FDF),  # radicals
    (0x3400, 0x4DBF),  # Extension A
    (0x4E00, 0x9FFF),  # the basic block
    (0xF900, 0xFAFF),  # compatibility ideographs
    (0x20000, 0x3FFFF),  # everything on the ideographic planes
)


LAYOUT_TABLES = [
    "vhea", "vmtx", "VORG", "BASE", "STAT", "DSIG", "GSUB", "GPOS", "GDEF", "FFTM",
]  # fmt: skip


def is_ideograph(code: int) -> bool:
    """Whether a code point lies in a block of Han characters or radicals."""
    return any(first <= code <= last for first, last in IDEOGRAPHS)


def in_gb2312(code: int) -> bool:
    """Whether a code point is one of the 6,763 ideographs of GB/T 2312-1980."""
    try:
        chr(code).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def codes_of(data: bytes) -> set[int]:
    """The code points that a font maps."""
    return set(TTFont(BytesIO(data), lazy=True).getBestCmap())


def cut(data: bytes, codes: Iterable[int]) -> bytes:
    """The font with these characters only, without layout tables that ReportLab never reads."""
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.recalc_timestamp = False
    options.drop_tables += LAYOUT_TABLES
    font = subset.load_font(BytesIO(data), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    out = BytesIO()
    subset.save_font(font, out, options)
    return out.getvalue()


def scale(data: bytes) -> bytes:
    """The font on an em of 1,000 units, without layout tables."""
    font = TTFont(BytesIO(data), recalcTimestamp=False)
    for tag in LAYOUT_TABLES:
        if tag in font:
            del font[tag]
    scale_upem(font, 1000)
    out = BytesIO()
    font.save(out)
    return out.getvalue()


def fetch(folder: Path) -> dict[str, bytes]:
    """Download both packages into ``folder`` and return the files that are used, by short name."""
    subprocess.run(
        ["npm", "pack", "--silent", f"{NOTO}@{NOTO_VERSION}"],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    subprocess.run(
        ["apt-get", "download", f"{HANAZONO}={HANAZONO_VERSION}"],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    found: dict[str, bytes] = {}
    with tarfile.open(next(folder.glob("*noto-sans-sc*.tgz"))) as package:
        for name, path in (
            ("regular", "package/400Regular/NotoSansSC_400Regular.ttf"),
            ("bold", "package/700Bold/NotoSansSC_700Bold.ttf"),
            ("noto-licence", "package/LICENSE_FONT"),
        ):
            member = package.extractfile(path)
            assert member is not None, path
            found[name] = member.read()
    subprocess.run(
        ["dpkg-deb", "-x", str(next(folder.glob("fonts-hanazono*.deb"))), str(folder / "deb")],
        check=True,
    )
    fonts = folder / "deb/usr/share/fonts/truetype/hanazono"
    found["hana-a"] = (fonts / "HanaMinA.ttf").read_bytes()
    found["hana-b"] = (fonts / "HanaMinB.ttf").read_bytes()
    copyright_file = folder / "deb/usr/share/doc/fonts-hanazono/copyright"
    found["hana-licence"] = copyright_file.read_bytes()
    return found


def build(source: dict[str, bytes]) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """The files of the folder, and the manifest's entries for the fonts among them."""
    regular = codes_of(source["regular"])
    common = {code for code in regular if not is_ideograph(code) or in_gb2312(code)}
    had = regular | codes_of(source["hana-b"])
    left = {code for code in codes_of(source["hana-a"]) - had if is_ideograph(code)}
    files = {
        "NotoSansSC-Regular.ttf": source["regular"],
        "NotoSansSC-Bold.ttf": cut(source["bold"], common),
        "HanaMinB.ttf.xz": lzma.compress(scale(source["hana-b"]), preset=9 | lzma.PRESET_EXTREME),
        "HanaMinA.ttf": scale(cut(source["hana-a"], left)),
        "LICENSE-NotoSansSC.txt": source["noto-licence"],
        "LICENSE-Hanazono.txt": source["hana-licence"],
    }
    noto = {
        "version": NOTO_VERSION,
        "package": NOTO,
        "kind": "npm",
        "licence": "OFL-1.1",
        "licence_file": "LICENSE-NotoSansSC.txt",
    }
    hana = {
        "version": HANAZONO_VERSION,
        "package": HANAZONO,
        "kind": "debian",
        "licence": "LicenseRef-Hanazono OR OFL-1.1",
        "licence_file": "LICENSE-Hanazono.txt",
    }
    entries: list[dict[str, Any]] = [
        {
            "file": "NotoSansSC-Regular.ttf",
            "name": "Noto Sans SC",
            "weight": 400,
            "change": "none",
            "source": source["regular"],
            **noto,
        },
        {
            "file": "NotoSansSC-Bold.ttf",
            "name": "Noto Sans SC",
            "weight": 700,
            "change": "cut to GB 2312 and non-ideographs",
            "source": source["bold"],
            **noto,
        },
        {
            "file": "HanaMinB.ttf.xz",
            "name": "HanaMinB",
            "weight": 400,
            "change": "scaled to 1000 units an em, compressed with xz",
            "source": source["hana-b"],
            **hana,
        },
        {
            "file": "HanaMinA.ttf",
            "name": "HanaMinA",
            "weight": 400,
            "change": "cut to ideographs that the other files lack, scaled to 1000 units an em",
            "source": source["hana-a"],
            **hana,
        },
    ]
    for entry in entries:
        entry["source_sha256"] = hashlib.sha256(entry.pop("source")).hexdigest()
        data = files[entry["file"]]
        plain = lzma.decompress(data) if entry["file"].endswith(".xz") else data
        entry["characters"] = len(codes_of(plain))
        entry["bytes"] = len(data)
        entry["sha256"] = hashlib.sha256(data).hexdigest()
    return files, entries


def check(folder: Path = FOLDER) -> list[str]:
    """What differs between the folder and its manifest; empty when nothing does."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    wrong = []
    for entry in manifest["fonts"]:
        path = folder / entry["file"]
        if not path.is_file():
            wrong.append(f"{entry['file']}: missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            wrong.append(f"{entry['file']}: SHA-256 differs from the manifest")
        if not (folder / entry["licence_file"]).is_file():
            wrong.append(f"{entry['licence_file']}: missing")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare files and manifest, offline")
    if parser.parse_args().check:
        wrong = check()
        sys.stdout.write(("\n".join(wrong) or "fonts match their manifest") + "\n")
        return 1 if wrong else 0
    with tempfile.TemporaryDirectory() as folder:
        files, entries = build(fetch(Path(folder)))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)
    text = json.dumps({"fonts": entries}, indent=2, ensure_ascii=False) + "\n"
    (FOLDER / "manifest.json").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(files)} files, {sum(map(len, files.values())):,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
