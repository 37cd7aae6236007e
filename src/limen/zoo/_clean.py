"""How a comment is tidied before the tokenizer sees it; training and inference share this one function."""

import html
import re

_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def clean(text: str) -> str:
    """Undo HTML entities and line-break tags, and make every run of white space one blank.

    The YouTube comments were scraped from web pages (``&#39;`` for an apostrophe), what a user types was not: after
    this step both look the same. Unescaping is done once, so a text that speaks of ``&amp;lt;`` keeps its meaning.
    Surrogate halves, which no encoding of Unicode can carry, become question marks.
    """
    text = _LINE_BREAK.sub(" ", html.unescape(text)).replace("\ufeff", "")
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
