#!/usr/bin/env python
"""The platform's command line."""

import os
import secrets
import sys

#: Commands for anybody's own files: they use nothing that a platform keeps, so they need no set-up.
STANDALONE = {"draw", "score", "verify"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trading.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    configured = {"SUNLIT_MODE", "SUNLIT_SECRET_KEY", "SUNLIT_SECRET_KEY_FILE"} & os.environ.keys()
    if not configured and STANDALONE.intersection(sys.argv[1:2]):
        os.environ["SUNLIT_SECRET_KEY"] = secrets.token_urlsafe(48)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
