"""What pages load from others is what its manifest says, byte for byte."""

from __future__ import annotations

import importlib.util
from pathlib import Path

PATH = Path(__file__).resolve().parents[2] / "scripts" / "vendor.py"


def vendor():
    spec = importlib.util.spec_from_file_location("vendor", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_vendored_files_are_those_of_the_manifest():
    assert vendor().check() == []


def test_a_file_that_changed_is_missing_or_is_unknown_is_named(tmp_path):
    module = vendor()
    (tmp_path / "pdfjs").mkdir()
    (tmp_path / "manifest.json").write_text(
        '{"modules": [{"file": "a.js", "licence_file": "a.licence.txt", "sha256": "0"}],'
        ' "taken": [{"licence_file": "pdfjs.licence.txt",'
        ' "files": [{"file": "pdfjs/b.mjs", "sha256": "0"}]}]}'
    )
    (tmp_path / "a.js").write_text("changed")
    (tmp_path / "pdfjs" / "c.mjs").write_text("unknown")
    assert module.check(tmp_path) == [
        "a.js: SHA-256 differs from the manifest",
        "pdfjs/b.mjs: missing",
        "a.licence.txt: missing",
        "pdfjs.licence.txt: missing",
        "pdfjs/c.mjs: not in the manifest",
    ]
