#!/usr/bin/env python3
"""Run a published draw again, with nothing but Python 3.9 or newer.

    python3 redraw.py FILE.json

FILE.json holds what was published: {"record": ..., "reveals": {party: hex}} gives the result;
with "commitments", "result" and "leaves" as well, everything is verified against each other.
Prints the result and what is wrong with it. Exit code 0: the draw holds; 1: it does not; 2: the
file is not a draw. Inclusion of the leaves in the ledger is checked with the ledger's own proofs.

How a draw works (SUNLIT-DRAW-1). Every party first publishes SHA-256("SUNLIT-COMMIT-1|", digest of
the record, SHA-256(party), reveal), then its 32 random bytes, the reveal. All reveals make the
seed; nobody who revealed last could choose. In each stratum the candidates stand in order of id;
a number below the sum of their weights, from HMAC-SHA256 under the seed, walks along them.
"""

import hashlib
import hmac
import json
import re
import sys

FIELDS = {
    "id", "version", "purpose", "parties", "candidates", "avoid", "quota", "alternates",
    "max_per_organisation", "once", "assign",
}  # fmt: skip
PHASES = ["record", "commitments", "reveals", "result"]
NAME = re.compile(r"[a-z0-9.:_-]{1,160}", re.ASCII)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
LARGEST = 2**53 - 1


class Malformed(Exception):
    """The file, or something in it, is not of the form of a draw."""


class Failed(Exception):
    """A stratum had too few candidates; carries the published outcome."""

    def __init__(self, outcome):
        super().__init__(f"The stratum {outcome['failed']} had too few candidates.")
        self.outcome = outcome


# --- canonical JSON: RFC 8785 with ASCII keys and integers only -------------------------------


