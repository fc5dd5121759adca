"""What tests bring along is what its manifest says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "vendor"


def test_vendored_files_are_those_of_the_manifest():
    modules = json.loads((FOLDER / "manifest.json").read_text())["modules"]
    assert [each["file"] for each in modules] == ["axe/axe.min.js"]
    for each in modules:
        data = (FOLDER / each["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == each["sha256"]
        assert len(data) == each["bytes"]
        assert (FOLDER / each["licence_file"]).is_file()
        assert each["packages"][0]["version"].encode() in data[:200]
