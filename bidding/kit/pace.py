"""How much one request of an upload brings: what the line carries in about two seconds.

So a cut loses little, and a fast line is not held up by asking.
"""

from __future__ import annotations

from dataclasses import dataclass

from bidding.kit.body import PART_SIZE

#: Seconds that a request should take.
AIM = 2.0
FIRST = 8
#: 32 MiB: what the platform takes at once.
MOST = 32
#: How much larger than the last one a request may be.
GROWTH = 4


@dataclass
class Pace:
    """``parts`` is how many whole parts of 1 MiB the next request brings."""

    parts: int = FIRST
    most: int = MOST

    def took(self, size: int, seconds: float) -> None:
        """So many bytes were taken in so many seconds."""
        sent = size // PART_SIZE
        # The end of a body is no measure.
        if sent < self.parts:
            return
        fitting = int(sent * AIM / max(seconds, 0.001))
        self.parts = max(1, min(fitting, GROWTH * sent, self.most))

    def failed(self) -> None:
        """A request did not come through."""
        self.parts = max(1, self.parts // 2)

    def refused(self, size: int) -> bool:
        """So many bytes were too many for something on the way; whether fewer can be tried."""
        sent = -(-size // PART_SIZE)
        if sent <= 1:
            return False
        self.most = sent // 2
        self.parts = min(self.parts, self.most)
        return True
