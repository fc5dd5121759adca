"""Look certification items up: ``python scripts/check_standards.py [--write] [--run] [FOLDER]``.

Looks up every page of ``docs/standards/cts-ebs01.toml`` among the routes, every command among the
registered acts and the procedures' commands, and every test among those that pytest collects. Every
number of the list must be covered once, and the table in ``README.md`` beside it must say the same.
What does not hold is named with its item, and the program ends with 1.

``--write`` writes the table anew. ``--run`` also runs the tests and says which passed; it takes
minutes. ``FOLDER`` names another folder with the two files.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "standards"
DATA, READING = "cts-ebs01.toml", "README.md"
LANGUAGES = ("zh-hans", "en")
#: The table stands between these lines.
BEGIN, END = "<!-- table: written by scripts/check_standards.py -->", "<!-- end of table -->"
PROOFS = ("pages", "commands", "tests")
_NUMBERS = re.compile(r"([AB])-(\d{2,3})(?: to (\d{2,3}))?")
_NODE = re.compile(r"(tests/[\w/]+\.py::\w+)(?:\[.*\])?")
_OUTCOME = re.compile(r"(tests/[\w/]+\.py::\w+)(?:\[.*\])? ([A-Z]+)(?: .*)?")
#: Variables of this process that another run of pytest has to itself.
_OWN = ("SUNLIT_", "PYTEST_")
_WORDS = {
    "shown": "有 shown",
    "in part": "部分 in part",
    "missing": "缺 missing",
}


@dataclass(frozen=True)
class Part:
    """One thing that an item asks for, with the item's numbers as they are written."""

    numbers: str
    data: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.numbers}, {title(self.data)}"

    @property
    def status(self) -> str:
        if "missing" in self.data:
            return "missing"
        return "in part" if "partly" in self.data else "shown"


def load(folder: Path = FOLDER) -> dict[str, Any]:
    """The data, as they are written."""
    return tomllib.loads((folder / DATA).read_text(encoding="utf-8"))


def title(data: Mapping[str, Any]) -> str:
    """What an item or a part is called in a fault."""
    titles = data.get("title")
    return str(titles.get("en") or titles) if isinstance(titles, dict) else "without a title"


def written(item: Mapping[str, Any]) -> str:
    return "; ".join(item.get("ids", [])) or "an item without numbers"


def parts(data: Mapping[str, Any]) -> Iterator[Part]:
    for item in data.get("items", []):
        for part in item.get("parts", []):
            yield Part(written(item), part)


def numbers(texts: Iterable[str]) -> Iterator[str]:
    """Single numbers (``A-007``) of texts such as ``A-01 to 13``; raises :class:`ValueError`."""
    for text in texts:
        found = _NUMBERS.fullmatch(text)
        first, last = (int(found[2]), int(found[3] or found[2])) if found else (1, 0)
        if not found or first > last:
            raise ValueError(f"“{text}” is no number of the norm, and no range of them")
        yield from (f"{found[1]}-{number:03}" for number in range(first, last + 1))


# --- what there is -------------------------------------------------------------------------------


