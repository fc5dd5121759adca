"""The interface as a program calls it."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from signatures.domain import log
from signatures.models import User
from trading.domain import tokens

ROOT = "/api/v1"


class Program:
    """A client with a token, or without one; it keeps cookies like any program with a jar."""

    def __init__(self, person: User | None = None, language: str = "en") -> None:
        self.client = Client(headers={"accept-language": language}, enforce_csrf_checks=True)
        self.token = tokens.issue(person).text if person is not None else ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        data = {} if body is None else {"data": json.dumps(body)}
        return self.client.generic(
            method, f"{ROOT}{path}", content_type="application/json",
            headers={name.replace("_", "-"): value for name, value in headers.items()}, **data,
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, {} if body is None else body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The answer is a problem document with this status and code."""
    assert answer["Content-Type"] == "application/problem+json"
    value = answer.json()
    assert (answer.status_code, value["status"], value["code"]) == (status, status, code)
    assert value["detail"]
    return value


def unchanged(call: Any, status: int, code: str) -> dict[str, Any]:
    """The call is refused and leaves no leaf behind."""
    before = log.size()
    value = problem(call(), status, code)
    assert log.size() == before
    return value
