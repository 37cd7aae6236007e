"""One door out: an explanation as an HTML page that needs nothing beside itself.

`page(explanation)` gives the document as text, `save(explanation, path)` writes it.
"""

from limen.report.page import page, save

__all__ = ["page", "save"]