def canonical(value):
    """The canonical bytes of a value that ``read_json`` gave."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_json(data):
    """JSON without duplicate keys, floats, lone surrogates, or integers that are too large."""
    try:
        text = data.decode()
        value = json.loads(
            text,
            object_pairs_hook=_no_duplicates,
            parse_int=_integer,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
        canonical(value)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"This is not JSON of the restricted kind: {error}") from None
    return value


def _no_duplicates(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    if not all(key.isascii() for key in found):
        raise ValueError("a key is not ASCII")
    return found


def _integer(text):
    if len(text) > 17 or abs(int(text)) > LARGEST:
        raise ValueError(f"{text[:40]} is too large for an integer")
    return int(text)


def _no_float(text):
    raise ValueError(f"{text[:40]} is not an integer")


def sha256(*parts):
    """SHA-256 of the parts one after another."""
    return hashlib.sha256(b"".join(parts)).digest()


# --- the record ---------------------------------------------------------------------------------


def check_record(record):
    """Raise ``Malformed``, naming the field, unless the record keeps every rule of the format."""
    fields(record, FIELDS, "the record", optional={"reasons"})
    name(record["id"], "id")
    need(record["version"] == "SUNLIT-DRAW-1", "version")
    need(isinstance(record["purpose"], str) and record["purpose"] != "", "purpose")
    parties = names(record["parties"], "parties")
    need(len(parties) >= 3 and parties == sorted(parties), "parties")
    need(isinstance(record["candidates"], list), "candidates")
    seen = set()
    for place, candidate in enumerate(record["candidates"]):
        where = f"candidates[{place}]"
        fields(candidate, {"id", "weight", "stratum", "organisation"}, where)
        name(candidate["id"], f"{where}.id")
        name(candidate["stratum"], f"{where}.stratum")
        integer(candidate["weight"], f"{where}.weight", 1)
        if candidate["organisation"] is not None:
            name(candidate["organisation"], f"{where}.organisation")
        need((candidate["id"], candidate["stratum"]) not in seen, where)
        seen.add((candidate["id"], candidate["stratum"]))
    avoid = record["avoid"]
    fields(avoid, {"candidates", "organisations"}, "avoid")
    avoided = names(avoid["candidates"], "avoid.candidates")
    avoided += names(avoid["organisations"], "avoid.organisations")
    reasons = record.get("reasons", {})
    need(isinstance(reasons, dict) and set(reasons) <= set(avoided), "reasons")
    need(all(isinstance(text, str) and text for text in reasons.values()), "reasons")
    if record["max_per_organisation"] is not None:
        integer(record["max_per_organisation"], "max_per_organisation", 1)
    need(isinstance(record["once"], bool), "once")
    check_assign(record["assign"])
    quota = quota_of(record)
    need(quota != {}, "quota")
    for stratum, number in quota.items():
        name(stratum, "quota")
        integer(number, f"quota.{stratum}", 1)
    alternates = record["alternates"]
    if isinstance(alternates, dict):
        need(set(alternates) <= set(quota), "alternates")
    for number in alternates.values() if isinstance(alternates, dict) else [alternates]:
        integer(number, "alternates", 0)
    check_assigned_strata(record, quota)


def check_assign(assign):
    """The part of the record that says whom to draw for each drawn id."""
    if assign is None:
        return
    fields(assign, {"to", "from", "quota", "alternates", "conflicts"}, "assign")
    name(assign["to"], "assign.to")
    name(assign["from"], "assign.from")
    integer(assign["quota"], "assign.quota", 1)
    integer(assign["alternates"], "assign.alternates", 0)
    need(isinstance(assign["conflicts"], dict), "assign.conflicts")
    for id_, ids in assign["conflicts"].items():
        name(id_, "assign.conflicts")
        names(ids, f"assign.conflicts.{id_}")


def check_assigned_strata(record, quota):
    """The strata that ``assign`` makes are names, and none of them is drawn otherwise."""
    assign = record["assign"]
    if assign is None:
        return
    need(assign["to"] in quota, "assign.to")
    need(assign["from"] not in quota, "assign.from")
    for candidate in record["candidates"]:
        if candidate["stratum"] == assign["to"]:
            made = f"{assign['from']}:{candidate['id']}"
            name(made, "assign.from")
            need(made not in quota, "quota")


def quota_of(record):
    """The quota of each stratum, also where one integer stands for all."""
    quota = record["quota"]
    if isinstance(quota, dict):
        return quota
    integer(quota, "quota", 1)
    source = record["assign"] and record["assign"]["from"]
    return {c["stratum"]: quota for c in record["candidates"] if c["stratum"] != source}


def need(condition, field):
    """Raise unless the condition holds."""
    if not condition:
        raise Malformed(f"The field {field} is not as the format says.")


def fields(value, required, where, optional=frozenset()):
    """An object with exactly these fields."""
    if not isinstance(value, dict):
        raise Malformed(f"{where} must be an object.")
    wrong = {key for key in value if key not in optional} ^ set(required)
    if wrong:
        raise Malformed(f"{where} has unknown fields or lacks some: {', '.join(sorted(wrong))}.")


def name(value, field):
    """A name of the alphabet."""
    need(isinstance(value, str) and NAME.fullmatch(value) is not None, field)


def names(value, field):
    """A list of different names."""
    need(isinstance(value, list), field)
    for place, item in enumerate(value):
        name(item, f"{field}[{place}]")
    need(len(set(value)) == len(value), field)
    return list(value)


def integer(value, field, least):
    """An integer, and not a boolean."""
    need(type(value) is int and least <= value <= LARGEST, field)


# --- the draw -----------------------------------------------------------------------------------


def draw(record, reveals):
    """The result; ``reveals`` holds 32 bytes for each party. ``Failed`` below a quota."""
    check_record(record)
    wrong = set(reveals) ^ set(record["parties"])
    if wrong:
        raise Malformed(f"reveals must name exactly the parties: {', '.join(sorted(wrong))}.")
    for party, reveal in reveals.items():
        if not isinstance(reveal, bytes) or len(reveal) != 32:
            raise Malformed(f"The reveal of {party} must be 32 bytes.")
    digest = sha256(canonical(record))
    parts = [sha256(sha256(party.encode()), reveals[party]) for party in record["parties"]]
    seed = sha256(b"SUNLIT-SEED-1|", digest, *parts)
    evidence = {"seed": seed.hex(), "record_digest": digest.hex()}
    drawn, alternates = {}, {}
    taken = set()

    def select(stratum, source, quota, extra, counts, conflicts):
        chosen = walk(record, seed, stratum, source, quota + extra, counts, taken | set(conflicts))
        if len(chosen) < quota:
            raise Failed({"failed": stratum, **evidence})
        if record["once"]:
            taken.update(chosen)
        drawn[stratum], alternates[stratum] = chosen[:quota], chosen[quota:]

    counts = {}
    for stratum, quota in sorted(quota_of(record).items()):
        extra = record["alternates"]
        if isinstance(extra, dict):
            extra = extra.get(stratum, 0)
        select(stratum, stratum, quota, extra, counts, ())
    assign = record["assign"]
    for id_ in drawn[assign["to"]] if assign else []:
        stratum = f"{assign['from']}:{id_}"
        conflicts = assign["conflicts"].get(id_, ())
        select(stratum, assign["from"], assign["quota"], assign["alternates"], {}, conflicts)
    return {"drawn": drawn, "alternates": alternates, **evidence}


def walk(record, seed, stratum, source, number, counts, excluded):
    """Up to ``number`` ids, one after another, each found by walking along the weights."""
    avoid = record["avoid"]
    pool = sorted(
        (
            candidate
            for candidate in record["candidates"]
            if candidate["stratum"] == source
            and candidate["id"] not in excluded
            and candidate["id"] not in avoid["candidates"]
            and candidate["organisation"] not in avoid["organisations"]
        ),
        key=lambda candidate: candidate["id"],
    )
    limit = record["max_per_organisation"]
    numbers = below_numbers(seed, stratum)
    next(numbers)
    chosen = []
    while len(chosen) < number:
        eligible = [
            candidate
            for candidate in pool
            if limit is None
            or candidate["organisation"] is None
            or counts.get(candidate["organisation"], 0) < limit
        ]
        if not eligible:
            break
        rest = numbers.send(sum(candidate["weight"] for candidate in eligible))
        next(numbers)
        for candidate in eligible:
            if rest < candidate["weight"]:
                break
            rest -= candidate["weight"]
        chosen.append(candidate["id"])
        pool.remove(candidate)
        organisation = candidate["organisation"]
        counts[organisation] = counts.get(organisation, 0) + 1
    return chosen


def below_numbers(seed, stratum):
    """A generator that is sent a bound and answers with a number below it."""
    key = hmac.new(seed, b"SUNLIT-DRAW-1|" + stratum.encode(), "sha256").digest()
    count = 0
    while True:
        bound = yield
        while True:
            block = hmac.new(key, count.to_bytes(8, "big"), "sha256").digest()
            count += 1
            value = int.from_bytes(block[:16], "big")
            if value < 2**128 // bound * bound:
                break
        yield value % bound


# --- the bundle ---------------------------------------------------------------------------------


def unhex(value, field, size=None):
    """Bytes of lower-case hex."""
    if not isinstance(value, str) or not re.fullmatch(r"(?:[0-9a-f]{2})*", value):
        raise Malformed(f"{field} must be lower-case hex.")
    data = bytes.fromhex(value)
    if size is not None and len(data) != size:
        raise Malformed(f"{field} must be {size} bytes.")
    return data


def of_parties(bundle, field):
    """``{party: 32 bytes}`` of a bundle's commitments or reveals."""
    value = bundle[field]
    if not isinstance(value, dict) or set(value) != set(bundle["record"]["parties"]):
        raise Malformed(f"{field} must name exactly the parties of the record.")
    return {party: unhex(text, f"{field}.{party}", 32) for party, text in value.items()}


