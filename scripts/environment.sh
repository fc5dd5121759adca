#!/bin/sh
# Makes .venv with the packages of requirements/$1.txt ("base" or "dev"); does nothing when it has them.
set -eu
cd "$(dirname "$0")/.."
wanted=requirements/$1.txt
PYTHON=${PYTHON:-python3}

say() { printf '%s\n' "$*" >&2; exit 1; }

command -v "$PYTHON" >/dev/null 2>&1 || say "Python 3.11 or later is needed: install python3."
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    say "Python 3.11 or later is needed; $("$PYTHON" --version) was found. Set PYTHON=/path/to/python3.11."

mark=.venv/.has-$1-$(cksum <"$wanted" | tr ' ' '-')
[ -e "$mark" ] && exit 0

if [ ! -x .venv/bin/python ]; then
    if "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null; then
        "$PYTHON" -m venv .venv
    elif "$PYTHON" -c 'import venv, pip' 2>/dev/null; then
        "$PYTHON" -m venv --without-pip .venv
    else
        say "Python's venv or pip is needed: install python3-venv (Debian, Ubuntu) or python3-pip."
    fi
fi

# Packages are checked by hash; the client takes them from wherever this machine is set up to.
if .venv/bin/python -c 'import pip' 2>/dev/null; then
    packages() { .venv/bin/python -m pip "$@"; }
else
    packages() { "$PYTHON" -m pip --python .venv/bin/python "$@"; }
fi
packages install --quiet --disable-pip-version-check --require-hashes -r "$wanted"
# Sources that the suite reads schemas from; without them those tests say that they were skipped.
if [ "$1" = dev ]; then
    packages download --quiet --disable-pip-version-check --require-hashes --no-deps \
        -d var/sources -r requirements/sources.txt ||
        printf '%s\n' "Some sources for tests could not be had (requirements/sources.txt)." >&2
fi
rm -f .venv/.has-"$1"-*
: >"$mark"
