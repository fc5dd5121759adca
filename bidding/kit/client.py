"""The kit as a library: what the command line does, for programs that act for somebody.

Every function takes a signed-in ``ApiClient`` first and may be called again after anything. They
block; several actors run in threads, each with a client of its own.
"""

from __future__ import annotations

from bidding.kit.publishing import (
    build_policy,
    certificate_of,
    publish_gate,
    publish_keys,
    publish_policy,
    publish_schedule,
    standing_policy,
)
from bidding.kit.releasing import release, release_once
from bidding.kit.submitting import status, submit, withdraw
from bidding.kit.watch import Watch
from bidding.kit.wire import sealing

__all__ = [
    "Watch",
    "build_policy",
    "certificate_of",
    "publish_gate",
    "publish_keys",
    "publish_policy",
    "publish_schedule",
    "release",
    "release_once",
    "sealing",
    "standing_policy",
    "status",
    "submit",
    "withdraw",
]
