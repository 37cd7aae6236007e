"""One door out: a record as an HTML page that needs nothing beside itself.

`page(record)` gives the document as text, `save(record, path)` writes it; an Explanation, a GradientFlow, Remedies, or
any other record that a notebook shows as HTML.
"""

from limen.report.page import page, save

__all__ = ["page", "save"]
