"""``check``: look at a bid's files on this device before sealing; ``clean``: a copy that tells
nothing of who made it."""

from __future__ import annotations

import argparse
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bidding.kit.checks import pdfs, pictures
from bidding.kit.checks.finding import Damaged
from bidding.kit.checks.identity import own_terms
from bidding.kit.checks.judge import Finding
from bidding.kit.checks.kinds import HEAD, kind_of
from bidding.kit.checks.looking import blocks, look
from bidding.kit.checks.words import sentence
from bidding.kit.commands import common
from bidding.kit.errors import Malformed, Refused
from bidding.kit.sealing import Document
from signatures.domain import statements
from signatures.domain.keys import Signer

_NOT_CLEANED = "Only PDF, JPEG and PNG are cleaned, and only whole ones without a password."


def add_own_argument(parser: argparse.ArgumentParser) -> None:
    """What else names the tenderer."""
    parser.add_argument(
        "--own",
        action="append",
        default=[],
        metavar="NAME",
        help="a name that must not stand in the blind technical bid (any number of times)",
    )


def own_of(signer: Signer, more: Sequence[str]) -> list[str]:
    """What would name the tenderer: its certificate's subject, and the names given."""
    subject = signer.certificate.subject.native
    names = [subject.get("organization_name"), statements.common_name(signer.certificate), *more]
    codes = [subject.get("organization_identifier"), subject.get("serial_number")]
    found = [term for name in names if isinstance(name, str) for term in own_terms(name, "")]
    found += [each.removeprefix("NTRCN-") for each in codes if isinstance(each, str) and each]
    return list(dict.fromkeys(found))


def tell(findings: Sequence[Finding]) -> None:
    """A line for each finding, on standard error."""
    for each in findings:
        level = "WRONG" if each.problem.level == "block" else "look"
        common.tell(f"{level}: slot {each.file.slot}, {each.file.name}: {sentence(each.problem)}")


def hold(documents: Mapping[int, Sequence[Document]], *, own: Sequence[str], leave: bool) -> None:
    """Refuse to go on where something is wrong, or warned of and not left as it is."""
    findings = look(documents, own=own)
    tell(findings)
    if blocks(findings):
        raise Refused("Nothing was sealed: mend what is WRONG above.", code="checks-failed")
    if findings and not leave:
        raise Refused(
            "Nothing was sealed: look at the lines above, then mend the files, or give"
            " --leave-warnings to seal them as they are.",
            code="warnings",
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The files by slot."""
    parser.add_argument("--file", action="append", required=True, metavar="SLOT=PATH")
    add_own_argument(parser)


def run(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Say what is wrong with the files."""
    own = [term for name in arguments.own for term in own_terms(name, "")]
    findings = look(documents_of(arguments.file), own=own)
    tell(findings)
    return {
        "findings": [
            {
                "slot": each.file.slot,
                "file": each.file.name,
                "code": each.problem.code,
                "level": each.problem.level,
                **each.problem.places,
            }
            for each in findings
        ]
    }


def add_clean_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, and where the copy goes."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the copy; must not exist")


def clean(arguments: argparse.Namespace) -> Mapping[str, Any]:
    """Write a copy without author, program, place and time; the original stays."""
    source, target = arguments.file, arguments.out
    if target.exists():
        raise Malformed(f"{target.name} exists already; take another name.")
    with source.open("rb") as stream:
        kind = kind_of(stream.read(HEAD))
    try:
        if kind == "pdf":
            pdfs.without_metadata(source, target)
        elif kind in ("jpeg", "png"):
            target.write_bytes(pictures.without_metadata(source.read_bytes()))
        else:
            raise Refused(_NOT_CLEANED, code="not-cleaned")
    except Damaged:
        raise Refused(_NOT_CLEANED, code="not-cleaned") from None
    return {"file": target.name, "kind": kind}


def documents_of(files: Sequence[str]) -> dict[int, list[Document]]:
    """The documents of ``SLOT=PATH`` given any number of times, by slot."""
    documents: dict[int, list[Document]] = {}
    for text in files:
        slot, document = parse_file(text)
        documents.setdefault(slot, []).append(document)
    return documents


def parse_file(text: str) -> tuple[int, Document]:
    """``SLOT=PATH`` as a slot and a document, its media type told by its name."""
    slot, separator, path = text.partition("=")
    if not separator or not slot.isdigit() or not path:
        raise Malformed(f"--file takes SLOT=PATH, not {ascii(text)[:80]}.")
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return int(slot), Document(path=Path(path), type=kind)


COMMAND = common.Command(
    name="check",
    help="look at a bid's files before sealing: formats, and names in the blind bid",
    add_arguments=add_arguments,
    run=run,
    exit_code=lambda result: 1 if result["findings"] else 0,
)
CLEAN = common.Command(
    name="clean",
    help="copy a PDF, JPEG or PNG without its metadata",
    add_arguments=add_clean_arguments,
    run=clean,
)
