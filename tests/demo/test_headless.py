"""A folder that is used again: a run's own things are set aside, nobody else's are touched."""

from __future__ import annotations

from pathlib import Path

from demo import headless


def names(folder: Path) -> set[str]:
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def test_set_aside_earlier_run_is_moved_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "actors").mkdir()
    for name in ("processes", "summary.json", "actors/key", "thesis.docx", ".lock"):
        (tmp_path / name).touch()
    headless.set_aside(tmp_path)
    (moved,) = (tmp_path / "earlier").iterdir()
    assert names(moved) == {"processes", "summary.json", "actors/key"}
    assert {each.name for each in tmp_path.iterdir()} == {"earlier", "thesis.docx", ".lock"}


def test_set_aside_folder_without_a_run_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    for name in ("records/1997.txt", "summary.json", "Makefile"):
        (tmp_path / name).touch()
    headless.set_aside(tmp_path)
    assert names(tmp_path) == {"records/1997.txt", "summary.json", "Makefile"}
