"""Selection by weight from the seed: the numbers, and a pool that follows the published walk.

The walk of the design defines the result: eligible candidates in order of id, subtracting weights
from ``r`` until ``r < weight``. The pool finds the same candidate in a Fenwick tree, in the
logarithm of the pool's size, so that a lottery of fifty thousand takes seconds.
"""

from __future__ import annotations

import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from signatures.domain.errors import Refused
from trading.domain.draw_record import Candidate, Record

_RANGE = 2**128


class DrawFailed(Refused):
    """A stratum had fewer eligible candidates than its quota.

    ``result`` is what is recorded and published in place of a result:
    ``{"failed": stratum, "seed": hex, "record_digest": hex}``.
    """

    default_code = "draw-failed"

    def __init__(self, stratum: str, *, found: int, quota: int, result: dict[str, Any]) -> None:
        super().__init__(
            f"The stratum {stratum} gave {found} of {quota}: the draw has failed. Widen the pool"
            " only by a rule that stands in the record, and draw again under a new record."
        )
        self.stratum = stratum
        self.result = result


class Numbers:
    """The stream of numbers that the seed gives to one stratum."""

    def __init__(self, seed: bytes, stratum: str) -> None:
        self._key = hmac.digest(seed, b"SUNLIT-DRAW-1|" + stratum.encode(), "sha256")
        self._count = 0

    def below(self, bound: int) -> int:
        """A number from 0 to ``bound`` - 1, each equally likely (rejection sampling)."""
        limit = _RANGE // bound * bound
        while True:
            block = hmac.digest(self._key, self._count.to_bytes(8, "big"), "sha256")
            self._count += 1
            value = int.from_bytes(block[:16], "big")
            if value < limit:
                return value % bound


class Pool:
    """Candidates in order of id, of whom one at a time is found by weight and taken out."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._candidates = sorted(candidates, key=lambda candidate: candidate.id)
        self._size = len(self._candidates)
        self._present = [True] * self._size
        self._places: dict[str, list[int]] = defaultdict(list)
        self._sums = [0] * (self._size + 1)
        self.total = 0
        for place, candidate in enumerate(self._candidates):
            self.total += candidate.weight
            self._sums[place + 1] = candidate.weight
            if candidate.organisation is not None:
                self._places[candidate.organisation].append(place)
        for node in range(1, self._size + 1):
            parent = node + (node & -node)
            if parent <= self._size:
                self._sums[parent] += self._sums[node]

    def take(self, number: int) -> Candidate:
        """Take out and return the candidate at whom the walk with ``number`` < total stops."""
        place = 0
        step = 1 << self._size.bit_length()
        while step:
            following = place + step
            if following <= self._size and self._sums[following] <= number:
                place = following
                number -= self._sums[following]
            step >>= 1
        self._remove(place)
        return self._candidates[place]

    def close(self, organisation: str) -> None:
        """Take out everybody of an organisation that is full."""
        for place in self._places[organisation]:
            self._remove(place)

    def _remove(self, place: int) -> None:
        if not self._present[place]:
            return
        self._present[place] = False
        weight = self._candidates[place].weight
        self.total -= weight
        node = place + 1
        while node <= self._size:
            self._sums[node] -= weight
            node += node & -node


class Selection:
    """The strata of one draw, one after another: remembers who is taken and whose house is full."""

    def __init__(self, record: Record, seed: bytes) -> None:
        self._record = record
        self._seed = seed
        self._taken: set[str] = set()
        self._strata: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in record.candidates:
            self._strata[candidate.stratum].append(candidate)

    def select(
        self,
        name: str,
        *,
        source: str,
        number: int,
        counts: Counter[str],
        conflicts: frozenset[str] = frozenset(),
    ) -> list[str]:
        """Up to ``number`` ids for the stratum ``name`` out of the candidates of ``source``;
        ``counts`` says how many each organisation has, and is brought up to date."""
        limit = self._record.max_per_organisation
        pool = Pool(
            candidate for candidate in self._strata[source] if self._admits(candidate, conflicts)
        )
        if limit is not None:
            for organisation, count in counts.items():
                if count >= limit:
                    pool.close(organisation)
        numbers = Numbers(self._seed, name)
        chosen: list[str] = []
        while len(chosen) < number and pool.total:
            candidate = pool.take(numbers.below(pool.total))
            chosen.append(candidate.id)
            house = candidate.organisation
            if house is not None:
                counts[house] += 1
                if limit is not None and counts[house] >= limit:
                    pool.close(house)
        if self._record.once:
            self._taken.update(chosen)
        return chosen

    def _admits(self, candidate: Candidate, conflicts: frozenset[str]) -> bool:
        return (
            candidate.id not in self._record.avoided_candidates
            and candidate.organisation not in self._record.avoided_organisations
            and candidate.id not in self._taken
            and candidate.id not in conflicts
        )


def run(record: Record, seed: bytes) -> dict[str, Any]:
    """The result of a checked record under its seed; ``DrawFailed`` below a quota."""
    drawn: dict[str, list[str]] = {}
    alternates: dict[str, list[str]] = {}
    evidence = {"seed": seed.hex(), "record_digest": record.digest.hex()}

    def keep(name: str, quota: int, chosen: list[str]) -> None:
        if len(chosen) < quota:
            failure = {"failed": name, **evidence}
            raise DrawFailed(name, found=len(chosen), quota=quota, result=failure)
        drawn[name], alternates[name] = chosen[:quota], chosen[quota:]

    selection = Selection(record, seed)
    counts: Counter[str] = Counter()
    for stratum in sorted(record.quota):
        quota = record.quota[stratum]
        number = quota + record.alternates[stratum]
        keep(
            stratum, quota, selection.select(stratum, source=stratum, number=number, counts=counts)
        )
    assign = record.assign
    if assign is not None:
        for id_ in drawn[assign.to]:
            name = assign.stratum_for(id_)
            chosen = selection.select(
                name,
                source=assign.source,
                number=assign.quota + assign.alternates,
                counts=Counter(),
                conflicts=assign.conflicts.get(id_, frozenset()),
            )
            keep(name, assign.quota, chosen)
    return {"drawn": drawn, "alternates": alternates, **evidence}
