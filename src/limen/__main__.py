"""`python -m limen` is the command line."""

import sys

from limen.cli import main

if __name__ == "__main__":
    sys.exit(main())
