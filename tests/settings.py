"""The platform's settings in test mode, over a data folder of this run's own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from tests import memory

if memory.folder():
    # Whatever this run and its children put into a temporary folder, pytest's own too.
    tempfile.tempdir = os.environ["TMPDIR"] = memory.folder()

_DATA = tempfile.mkdtemp(prefix="sunlit-test-")
_OWNER = os.getpid()


@atexit.register
def _remove() -> None:
    """At the end of this process, not of a child that it forked."""
    if os.getpid() == _OWNER:
        shutil.rmtree(_DATA, ignore_errors=True)


os.environ["SUNLIT_MODE"] = "test"
os.environ["SUNLIT_DATA"] = _DATA
os.environ.setdefault("SUNLIT_DATABASE_URL", f"sqlite:///{_DATA}/test.sqlite3")

from trading.settings import *  # noqa: E402, F403

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, not memory: threads and processes of a test see the same database.
    DATABASES["default"]["TEST"] = {"NAME": f"{_DATA}/tests.sqlite3"}  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files are looked for when they are asked for: each client of a test is a server anew,
# and would list them all.
WHITENOISE_AUTOREFRESH = True
