"""The errors and the warnings of limen, to be caught or filtered by name; their tree is drawn in `limen._errors`."""

from limen._errors import (
    BudgetError,
    DivergedError,
    DoubtError,
    DoubtWarning,
    ExplosionWarning,
    InputError,
    LimenError,
    MissingError,
    ModelError,
    RecordError,
)

__all__ = [
    "BudgetError",
    "DivergedError",
    "DoubtError",
    "DoubtWarning",
    "ExplosionWarning",
    "InputError",
    "LimenError",
    "MissingError",
    "ModelError",
    "RecordError",
]
