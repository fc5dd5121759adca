"""``python -m bidding.kit``."""

import sys

from bidding.kit.cli import main

if __name__ == "__main__":
    sys.exit(main())
