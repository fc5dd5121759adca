"""What a file really is, by its first bytes, and what its name says that it is.

The twin of ``bidding/static/bidding/js/check/kinds.js``.
"""

from __future__ import annotations

import re

from bidding.kit.checks.finding import WARN, Problem

#: So many bytes of a file's start tell its kind.
HEAD = 4096
_PDF_WITHIN = 1024
_STARTS: tuple[tuple[str, bytes], ...] = (
    ("program", b"MZ"),
    ("program", b"\x7fELF"),
    ("program", b"#!"),
    ("program", b"\xcf\xfa\xed\xfe"),
    ("program", b"\xca\xfe\xba\xbe"),
    ("zip", b"PK\x03\x04"),
    ("zip", b"PK\x05\x06"),
    ("ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("jpeg", b"\xff\xd8\xff"),
    ("png", b"\x89PNG\r\n\x1a\n"),
    ("gif", b"GIF8"),
    ("tiff", b"II*\0"),
    ("tiff", b"MM\0*"),
    ("bmp", b"BM"),
    ("rar", b"Rar!\x1a\x07"),
    ("7z", b"7z\xbc\xaf\x27\x1c"),
    ("gzip", b"\x1f\x8b"),
    ("rtf", b"{\\rtf"),
    ("dwg", b"AC10"),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
#: A name's ending -> the kinds that may stand under it.
_ENDINGS: dict[str, tuple[str, ...]] = {
    "pdf": ("pdf",),
    **dict.fromkeys(
        ("ofd", "docx", "xlsx", "pptx", "docm", "xlsm", "pptm", "odt", "ods", "odp", "zip"),
        ("zip",),
    ),
    "doc": ("ole", "rtf"),
    **dict.fromkeys(("xls", "ppt", "wps", "et", "dps"), ("ole",)),
    "jpg": ("jpeg",),
    "jpeg": ("jpeg",),
    "tif": ("tiff",),
    "tiff": ("tiff",),
    "gz": ("gzip",),
    **{kind: (kind,) for kind in ("png", "gif", "bmp", "rar", "7z", "rtf", "dwg")},
    **dict.fromkeys(("txt", "csv", "json", "xml", "md"), ("text",)),
}
_PROGRAMS = frozenset(
    [
        "exe", "com", "bat", "cmd", "scr", "msi", "lnk", "js", "jse", "vbs", "vbe", "ps1", "sh",
        "jar", "apk", "hta", "wsf", "dll", "reg",
    ]
)  # fmt: skip
#: Names that Windows keeps for devices, whatever their ending.
_DEVICE = re.compile(
    "(con|prn|aux|nul|conin\\$|conout\\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])(\\.|$)", re.IGNORECASE
)
#: Packages of XML parts that are read here.
_PACKAGES = frozenset(["docx", "xlsx", "pptx", "docm", "xlsm", "pptm", "odt", "ods", "odp", "ofd"])


def kind_of(head: bytes) -> str:
    """The kind of a file that starts with these bytes."""
    head = head[:HEAD]
    for kind, start in _STARTS:
        if head.startswith(start):
            return kind
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return "pdf"
    if head.startswith(_UTF16):
        return "text"
    return "text" if head and not _NO_TEXT.search(head) else "unknown"


def ending_of(name: str) -> str:
    """The ending of a name, in small letters, without its dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def is_package(name: str) -> bool:
    """Whether a file of this name is a package whose parts are read."""
    return ending_of(name) in _PACKAGES


def judge_kind(name: str, kind: str) -> list[Problem]:
    """What is wrong with a file of this name and kind."""
    found: list[Problem] = []
    ending = ending_of(name)
    if _DEVICE.match(name):
        found.append(Problem("name-device"))
    if kind == "program" or ending in _PROGRAMS:
        found.append(Problem("program"))
    elif ending not in _ENDINGS:
        found.append(Problem("unknown-kind", WARN))
    elif kind not in _ENDINGS[ending]:
        found.append(Problem("type-mismatch", places={"ending": ending, "kind": kind}))
    return found
