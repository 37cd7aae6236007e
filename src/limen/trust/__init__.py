"""Chapter 7, may it be believed? One file for each weakness of LIME: its claim, its measure and its cure.

`limen.audit` is the door; the files here are read, not called.
"""

from limen.trust.conduct import audit

__all__ = ["audit"]
