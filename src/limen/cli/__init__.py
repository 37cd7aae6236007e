"""The command line, `limen`: a door that uses public names only; what it cannot do, a user cannot either.

Exit codes: 0 explained and believed, 3 explained with doubts, 2 wrong usage, 1 error, 130 interrupted.
"""

from limen.cli.app import main

__all__ = ["main"]
