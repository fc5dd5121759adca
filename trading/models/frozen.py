"""JSON that many rows hold alike, read once."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.db import models


@lru_cache(maxsize=128)
def _read(text: str) -> Any:
    return json.loads(text)


class FrozenJSONField(models.JSONField):
    """What every lot of a procedure keeps of its file: tens of kilobytes, the same in all of them.

    A list of thirty lots would else read the same text thirty times. Who gets it may set keys of
    the outermost object and nothing below, which other rows share.
    """

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if isinstance(value, str) and value.startswith("{"):
            return dict(_read(value))
        return super().from_db_value(value, expression, connection)
