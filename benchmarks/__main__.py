"""``python -m benchmarks [name] [--json]``: figures, their limits in the same run, ratios.

A name selects every benchmark that begins with it (``rooms`` or ``rooms.fanout``). Exit code 1
where an aim is missed.
"""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks import framework


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", default="", help="which, by the beginning of its name")
    parser.add_argument("--json", action="store_true", help="print a list of results as JSON")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    known = framework.known()
    chosen = [name for name in known if name == options.name] or [
        name for name in known if f"{name}.".startswith(f"{options.name}.") or not options.name
    ]
    if not chosen:
        print(
            f"There is no benchmark {options.name}; there are: {', '.join(known)}.", file=sys.stderr
        )
        return 2
    results = []
    for name in chosen:
        if options.here:
            found = [figure.as_dict() for figure in known[name]()]
        else:
            found = framework.run_alone(name)
        results += found
        if not options.json:
            for item in found:
                names = ("name", "figure", "unit", "limit", "aim")
                print(framework.Figure(**{key: item[key] for key in names}).line(), flush=True)
    if options.json:
        print(json.dumps(results, indent=1))
    return 0 if options.here or all(item["ok"] for item in results) else 1


if __name__ == "__main__":
    sys.exit(main())
