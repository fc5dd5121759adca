"""The four examinations 四性检测: authenticity, completeness, usability, safety (DA/T 70).

Every item gives findings, each ``pass``, ``fail`` or ``not-checked`` with its evidence and the tool
that looked. An item fails with one failing finding, and is not checked while one finding is: only
what was really looked at passes. ``metadata/examinations.json`` holds all of it.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from typing import Any, Literal

from archive.domain import inspection, tables
from archive.domain.volume import Record, Volume
from signatures import store
from signatures.domain import jcs
from signatures.domain.assess import assess
from signatures.domain.assessment import Assessment, Verdict
from signatures.domain.errors import SunlitError
from signatures.domain.policy import Policy
from signatures.sandbox import runner

Outcome = Literal["pass", "fail", "not-checked"]
GROUPS = {"A": "authenticity", "B": "completeness", "C": "usability", "D": "safety"}
#: Larger records are not opened by the platform itself.
MAX_INSPECTED = 256 * 1024 * 1024
INSPECTION = "archive.domain.inspection:run"
AT_ONCE = 2
LOAD_BYTES = 32 * 1024 * 1024
LOAD_RECORDS = 24


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found of one item: about which path of the package (empty: the whole volume)."""

    item: str
    outcome: Outcome
    evidence: str
    tool: str
    path: str = ""


@dataclass(frozen=True, kw_only=True)
class Examination:
    """All findings of one occasion (``filing``, ``transfer`` or ``keeping``)."""

    at: datetime
    occasion: str
    findings: tuple[Finding, ...]
    tools: Mapping[str, str] = field(default_factory=dict)

    def outcome(self, item: str) -> Outcome:
        """The item as a whole: failed, not checked, or passed, in this order."""
        outcomes = {each.outcome for each in self.findings if each.item == item}
        if "fail" in outcomes:
            return "fail"
        if "not-checked" in outcomes or not outcomes:
            return "not-checked"
        return "pass"

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """Item -> outcome, for every item that there is."""
        return {item: self.outcome(item) for item in tables.examination_items()}

    def dumps(self) -> bytes:
        """``metadata/examinations.json``."""
        items = []
        for code, (group, title) in tables.examination_items().items():
            rows = [each for each in self.findings if each.item == code]
            items.append(
                {
                    "item": code,
                    "examination": GROUPS[code[0]],
                    "group": group,
                    "title": {"zh-hans": title.zh, "en": title.en},
                    "outcome": self.outcome(code),
                    "findings": [
                        {
                            "path": each.path,
                            "outcome": each.outcome,
                            "evidence": each.evidence,
                            "tool": each.tool,
                            "version": self.tools.get(each.tool, ""),
                        }
                        for each in rows
                    ],
                }
            )
        return jcs.dumps(
            {
                "kind": "sunlit.examinations/1",
                "at": jcs.timestamp(self.at),
                "occasion": self.occasion,
                "items": items,
            }
        )


def tools() -> dict[str, str]:
    """Tool -> version, of everything that looks at records here."""
    packages = ("page-validation", "pikepdf", "pypdfium2", "pyhanko", "lxml", "pillow")
    found = {"sunlit": _version("sunlit-trading") or "0.1.0"}
    return found | {name: _version(name) for name in packages}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


Check = Callable[[Volume], Iterable[Finding]]
_checks: list[Check] = []


def check(function: Check) -> Check:
    """Add a check of the whole volume."""
    _checks.append(function)
    return function


def examine(volume: Volume, *, policy: Policy, occasion: str = "filing") -> Examination:
    """Everything that can be examined of a volume before it is packed."""
    from archive.domain import volume_checks  # noqa: F401  (registers its checks)

    findings: list[Finding] = [each for one in _checks for each in one(volume)]
    present = [one for one in volume.records if one.present]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        inspected = chain.from_iterable(pool.map(_inspect, _loads(present)))
        for record, seen in zip(present, inspected, strict=True):
            findings += _of_record(record, seen)
            findings += _signatures(record, seen, at=volume.built, policy=policy)
    findings += _absent(volume)
    findings += _unchecked()
    return Examination(
        at=volume.built,
        occasion=occasion,
        findings=tuple(sorted(findings, key=lambda each: (each.item, each.path))),
        tools=tools(),
    )


def with_findings(examination: Examination, more: Iterable[Finding]) -> Examination:
    """The examination with what was found later (of the index volume, of the metadata)."""
    return Examination(
        at=examination.at,
        occasion=examination.occasion,
        findings=tuple(
            sorted([*examination.findings, *more], key=lambda each: (each.item, each.path))
        ),
        tools=examination.tools,
    )


# --- one record -----------------------------------------------------------------------------------


