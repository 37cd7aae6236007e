"""Numbers with their errors, and the small records that an explanation is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._types import BoolArray, FloatArray, IntArray, PackedArray
from limen.results._record import Record


@dataclass(frozen=True, eq=False)
class Estimate(Record):
    """One number: value, standard error, and the ends of its 95 % interval."""

    value: float
    standard_error: float
    low: float
    high: float

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True, eq=False)
class Estimates(Record):
    """A number for each part, all arrays (d): values, standard errors, ends of the 95 % intervals."""

    values: FloatArray
    standard_errors: FloatArray
    low: FloatArray
    high: FloatArray

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: int) -> Estimate:
        columns = (self.values, self.standard_errors, self.low, self.high)
        return Estimate(*(float(column[index]) for column in columns))


@dataclass(frozen=True, eq=False)
class Interactions(Record):
    """What two parts do together beyond what each does alone: arrays (d, d), symmetric, zero diagonal.

    `selected` tells which pairs are in the surrogate. A pair that a sparse surrogate left out has the value 0; its
    standard error is then the larger of the size and the standard error of the coefficient that it would have got.
    """

    values: FloatArray
    standard_errors: FloatArray
    low: FloatArray
    high: FloatArray
    selected: BoolArray

    def pair(self, i: int, j: int) -> Estimate:
        """The interaction of parts i and j, with its error."""
        columns = (self.values, self.standard_errors, self.low, self.high)
        return Estimate(*(float(column[i, j]) for column in columns))

    def strongest(self, count: int = 5) -> list[tuple[int, int]]:
        """The selected pairs (i, j), i < j, that differ from 0 at 95 %, largest first, at most `count`."""
        i, j = np.nonzero(np.triu(self.selected & ((self.low > 0) | (self.high < 0)), 1))
        order = np.argsort(-np.abs(self.values[i, j]), kind="stable")[:count]
        return [(int(i[k]), int(j[k])) for k in order]


@dataclass(frozen=True, eq=False)
class PrincipalAxes(Record):
    """The directions in which a quadratic bends, the strongest first, among the parts that move on a scale.

    curvatures: (r) second derivatives along the directions, with errors; > 0 is a valley, < 0 a ridge. directions:
    (r, d) unit vectors in background standard deviations, 0 for parts that are kept or hidden.
    """

    curvatures: Estimates
    directions: FloatArray


@dataclass(frozen=True, eq=False)
class Surrogate(Record):
    """The readable model itself: g(z) = intercept + slopes · z (+ the sum of interactions over kept pairs).

    `kind` is "linear" or "quadratic". For a quadratic the slopes differ from the effects, which are always those of
    the best line.
    """

    kind: str
    intercept: Estimate
    slopes: Estimates


@dataclass(frozen=True, eq=False)
class Fidelity(Record):
    """How well the surrogate stands in for the model.

    linear, quadratic: R² under the law on probes that the fit has not seen (leave-one-out), or under the whole law
    where every mask was answered; None where that surrogate was not fitted, has as many coefficients as there are
    probes, or where the answers do not vary. gap: |g(x) - f(x)|, on the explained scale. n_probes: probes with weight.
    """

    linear: Estimate | None
    quadratic: Estimate | None
    gap: Estimate
    n_probes: int


@dataclass(frozen=True, eq=False)
class Cost(Record):
    """What was spent: rows sent to the model, distinct inputs among them, seconds in the model and in all."""

    model_rows: int
    distinct_rows: int
    model_seconds: float
    total_seconds: float


@dataclass(frozen=True, eq=False)
class Law(Record):
    """The law of the neighbourhood: name, parameters as text, and mass on each number 0..d of kept parts (d + 1).

    masses: None for laws of table rows, which are not told by numbers of parts.
    """

    name: str
    parameters: str
    masses: FloatArray | None
    effective_sample_size: float

    def __str__(self) -> str:
        return f"{self.name}({self.parameters})"


@dataclass(frozen=True, eq=False)
class Probes(Record):
    """The perturbed inputs and what the model said: the instance itself comes first.

    packed: (n, ceil(d / 8)) masks, eight to a byte. n_parts: d. answers: (n) on the explained scale. weights: (n), sum
    to 1; 0 for the instance where the law gives it no mass. folds: (n) 0 or 1; a sparse quadratic picks its pairs on
    fold 0 and is fitted on fold 1.
    """

    packed: PackedArray
    n_parts: int
    answers: FloatArray
    weights: FloatArray
    folds: IntArray

    @property
    def masks(self) -> BoolArray:
        """(n, d), True = the part was kept."""
        unpacked: BoolArray = np.unpackbits(self.packed, axis=1, count=self.n_parts).astype(np.bool_)
        return unpacked

    def __len__(self) -> int:
        return len(self.answers)


@dataclass(frozen=True, eq=False)
class TableProbes(Record):
    """The perturbed rows and what the model said: x itself comes first.

    values: (n, m) encoded rows; `explanation.inputs()` makes a frame of them. points: (n, d) their coordinates, on
    which the surrogates were fitted. answers, weights, folds: as in Probes.
    """

    values: FloatArray
    points: FloatArray
    answers: FloatArray
    weights: FloatArray
    folds: IntArray

    def __len__(self) -> int:
        return len(self.answers)