def verify(bundle):
    """The outcome that record and reveals give, and a list of what does not agree with it."""
    optional = {"commitments", "result", "leaves", "checkpoint"}
    fields(bundle, {"record", "reveals"}, "the file", optional=optional)
    record = bundle["record"]
    check_record(record)
    reveals = of_parties(bundle, "reveals")
    try:
        outcome = draw(record, reveals)
    except Failed as failure:
        outcome = failure.outcome
    wrong = []
    digest = sha256(canonical(record))
    if "commitments" in bundle:
        for party, published in of_parties(bundle, "commitments").items():
            made = sha256(b"SUNLIT-COMMIT-1|", digest, sha256(party.encode()), reveals[party])
            if made != published:
                wrong.append(f"The reveal of {party} is not what {party} committed to.")
    if "result" in bundle and canonical(bundle["result"]) != canonical(outcome):
        wrong.append("The published result is not the one that record and reveals give.")
    if "leaves" in bundle:
        wrong += check_leaves(bundle, digest)
    return outcome, wrong


def check_leaves(bundle, digest):
    """What is wrong with the four leaves and their order."""
    leaves = bundle["leaves"]
    if not isinstance(leaves, list) or not all(isinstance(leaf, dict) for leaf in leaves):
        raise Malformed("leaves must be a list of objects.")
    if [leaf.get("phase") for leaf in leaves] != PHASES:
        return [f"leaves must be one for each phase, in order: {', '.join(PHASES)}."]
    wrong = []
    before = None
    for leaf, phase in zip(leaves, PHASES):  # noqa: B905 (Python 3.9 has no strict)
        fields(leaf, {"index", "at", "phase", "leaf"}, f"the leaf of {phase}", optional={"proof"})
        integer(leaf["index"], f"index of {phase}", 0)
        need(isinstance(leaf["at"], str) and TIME.fullmatch(leaf["at"]), f"at of {phase}")
        data = unhex(leaf["leaf"], f"leaf of {phase}")
        content = read_json(data)
        fields(content, {"v", "at", "entry"}, f"the leaf of {phase}")
        entry = {"act", "actor", "subject", "digests", "context"}
        fields(content["entry"], entry, f"the entry of {phase}")
        expected = {"record": digest.hex()}
        if phase != "record":
            if phase not in bundle:
                raise Malformed(f"leaves cannot be checked without {phase}.")
            expected[phase] = sha256(canonical(bundle[phase])).hex()
        if canonical(content) != data or (content["v"], content["at"]) != (1, leaf["at"]):
            wrong.append(f"The leaf of {phase} is not a plain leaf of that time.")
        if content["entry"]["digests"] != expected:
            wrong.append(f"The leaf of {phase} does not hold the digests of what was published.")
        if before and (leaf["index"] <= before["index"] or leaf["at"] < before["at"]):
            wrong.append(f"The leaf of {phase} does not stand after the one before it.")
        before = leaf
    return wrong


def main(arguments):
    """The exit code; see the top of this file."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python3 redraw.py FILE.json\n")
        return 2
    try:
        with open(arguments[0], "rb") as file:  # noqa: PTH123 (one file, as plain as can be)
            outcome, wrong = verify(read_json(file.read()))
    except (Malformed, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(outcome, indent=2, sort_keys=True) + "\n")
    for reason in wrong:
        sys.stderr.write(f"{reason}\n")
    sys.stderr.write("The draw does not hold.\n" if wrong else "The draw holds.\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