def set_up() -> None:
    """Make the platform ready to be asked, as the tests have it."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()


def routes() -> set[str]:
    """Names of all routes, those of the programming interface as ``api:name``."""
    from django.urls import URLResolver, get_resolver

    def below(resolver: URLResolver, space: str) -> Iterator[str]:
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                yield from below(one, f"{space}{one.namespace}:" if one.namespace else space)
            elif one.name:
                yield f"{space}{one.name}"

    return set(below(get_resolver(), ""))


def commands() -> set[str]:
    """Registered acts, and the names under which procedures put them."""
    from signatures.domain.act import registered
    from trading.domain import procedure, procedure_file

    named = {
        command
        for path in procedure.files().values()
        for command in procedure_file.read(path.read_text("utf-8"), file=path.name).commands
    }
    return {name for name in registered() if not name.startswith("test.")} | named


def _pytest(*arguments: str) -> str:
    """What pytest said, run in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--color=no", *arguments],
        cwd=ROOT,
        env={key: text for key, text in os.environ.items() if not key.startswith(_OWN)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def collected(tests: Iterable[str]) -> set[str]:
    """Those tests that pytest collects of the files in which ``tests`` are said to stand."""
    files = sorted({test.partition("::")[0] for test in tests})
    there = [file for file in files if file.startswith("tests/") and (ROOT / file).is_file()]
    if not there:
        return set()
    lines = _pytest("--collect-only", "-q", *there).splitlines()
    return {found[1] for line in lines if (found := _NODE.fullmatch(line))}


def outcomes(tests: Iterable[str]) -> dict[str, set[str]]:
    """Runs the tests; by test what pytest said of each of its cases."""
    found: dict[str, set[str]] = {}
    for line in _pytest("-v", "--tb=no", *sorted(tests)).splitlines():
        if said := _OUTCOME.fullmatch(line.strip()):
            found.setdefault(said[1], set()).add(said[2])
    return found


# --- what is wrong -------------------------------------------------------------------------------


def faults_in_numbers(data: Mapping[str, Any]) -> list[str]:
    """Every number of the list is covered by one item, and no other number by any."""
    found, covered = [], Counter[str]()
    for item in data.get("items", []):
        try:
            covered.update(numbers(item.get("ids", [])))
        except ValueError as error:
            found.append(f"{written(item)}: {error}")
    try:
        stated = set(numbers(data["norm"]["numbers"]))
    except (KeyError, ValueError) as error:
        return [*found, f"norm: the list of numbers cannot be read: {error}"]
    found += [f"{number}: no item covers it" for number in sorted(stated - set(covered))]
    found += [f"{number}: not in the list of numbers" for number in sorted(set(covered) - stated)]
    found += [
        f"{number}: covered {times} times" for number, times in sorted(covered.items()) if times > 1
    ]
    return found


def _in_both(data: Mapping[str, Any], key: str) -> bool:
    texts = data[key]
    return isinstance(texts, dict) and all(str(texts.get(one, "")).strip() for one in LANGUAGES)


def faults_in_form(data: Mapping[str, Any]) -> list[str]:
    """Every part is shown, missing with a reason, or both; and says so in both languages."""
    found = []
    for item in data.get("items", []):
        if not isinstance(item.get("confirmed"), bool):
            found.append(f"{written(item)}: does not say whether its number is confirmed")
        if not item.get("parts"):
            found.append(f"{written(item)}: neither a proof nor a reason why there is none")
        if not _in_both({"title": None, **item}, "title"):
            found.append(f"{written(item)}: no title in both languages")
    for part in parts(data):
        proofs = [key for key in PROOFS if part.data.get(key)]
        wrong = [
            *(f"unknown key {key}" for key in sorted(
                set(part.data) - {*PROOFS, "title", "missing", "partly"}
            )),
            *(
                f"no {key} in both languages"
                for key in ("title", "missing", "partly")
                if (key in part.data or key == "title")
                and not _in_both({"title": None, **part.data}, key)
            ),
        ]
        if not proofs and "missing" not in part.data:
            wrong.append("neither a proof nor a reason why there is none")
        if proofs and "missing" in part.data:
            wrong.append("shown and missing; what is missing of it is called partly")
        if proofs and not part.data.get("tests"):
            wrong.append("no test shows it")
        found += [f"{part.name}: {each}" for each in wrong]
    return found


def faults_in_links(
    data: Mapping[str, Any],
    *,
    pages: Collection[str],
    acts: Collection[str],
    tests: Collection[str],
) -> list[str]:
    """Every page is a route, every command an act, every test collected."""
    known = {"pages": pages, "commands": acts, "tests": tests}
    words = {
        "pages": "there is no route {}",
        "commands": "no act and no procedure's command is called {}",
        "tests": "pytest does not collect {}",
    }
    return [
        f"{part.name}: {words[key].format(name)}"
        for part in parts(data)
        for key in PROOFS
        for name in part.data.get(key, [])
        if name not in known[key]
    ]


def tests_of(data: Mapping[str, Any]) -> list[str]:
    return sorted({test for part in parts(data) for test in part.data.get("tests", [])})


def faults_when_run(data: Mapping[str, Any], said: Mapping[str, set[str]]) -> list[str]:
    """Tests of which a case did not pass, or none ran."""
    return [
        f"{part.name}: {test} {', '.join(sorted(said.get(test, {'did not run'}) - {'PASSED'}))}"
        for part in parts(data)
        for test in part.data.get("tests", [])
        if said.get(test) != {"PASSED"}
    ]


# --- the table -----------------------------------------------------------------------------------


def _both(texts: Mapping[str, str]) -> str:
    return f"{texts['zh-hans']}<br>{texts['en']}"


def _shown_by(data: Mapping[str, Any]) -> str:
    lines = [
        f"{word} {', '.join(f'`{name}`' for name in data[key])}"
        for key, word in (("pages", "页面 page"), ("commands", "命令 command"))
        if data.get(key)
    ]
    for test in data.get("tests", []):
        file, _, name = test.partition("::")
        lines.append(f"测试 test [{name.removeprefix('test_')}](../../{file})")
    return "<br>".join(lines)


def table(data: Mapping[str, Any]) -> str:
    """How many parts are shown, in part, missing; then each part in a row."""
    count = Counter(part.status for part in parts(data))
    lines = [
        f"{_WORDS[status]}: {count[status]}" + (";" if status != "missing" else ".")
        for status in _WORDS
    ]
    lines += ["", "| 条目 items | 内容 what | 凭证 shown by | 缺什么 what is missing |"]
    lines.append("|---|---|---|---|")
    for item in data["items"]:
        sure = "" if item["confirmed"] else "<br>待核对 to be confirmed"
        numbered = f"{'<br>'.join(item['ids'])}{sure}"
        for place, part in enumerate(parts({"items": [item]})):
            what = f"**{_WORDS[part.status]}**<br>{_both(part.data['title'])}"
            lacking = part.data.get("missing") or part.data.get("partly")
            cells = (
                numbered if place == 0 else "",
                what,
                _shown_by(part.data),
                _both(lacking) if lacking else "",
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def with_table(text: str, data: Mapping[str, Any]) -> str:
    """The README with the table as the data have it; raises :class:`ValueError` without a place."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{READING}: there is no place for the table")
    return f"{head}{BEGIN}\n\n{table(data)}\n\n{END}{tail}"


def faults_in_table(folder: Path, data: Mapping[str, Any], *, write: bool = False) -> list[str]:
    """Whether the table says what the data say; ``write`` makes it so."""
    path = folder / READING
    text = path.read_text(encoding="utf-8")
    try:
        as_it_is_to_be = with_table(text, data)
    except ValueError as error:
        return [str(error)]
    if write:
        path.write_text(as_it_is_to_be, encoding="utf-8")
    elif as_it_is_to_be != text:
        return [f"{READING}: the table is out of date; write it with --write"]
    return []


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check the list of certification items.")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--write", action="store_true", help="write the table in README.md anew")
    parser.add_argument("--run", action="store_true", help="run the tests, too")
    given = parser.parse_args(arguments)
    set_up()
    data = load(given.folder)
    tests = tests_of(data)
    found = faults_in_form(data) + faults_in_numbers(data)
    found += faults_in_links(data, pages=routes(), acts=commands(), tests=collected(tests))
    if not faults_in_form(data):
        found += faults_in_table(given.folder, data, write=given.write)
    if given.run:
        said = outcomes(tests)
        for test in tests:
            sys.stdout.write(f"{', '.join(sorted(said.get(test, {'NOT RUN'})))} {test}\n")
        found += faults_when_run(data, said)
    for fault in found:
        sys.stderr.write(f"{fault}\n")
    count = Counter(part.status for part in parts(data))
    sys.stdout.write(
        f"{count['shown']} shown, {count['in part']} in part, {count['missing']} missing; "
        f"{len(tests)} tests; {len(found)} faults\n"
    )
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
