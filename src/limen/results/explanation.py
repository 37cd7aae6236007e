"""The record that `limen.explain` hands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from limen._types import BoolArray, FloatArray
from limen.results import _io
from limen.results._check import check
from limen.results._frame import frame
from limen.results._record import Record
from limen.results.estimates import Cost, Estimate, Estimates, Fidelity, Interactions, Law, Probes, Surrogate
from limen.results.status import Doubt, Status
from limen.results.text import TextInstance

SCHEMA = "limen.explanation"


@dataclass(frozen=True, eq=False)
class Explanation(Record):
    """Why a model answered as it did on one input, to first or second order, and how far to believe it.

    Attributes
    ----------
    instance: the input as its parts, with what a picture of it needs.
    target: the class indices that were explained; their probabilities are summed. target_name: what they are called.
    scale: "probability", "log-odds" or "raw": the unit of every number here. prediction: f(x), the model's answer.
    effects: what keeping each part adds, on average over the law: the slopes of the best line (d).
    intercept: that line's value with every part hidden.
    interactions: pairs that act together (d, d), where the surrogate is quadratic, otherwise None.
    surrogate: the readable model. fidelity: how well it stands in for the model.
    status: how the model calls ended. doubts: reasons not to believe this, in no order; empty is good.
    noise: largest change of any of the model's outputs between two askings of x; None if the budget had no row for it.
    law: the neighbourhood. probes: the perturbed inputs and their answers. cost: what was spent.
    budget, seed: as they were asked for. limen_version, python_version: what made the record.

    """

    instance: TextInstance
    target: tuple[int, ...]
    target_name: str
    scale: str
    prediction: float
    effects: Estimates
    intercept: Estimate
    interactions: Interactions | None
    surrogate: Surrogate
    fidelity: Fidelity
    status: Status
    doubts: tuple[Doubt, ...]
    noise: float | None
    law: Law
    probes: Probes
    cost: Cost
    budget: int
    seed: int
    limen_version: str
    python_version: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the d parts, in reading order."""
        return self.instance.names

    @property
    def believed(self) -> bool:
        """True if there is no doubt."""
        return not self.doubts

    def top(self, count: int | None = None) -> list[int]:
        """The part numbers by falling size of effect, at most `count`; ties in reading order."""
        order = np.argsort(-np.abs(self.effects.values), kind="stable")
        return [int(part) for part in order[:count]]

    def ranked(self, count: int | None = None) -> list[tuple[str, Estimate]]:
        """The parts' names with their effects and errors, by falling size, at most `count`."""
        return [(self.parts[part], self.effects[part]) for part in self.top(count)]

    def inputs(self, masks: BoolArray | None = None) -> list[str]:
        """The perturbed inputs that the model answered, in the order of `probes`; or those of other masks (n, d)."""
        return self.instance.render(self.probes.masks if masks is None else masks)

    def predict(self, masks: BoolArray) -> FloatArray:
        """The surrogate's own answers g(z) on masks (n, d), in units of the scale."""
        z = np.asarray(masks, dtype=np.float64)
        answers = self.surrogate.intercept.value + z @ self.surrogate.slopes.values
        if self.interactions is not None:
            answers = answers + 0.5 * np.einsum("ni,ij,nj->n", z, self.interactions.values, z)
        return np.asarray(answers, dtype=np.float64)

    def to_json(self, indent: int | None = None) -> str:
        """Write the record as JSON text; `from_json` gives an equal record back, to the last digit."""
        return _io.dumps(self.to_dict(), SCHEMA, indent)

    @classmethod
    def from_json(cls, text: str) -> Explanation:
        """Read what `to_json` wrote. Raises RecordError if it is damaged or of another schema version."""
        explanation = cls.from_dict(_io.loads(text, SCHEMA))
        check(explanation)
        return explanation

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"]) -> Any:
        """Give the effects as a data frame of the named library: "pandas", "polars" or "pyarrow".

        Columns: part, effect, standard_error, low, high; a row a part in reading order.
        """
        columns = {
            "part": list(self.parts),
            "effect": self.effects.values.tolist(),
            "standard_error": self.effects.standard_errors.tolist(),
            "low": self.effects.low.tolist(),
            "high": self.effects.high.tolist(),
        }
        return frame(columns, backend)

    def __str__(self) -> str:
        from limen.results._terminal import table

        return table(self)

    def __repr__(self) -> str:
        best = ", ".join(f"{self.parts[i]!r}: {self.effects.values[i]:+.3g}" for i in self.top(3))
        doubts = "".join(f", {doubt.name}" for doubt in self.doubts)
        return f"<Explanation of {self.target_name!r}: {best}; {self.status.name}{doubts}>"

    def _repr_html_(self) -> str:
        from limen.results._html import fragment

        return fragment(self)
