"""The pages' JavaScript under node: modules at the addresses that a page would load them from."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NODE = shutil.which("node")
APPS = ("signatures", "trading", "bidding", "archive")

requires_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


class Raised(Exception):  # noqa: N818 - it is what the page raised, not an error of this suite
    """What a function threw: the error's class, code, fault and message."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.kind: str = error["name"]
        self.code: str | None = error.get("code")
        self.fault: str | None = error.get("fault")
        self.message: str = error["message"]


def static(folder: Path) -> Path:
    """All apps' static files in one folder, as /static/ has them; where to import from."""
    for app in APPS:
        source = ROOT / app / "static"
        if source.is_dir():
            shutil.copytree(source, folder, dirs_exist_ok=True)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return folder


class Node:
    """One node process that answers calls of the functions in a runner, until it is closed.

    The runner is a module whose default export is ``async (root) -> {name: function}``; a function
    gets one JSON value and answers with one.
    """

    def __init__(self, runner: Path, root: Path, *options: str) -> None:
        assert NODE is not None
        self._process = subprocess.Popen(
            [NODE, *options, str(Path(__file__).with_name("javascript_loop.mjs")), runner, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, name: str, argument: Any = None) -> Any:
        """The function's answer; :class:`Raised` when it threw."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps([name, argument]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The node process ended.")
        answer = json.loads(line)
        if "error" in answer:
            raise Raised(answer["error"])
        return answer.get("value")

    def close(self) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(timeout=20)
        self._process.stdout.close()  # type: ignore[union-attr]
