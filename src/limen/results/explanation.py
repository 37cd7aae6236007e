"""The record that `limen.explain` hands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from limen._errors import InputError
from limen._types import BoolArray, FloatArray
from limen.results._check import check
from limen.results._document import Document
from limen.results._frame import explanation_columns, frame
from limen.results.estimates import (
    Cost,
    Estimate,
    Estimates,
    Fidelity,
    Interactions,
    Law,
    PrincipalAxes,
    Probes,
    Surrogate,
    TableProbes,
)
from limen.results.image import ImageInstance, PixelMap
from limen.results.image_curves import Curves
from limen.results.neighbourhood import Boundary, Surface, WidthPath
from limen.results.rounds import Proxy, Ranking, Round, ranking
from limen.results.status import Doubt, Status
from limen.results.table import TableInstance
from limen.results.text import TextInstance

DIFFERENCES = {
    "probability": "difference of probabilities",
    "log-odds": "difference of log-probabilities",
    "raw": "difference of outputs",
}
"""What the scales are called where one side is explained against another."""


@dataclass(frozen=True, eq=False)
class Explanation(Document):
    """Why a model answered as it did on one input, to first or second order, and how far to believe it.

    Attributes
    ----------
    instance: the input as its parts, with what a picture of it needs.
    target: the class indices that were explained; their probabilities are summed. target_name: what they are called.
    against: the class indices whose probabilities were taken off, where one side was explained against another.
    scale: "probability", "log-odds" or "raw": the unit of every number here. prediction: f(x), the model's answer.
    effects: what keeping each part adds, on average over the law: the slopes of the best line (d).
    intercept: that line's value with every part hidden.
    interactions: pairs that act together (d, d), where the surrogate is quadratic, otherwise None.
    curvature: second derivative for each part that moves on a scale (d), per squared background standard deviation.
    axes: the directions in which the quadratic bends. contributions: what each part of a table row adds: f(x) less the
    mean answer where that part alone is drawn from the background (d).
    segment_effects: the effects of an image's parts in each of its segmentations; `pixels` lays them over the image.
    boundary: the nearest change of decision, where it was looked for. path: the widths that were tried.
    (These five are None where they do not apply.)
    surrogate: the readable model. fidelity: how well it stands in for the model.
    status: how the model calls ended. doubts: reasons not to believe this, in no order; empty is good.
    noise: largest change of any of the model's outputs between two askings of x; None if the budget had no row for it.
    law: the neighbourhood. probes: the perturbed inputs and their answers. cost: what was spent.
    budget, seed: as they were asked for. limen_version, python_version: what made the record.
    surfaces: what `Explainer.with_surface` asked the model for pictures; empty unless it was called.
    curves: deletion and insertion of an image's parts, which `Explainer.with_curves` asked for; otherwise None.
    proxy: what answered for masks that were not asked; None where all were, or for rows of a table.
    rounds: how the rows were spent where a tolerance was given.

    """

    SCHEMA = "limen.explanation"

    instance: TextInstance | TableInstance | ImageInstance
    target: tuple[int, ...]
    target_name: str
    scale: str
    prediction: float
    effects: Estimates
    intercept: Estimate
    interactions: Interactions | None
    curvature: Estimates | None
    axes: PrincipalAxes | None
    contributions: Estimates | None
    boundary: Boundary | None
    path: WidthPath | None
    surrogate: Surrogate
    fidelity: Fidelity
    status: Status
    doubts: tuple[Doubt, ...]
    noise: float | None
    law: Law
    probes: Probes | TableProbes
    cost: Cost
    budget: int
    seed: int
    limen_version: str
    python_version: str
    surfaces: tuple[Surface, ...] = ()
    segment_effects: tuple[Estimates, ...] = ()
    curves: Curves | None = None
    against: tuple[int, ...] = ()
    proxy: Proxy | None = None
    rounds: tuple[Round, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the d parts, in reading order."""
        return self.instance.names

    @property
    def unit(self) -> str:
        """What every number here is counted in: the scale, or a difference of it between the target and `against`."""
        return DIFFERENCES.get(self.scale, self.scale) if self.against else self.scale

    @property
    def pixels(self) -> PixelMap | None:
        """What each pixel of an image adds, over all its segmentations; None for other inputs."""
        if not isinstance(self.instance, ImageInstance):
            return None
        return PixelMap(self.instance.labels, self.segment_effects)

    @property
    def believed(self) -> bool:
        """True if there is no doubt."""
        return not self.doubts

    def top(self, count: int | None = None) -> list[int]:
        """The part numbers by falling size of effect, at most `count`; ties in reading order."""
        order = np.argsort(-np.abs(self.effects.values), kind="stable")
        return [int(part) for part in order[:count]]

    def ranking(self, count: int = 5) -> Ranking:
        """The first `count` places by size of effect, ties together, and whether they are decided (95 %)."""
        return ranking(self.effects, min(count, len(self.effects)) if count == 5 else count)

    def ranked(self, count: int | None = None) -> list[tuple[str, Estimate]]:
        """The parts' names with their effects and errors, by falling size, at most `count`."""
        return [(self.parts[part], self.effects[part]) for part in self.top(count)]

    @property
    def slopes_per_sd(self) -> Estimates:
        """The effect of each number (d) per background standard deviation; NaN for parts that are kept or hidden."""
        return self._slopes(np.ones(len(self.effects)))

    @property
    def slopes_per_unit(self) -> Estimates:
        """The effect of each number (d) per unit of its column (dates: per day); NaN for other parts."""
        return self._slopes(1.0 / self._scales())

    def hessian(self, *, per_unit: bool = False) -> tuple[FloatArray, FloatArray]:
        """Second derivatives of the quadratic and their standard errors, both (d, d), symmetric, H_ii = 2 c_ii.

        Between parts of which one is kept or hidden an entry is their interaction; their own diagonal is NaN. In
        background standard deviations, or with `per_unit` in units of the columns. Raises InputError for a line.
        """
        if self.interactions is None:
            raise InputError("surrogate is a line, which has no Hessian; explain with surrogate=limen.Quadratic().")
        pair = self.interactions
        values, errors = pair.values.copy(), pair.standard_errors.copy()
        bent = self.curvature
        np.fill_diagonal(values, np.nan if bent is None else bent.values)
        np.fill_diagonal(errors, np.nan if bent is None else bent.standard_errors)
        scales = self._scales() if per_unit else np.ones(len(values))
        return values / np.outer(scales, scales), errors / np.outer(scales, scales)

    def inputs(self, masks: BoolArray | None = None) -> Any:
        """The perturbed inputs that the model answered, in the order of `probes`: texts, images, or a frame of rows.

        For texts and images also those of other masks (n, d) of the first segmentation.
        """
        if isinstance(self.instance, TextInstance | ImageInstance) and isinstance(self.probes, Probes):
            return self.instance.render(self.probes.masks if masks is None else masks)
        if (
            masks is not None
            or not isinstance(self.probes, TableProbes)
            or not isinstance(self.instance, TableInstance)
        ):
            raise InputError("masks are of texts and images, and this explanation is of a table row; leave them out.")
        return self.instance.render(self.probes.values)

    def predict(self, points: BoolArray | FloatArray) -> FloatArray:
        """The surrogate's own answers g(z), in units of the scale, at masks or coordinates (n, d) as in `probes`."""
        z = np.asarray(points, dtype=np.float64)
        answers = self.surrogate.intercept.value + z @ self.surrogate.slopes.values
        if self.interactions is not None:
            answers = answers + 0.5 * np.einsum("ni,ij,nj->n", z, self.interactions.values, z)
        if self.curvature is not None:
            answers = answers + 0.5 * z**2 @ np.nan_to_num(self.curvature.values)
        return np.asarray(answers, dtype=np.float64)

    def _scales(self) -> FloatArray:
        return self.instance.part_scales if isinstance(self.instance, TableInstance) else np.ones(len(self.effects))

    def _slopes(self, factors: FloatArray) -> Estimates:
        reals = np.zeros(len(factors), dtype=np.bool_)
        if isinstance(self.instance, TableInstance) and self.law.name != "lime":  # whose coordinates are bins
            reals = self.instance.reals
        by = np.where(reals, factors, np.nan)
        found = self.effects
        return Estimates(found.values * by, found.standard_errors * by, found.low * by, found.high * by)

    def _check(self) -> None:
        check(self)

    def to_frame(self, backend: Literal["pandas", "polars", "pyarrow"]) -> Any:
        """Give the numbers of each part, in reading order, as a frame of "pandas", "polars" or "pyarrow".

        Columns for a text: part, effect, standard_error, low, high. For a table row: part, value, kind ("real", "flip",
        "known", "fixed"), contribution, slope_per_sd, slope_per_unit, curvature (per squared standard deviation) and
        kept (what keeping a category as it is adds), each of the last five with three more columns, as
        contribution_standard_error, contribution_low, contribution_high; NaN where a part has no such number.
        """
        return frame(explanation_columns(self), backend)

    def __str__(self) -> str:
        from limen.results._terminal import table

        return table(self)

    def __repr__(self) -> str:
        best = ", ".join(f"{self.parts[i]!r}: {self.effects.values[i]:+.3g}" for i in self.top(3))
        doubts = "".join(f", {doubt.name}" for doubt in self.doubts)
        return f"<Explanation of {self.target_name!r}: {best}; {self.status.name}{doubts}>"

    def _repr_html_(self) -> str:
        if isinstance(self.instance, TableInstance):
            from limen.results._table_html import table_fragment

            return table_fragment(self)
        if isinstance(self.instance, ImageInstance):
            from limen.results._image_html import image_fragment

            return image_fragment(self)
        from limen.results._html import fragment

        return fragment(self)
