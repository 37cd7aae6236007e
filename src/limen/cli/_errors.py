"""What goes wrong, as one line on standard error and an exit code, with the library's advice in the shell's words."""

from __future__ import annotations

import re
from enum import IntEnum

from limen.results import visible

_AS_OPTIONS = [
    (re.compile(pattern), option)
    for pattern, option in (
        (r"\bscale='([\w-]+)'", r"--scale \1"),
        (r"\bsurrogate=(?:limen\.)?(\w+)\(\)", lambda found: f"--surrogate {found[1].lower()}"),
        (r"\bsampler=(\w+)\(\)", lambda found: f"--sampler {found[1].lower()}"),
        (r"\bmask_token in Text\(\)", "--mask-token"),
        (r"\b(Uniform|Lime|Ball|Manifold)\(([\d.]+)\)", lambda found: f"--sampler {found[1].lower()}:{found[2]}"),
        (r"\b(?:limen\.)?Text\(units='?(\w+)'?\)", r"--units \1"),
        (r"\bpunctuation='(\w+)' of Text\b", r"--punctuation \1"),
        (r"\bBoundary\(level=200_000\)", "--level 200000 (of limen table: --sampler boundary:200000)"),
        (r"^path is None\b", "--model is not given"),
        (r"\bGive path=FOLDER\b", "Give --model FOLDER"),
        (r"^(level|against) of Boundary is\b", r"--\1 is"),
        (r"^one of Versus is\b", "--target is"),
        (r"^other of Versus is\b", "--against is"),
        (r"^target is Versus\(one=(.*), other=(.*)\), whose sides\b", r"--target \1 and --against \2"),
        (r"\bgive Boundary a level\b", "give --level"),
        (r"^(segments|segmentations|method|fill) of Image is\b", r"--\1 is"),
        (r"\blimen\.Image\(segmentations=(\d+)\)", r"--segmentations \1"),
        (r"\bTable\(groups=\.\.\.\)", "--group NAME=A,B"),
        (r"\bin fixed=(?=\W)", "in --fixed"),
        (r"^a feature is\b", "--surface has"),
    )
]
"""How advice to Python callers is said on the command line; anything else is shown as the library said it."""


class Exit(IntEnum):
    """How the command ends."""

    BELIEVED = 0
    ERROR = 1
    USAGE = 2
    DOUBTED = 3
    INTERRUPTED = 130


class CommandError(Exception):
    """The command cannot go on; the message is one line for standard error, `code` the exit code."""

    def __init__(self, message: str, code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.code = code


def one_line(text: str) -> str:
    """Make any message one line that is safe to print."""
    return " ".join(visible(text).split())


def in_options(text: str) -> str:
    """Say advice such as scale='log-odds' as it is typed in a shell: --scale log-odds."""
    for pattern, option in _AS_OPTIONS:
        text = pattern.sub(option, text)
    return text
