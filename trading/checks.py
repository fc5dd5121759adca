"""Start-up checks of the floor: a procedure that does not hold together is not run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.checks import CheckMessage, Error, register

TAG = "procedures"


@register(TAG)
def procedures_hold_together(**_: Any) -> list[CheckMessage]:
    """Every file can be read, and names only acts, guards and grounds that some app registered."""
    from trading.domain import procedure

    twice = [
        Error(f"{path}: there is a procedure of this name already.", id="trading.E004")
        for folder in procedure.folders()
        for path in sorted(folder.glob("*.toml"))
        if procedure.files()[path.stem] != path
    ]
    faults = [check_file(path) for _name, path in sorted(procedure.files().items())]
    return [*twice, *(message for found in faults for message in found)]


@register(TAG)
def checklists_hold_together(**_: Any) -> list[CheckMessage]:
    """Every checklist of inspections can be read, and so can their days."""
    from trading.domain import checklists

    return [Error(fault, id="trading.E003") for fault in checklists.check_all()]


@register(TAG)
def credit_law_holds_together(**_: Any) -> list[CheckMessage]:
    """On what grounds an organisation is kept out, and for how long, can be read."""
    from trading.domain import credit_law

    return [Error(fault, id="trading.E006") for fault in credit_law.check()]


@register(TAG)
def catalogue_holds_together(**_: Any) -> list[CheckMessage]:
    """What must be traded here can be read, and names only what there is."""
    from trading.domain import catalogue
    from trading.domain.procedure_layers import FaultyProcedure

    try:
        return [Error(fault, id="trading.E005") for fault in catalogue.check()]
    except FaultyProcedure:
        return []  # a procedure that cannot be read is reported by its own check


def check_file(path: Path) -> list[CheckMessage]:
    """What is wrong with one file, each with its line; needs every app to be ready."""
    from trading.domain import (
        paper_words,
        procedure,
        procedure_file,
        procedure_layers,
        registry,
    )

    text = path.read_text(encoding="utf-8")
    try:
        rules = procedure_file.read(text, file=path.name)
        layers = procedure_layers.load(text, file=path.name, folders=procedure.folders())
    except procedure_layers.FaultyProcedure as faulty:
        return [Error(str(fault), id="trading.E001") for fault in faulty.faults]
    faults = []
    if rules.name != path.stem:
        faults.append(f"{path.name}: the file is called {path.stem}, the procedure {rules.name}")
    for command in rules.commands.values():
        file, line = procedure_file.place_of(layers, rules.data, "commands", command.name)
        if command.act not in registry.commands():
            faults.append(f"{file}:{line}: no app registered the command {command.act}")
        faults += [
            f"{file}:{line}: no app registered the guard {use.name}"
            for use in command.guards
            if use.name not in registry.guards()
        ]
    for table, reason in paper_words.faults(rules):
        file, line = layers.table(table)
        faults.append(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
    for name in rules.grounds.keys() - registry.grounds():
        file, line = procedure_file.place_of(layers, rules.data, "grounds", name)
        faults.append(f"{file}:{line}: no app registered the ground {name}")
    return [Error(fault, id="trading.E002") for fault in faults]
