"""Chapter 3, what may be changed in x: a domain cuts an instance into named parts that can be hidden."""

from limen.domains.base import Domain
from limen.domains.image import Image
from limen.domains.table import Table
from limen.domains.text import Text

__all__ = ["Domain", "Image", "Table", "Text"]
