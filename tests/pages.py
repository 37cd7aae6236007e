"""What tests ask of HTML: that it is well-formed, that nothing in it can act, and what it says."""

from __future__ import annotations

import re
from html.parser import HTMLParser

HOSTILE = "<script>alert(1)</script> \"><img src=x onerror=alert(2)> &amp; ' </style></span> {{ 7 * 7 }} {% raw %}"
ACTING = {"script", "img", "iframe", "object", "link", "a", "form", "base"}
EMPTY = {"meta", "line", "rect", "path", "img", "source"}
DATA = r"data:image/png;base64,[A-Za-z0-9+/=]+"
"""The one kind of source that a picture may have: itself."""


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        assert tag in EMPTY
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def harmless(text: str) -> Page:
    """Read HTML and check that nothing in it is fetched or runs."""
    page = Page(text)
    assert not (ACTING - {"img"}) & {tag for tag, _ in page.tags}
    for tag, found in page.tags:
        assert not any(name.startswith("on") or name == "href" for name in found)
        assert "src" not in found or tag == "img"
        for name in {"src", "srcset"} & set(found):
            assert re.fullmatch(DATA, found[name] or ""), "a picture holds itself, and nothing is fetched"
    assert all("src" in found for tag, found in page.tags if tag == "img")
    styles = "".join(re.findall(r"<style>(.*?)</style>", text, re.S))
    assert not re.search(r"https?:|//|url\(|@import", styles)
    return page
