"""The record of a lot: its releases, and what they come to.

The compiled release follows the standard's merge routine: later values win, objects are merged
key by key, lists of objects with an id are merged by id, any other list is replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trading.ocds.release import Release, releases
from trading.ocds.story import Story

#: Fields of a release that its record has in its own words.
_OWN = ("id", "date", "tag")


def record(story: Story) -> dict[str, Any]:
    """All releases of a lot, embedded, oldest first, and the compiled one."""
    all_ = releases(story)
    return {
        "ocid": all_[0].body["ocid"],
        "releases": [one.body for one in all_],
        "compiledRelease": compiled(all_),
    }


def compiled(all_: Sequence[Release]) -> dict[str, Any]:
    """What releases, oldest first, come to."""
    found: dict[str, Any] = {}
    for one in all_:
        found = _merged(found, {k: v for k, v in one.body.items() if k not in _OWN})
    last = all_[-1].body
    return {
        **found,
        "id": f"{last['ocid']}-{last['date']}",
        "date": last["date"],
        "tag": ["compiled"],
    }


def _merged(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {**before, **{key: _value(before.get(key), new) for key, new in after.items()}}


def _value(old: Any, new: Any) -> Any:
    if isinstance(new, dict):
        return _merged(old if isinstance(old, dict) else {}, new)
    if isinstance(new, list) and new and all(isinstance(one, dict) for one in new):
        kept = {one["id"]: one for one in old or ()}
        for one in new:
            kept[one["id"]] = _merged(kept.get(one["id"], {}), one)
        return list(kept.values())
    return new
