"""The text to explain: from the argument, a file, or standard input."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from limen.cli._errors import CommandError


def read(given: str | None, more: Sequence[str], file: Path | None) -> str:
    """Give the text, without the one line end that closes a file.

    given: the argument TEXT. more: what came after it. Raises CommandError unless there is one text, with a word in it.
    """
    if more:
        raise CommandError(f"TEXT came in {1 + len(more)} pieces, expected one; put the text in quotes.")
    if given is not None and file is not None:
        raise CommandError("TEXT and --file were both given; leave one of them out.")
    if file is not None:
        text, origin = _from_file(file), f"--file {str(file)!r}"
    elif given not in (None, "-"):
        text, origin = str(given), "TEXT"
    elif given or not sys.stdin.isatty():
        text, origin = _decoded(sys.stdin.buffer.read(), "standard input"), "standard input"
    else:
        raise CommandError('TEXT is missing; give it in quotes, as in: limen text "It looks very cute", or use --file.')
    if not text.strip():
        raise CommandError(f"{origin} is {text!r:.60}, a text without a word: nothing can be hidden. Give some words.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):  # bytes of an argument that the shell could not decode
        raise CommandError("TEXT is not valid UTF-8; give it in the encoding of your terminal, or use --file.")
    return text


def _from_file(file: Path) -> str:
    try:
        return _decoded(file.read_bytes(), f"--file {str(file)!r}")
    except OSError as error:
        raise CommandError(f"--file is {str(file)!r}, which cannot be read: {error.strerror or error}.") from error


def _decoded(content: bytes, origin: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{origin} is not UTF-8 (byte {error.start + 1}); convert it to UTF-8 first.") from error
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
