"""Findings in sentences: what is wrong, where, and what to do."""

from __future__ import annotations

from bidding.kit.checks.finding import Problem

_WORDS = {
    "unreadable": "It cannot be read on this device. Is it still there?",
    "name-device": "Windows keeps this name for a device, so whoever opens your bid could not save"
    " the file. Rename it.",
    "program": "This is a program or a script, which nobody will run. Leave it out, or hand in its"
    " document as a PDF.",
    "unknown-kind": "Perhaps nobody can open a file of this ending. Better hand it in as a PDF.",
    "type-mismatch": "The name ends in .{ending}, but the content is {kind}. Save it anew in its"
    " program, or give it the ending that it has in truth.",
    "damaged": "It is damaged or cut short: it opens neither here nor for the committee. Save it"
    " anew.",
    "encrypted": "It is encrypted or protected by a password; the committee could not open it. Save"
    " it without protection.",
    "scripts": "It holds scripts, which run for nobody. Print it into a new PDF.",
    "embedded": "It holds further files inside, which the committee may not see. Add them as files"
    " of their own.",
    "macros": "It holds macros, which run for nobody. Save it without them, or as a PDF.",
    "not-pdf": "The committee reads the blind bid as pages made from PDFs; it is not shown a file"
    " of another kind. Hand it in as a PDF.",
    "twice": "The same file is here as {other} too. Leave one out, unless both are asked for.",
    "same-name": "{other} differs in capital letters alone; on many computers one overwrites the"
    " other. Rename one.",
    "price-early": "Your price stands here, {where}, and this file opens before the prices do. Take"
    " it out, unless the tender document asks for it.",
    "price-absent": "No price document tells the total that you entered. Compare them: what is read"
    " out is the price that you entered.",
    "manager-absent": "No qualification document names the project manager that you entered."
    " Compare them.",
    "blind-name": "“{term}” tells whose bid this is, {where}. A blind bid names nobody: take it"
    " out.",
    "blind-author": "Its property “{field}” tells “{text}”. A blind bid names nobody: empty it in"
    " the program that made the file (File, Properties), or use `clean` of this kit.",
    "blind-place": "The picture tells where it was taken (GPS). Use `clean` of this kit.",
    "blind-unread": "It holds no text that could be searched: a scan, a picture or another format."
    " Look yourself that nothing in it names you.",
    "sheet-missing": "The envelope needs a file {other}, which is read out at the opening.",
    "sheet-form": "It is not of its form: canonical JSON, {form}.",
}
_WHERE = {
    "name": "in the file’s name",
    "field": "in its property “{field}”",
    "page": "on page {page}",
    "text": "in its text",
}


def sentence(problem: Problem) -> str:
    """What is wrong, where and what to do, in English."""
    places = dict(problem.places)
    if "where" in places:
        places["where"] = _WHERE[places["where"]].format_map(places)
    return _WORDS[problem.code].format_map(places)
