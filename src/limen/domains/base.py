"""What every domain does: cut an instance into parts. It never calls the model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any


class Domain(ABC):
    """What may be changed in x. Subclasses are frozen nouns."""

    @abstractmethod
    def parse(self, x: object, most_parts: int) -> Any:
        """Cut x into parts: at most `most_parts` of them where the domain may choose the units itself.

        Gives the record of x and its parts.

        Raises InputError where x is not of this domain, or has no part.
        """
