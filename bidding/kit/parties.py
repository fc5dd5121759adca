"""Legal persons as statements name them: by name and unified social credit code (GB 32100)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bidding.kit import fields
from bidding.kit.errors import Malformed
from signatures.domain import jcs
from trading.domain import credit_code


@dataclass(frozen=True, slots=True)
class Party:
    """A legal person by its name and its unified social credit code."""

    name: str
    code: str

    @classmethod
    def read(cls, value: Any, *, where: str) -> Party:
        """From a statement; raises ``Malformed``."""
        item = jcs.require_fields(value, ("name", "code"), where=where, error=Malformed)
        code = fields.text(item["code"], credit_code.LENGTH, where=f"{where}: its code")
        if credit_code.check(code) != code:
            raise Malformed(f"{where}: its code must be written in capitals.")
        return cls(name=fields.text(item["name"], 200, where=f"{where}: its name"), code=code)

    @classmethod
    def typed(cls, text: str, what: str) -> Party:
        """From a command line's ``CODE=NAME``; raises ``Malformed``."""
        code, separator, name = text.partition("=")
        if not separator:
            raise Malformed(f"{what} takes CODE=NAME, not {ascii(text)[:80]}.")
        return cls.read({"code": code.upper(), "name": name}, where=what)

    def as_json(self) -> dict[str, str]:
        """The party as it stands in the statement."""
        return {"name": self.name, "code": self.code}