def _loads(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Neighbouring records that go into one sandbox together."""
    load: list[Record] = []
    size = 0
    for record in records:
        if load and (size + record.exhibit.size > LOAD_BYTES or len(load) == LOAD_RECORDS):
            yield load
            load, size = [], 0
        load.append(record)
        size += record.exhibit.size
    if load:
        yield load


def _inspect(load: list[Record]) -> list[dict[str, Any]]:
    """What the sandbox says of each record; its failure is an answer, too.

    A record that breaks the sandbox must not speak for its neighbours: then each goes in alone.
    """
    if len(load) == 1 and load[0].exhibit.size > MAX_INSPECTED:
        return [{"opened": None, "reason": f"It has {load[0].exhibit.size} bytes."}]
    try:
        payload = inspection.enclose(
            [(_type(one.exhibit.media_type), store.read(one.exhibit.digest)) for one in load]
        )
        answer = runner.run(INSPECTION, payload, memory=1024 * runner.MIB)
        found: list[dict[str, Any]] = json.loads(answer)
        return found
    except SunlitError as error:
        if len(load) > 1:
            return [seen for one in load for seen in _inspect([one])]
        return [{"opened": False, "reason": str(error)}]


def _type(media_type: str) -> str:
    """A media type without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def _of_record(record: Record, seen: Mapping[str, Any]) -> Iterator[Finding]:
    path, tool = record.path, "sunlit"
    reason = str(seen.get("reason", "")) or "No reader for this type is installed here."

    def finding(item: str, good: bool | None, evidence: str, by: str = tool) -> Finding:
        outcome: Outcome = "not-checked" if good is None else "pass" if good else "fail"
        return Finding(item=item, outcome=outcome, evidence=evidence, tool=by, path=path)

    opened = seen["opened"]
    pdf = "pages" in seen and "profile" in seen
    if not opened:
        for item in ("C2", "C5", "D2", "D3"):
            yield finding(item, opened, reason)
        yield finding("C3", None if opened is None else False, reason)
        yield finding("C4", None, reason)
        return
    if pdf:
        pages = seen["pages"]
        rendered = seen["rendered"]
        yield finding(
            "C2", None if rendered is None else rendered == pages,
            f"{pages} pages, {rendered} drawn.", "pypdfium2",
        )  # fmt: skip
        yield from _of_archival(finding, seen)
    else:
        drawn = "rendered" in seen
        yield finding("C2", True, "It was drawn." if drawn else "It was read to its end.")
        keeps = record.format.keeps == "yes"
        yield finding("C3", keeps, f"{record.format.name} is {'' if keeps else 'not '}listed.")
        yield finding("C4", True, "Nothing in it needs a font.")
    active = seen.get("active", [])
    yield finding("C5", not active and not seen.get("encrypted"), _listed(active))
    yield finding("D3", not active, _listed(active))
    yield finding(
        "D2", not seen.get("bomb") and not seen.get("traversal"),
        "Opened within limits of memory and time; nothing in it names a path outside.",
    )  # fmt: skip


def _of_archival(
    finding: Callable[..., Finding], seen: Mapping[str, Any]
) -> Iterator[Finding]:
    profile, compliant = seen["profile"], seen["compliant"]
    if profile is None:
        yield finding("C3", False, "A PDF that does not say that it is PDF/A.", "page-validation")
    elif compliant is None:
        yield finding("C3", None, f"It says PDF/A-{profile}, which is not judged here.")
    else:
        said = "; ".join(seen["findings"]) or f"PDF/A-{profile}"
        yield finding("C3", compliant, said, "page-validation")
    good = True if compliant and seen["characters"] else None
    yield finding(
        "C4", good, f"{seen['characters']} characters can be extracted.", "pypdfium2"
    )


def _listed(active: Iterable[str]) -> str:
    return ", ".join(active) or "Nothing that acts or leads outside."


def _signatures(
    record: Record, seen: Mapping[str, Any], *, at: datetime, policy: Policy
) -> Iterator[Finding]:
    """A1 for signed PDFs and statements, by the trust lists in force when the volume is built."""
    if record.exhibit.size > MAX_INSPECTED:
        return
    data = store.read(record.exhibit.digest)
    if seen.get("signed"):
        yield judge_pdf(record.path, data, at=at, policy=policy)
    if record.signature is not None:
        signature = store.read(record.signature.sha256)
        made = assess(data, kind="statement", at=at, policy=policy, signature=signature)
        yield _judged(record.signature.path, made)


def judge_pdf(path: str, data: bytes, *, at: datetime, policy: Policy) -> Finding:
    """A1 for one signed PDF."""
    return _judged(path, assess(data, kind="pdf", at=at, policy=policy))


def _judged(path: str, made: Assessment) -> Finding:
    outcomes: dict[Verdict, Outcome] = {Verdict.VALID: "pass", Verdict.INVALID: "fail"}
    said = [
        f"{one.field or one.kind}: {one.verdict}, {one.signer or ''}"
        f"{f', {one.level}' if one.level else ''}"
        for one in made.signatures
    ]
    return Finding(
        item="A1",
        outcome=outcomes.get(made.verdict, "not-checked"),
        evidence="; ".join([*said, *made.reasons])[:2000],
        tool="pyhanko",
        path=path,
    )


# --- what nobody looked at ------------------------------------------------------------------------


def _absent(volume: Volume) -> Iterator[Finding]:
    for record in volume.records:
        if not record.present:
            yield Finding(
                item="A6", outcome="fail", tool="sunlit",
                evidence=f"{record.exhibit.urn}: the store no longer holds its bytes.",
            )  # fmt: skip


def _unchecked() -> Iterator[Finding]:
    """Said plainly: what takes another tool, another place or another day."""
    scanner = shutil.which("clamdscan") or shutil.which("clamscan")
    reasons = {
        "D1": "A scanner is there but was not asked." if scanner else "No scanner is installed.",
        "D6": "Examined in keeping, for each storage location.",
        "D7": "There is no medium: the package is handed over as files.",
    }
    for item, reason in reasons.items():
        yield Finding(item=item, outcome="not-checked", evidence=reason, tool="sunlit")


def grouped(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """Findings by item."""
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for each in findings:
        found[each.item].append(each)
    return dict(found)
