"""What will be asked about an input, decided before anything is paid: its parts, the law, the masks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from limen._errors import BudgetError, InputError
from limen._types import BoolArray, Design, FloatArray, Geometry, IntArray
from limen.results import ImageInstance, Law, Probes, TextInstance
from limen.sampling import Lime, Sampler, SizeLaw, SizeSampler, enumerate_masks, grown_masks, stratified_masks
from limen.surrogates import folds_of

PROBES_PER_PART = 3
"""Units that the domain may choose itself are made large enough for this many probes a part."""
FEW_PARTS = 8
"""So few words stay words if the budget pays for a line through them at all."""
DRAWS = 50
"""How often few masks are drawn anew until they tell the parts apart."""
SURE = 4
"""With this many masks for each coefficient they always did, and are not looked at."""
NEARLY_ALL = 0.8
"""Share of all masks from which on a round asks for the rest of them too: the answer is then exact."""
MOST_LISTED = 2**16
"""Masks that a twin is asked all of, at most."""
SPARE_PROBES = 2
"""A line through d parts has d + 1 coefficients; its errors need this many probes more."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What will be asked about one x, before anything is paid.

    masks: (n, d) the instance, the design's other masks, and the empty mask where the law fixes the ends. weights: (n)
    under the law. places: for each row of the design its row in masks. folds: for each row of the design.
    """

    sampler: SizeSampler
    law: SizeLaw
    design: Design
    with_repeat: bool
    masks: BoolArray
    weights: FloatArray
    places: IntArray
    folds: IntArray

    def grown(self, rows: int, most: int, seed: int) -> Plan:
        """The plan of more rows that has all masks of this one; x is not asked a third time.

        Where so many rows pay for most of all masks, all of them, if that is not more than `most`.
        """
        law, d = self.law, self.masks.shape[1]
        beside = 2 + (1 if law.ends_fixed else 0) - (1 if _has_own(self.design) else 0)  # x, x again, the empty mask
        n, all_masks = rows - beside, law.n_masks()
        beyond = 1 + (1 if law.ends_fixed else 0) + (0 if law.masses[d] > 0 else 1)
        if n >= NEARLY_ALL * all_masks and all_masks + beyond <= most:
            return _plan(self.sampler, law, enumerate_masks(law), False, d)
        generator = np.random.default_rng([seed, n])
        design = grown_masks(law, self.design, n, generator)
        if _has_own(design) and not _has_own(self.design):  # it was paid for already
            design = grown_masks(law, design, n + 1, generator)
        return _plan(self.sampler, self.law, design, False, d)

    def of_twin(self, ratio: float, seed: int) -> Plan:
        """The plan for a twin that is asked `ratio` times as many masks, all of these among them."""
        all_masks = self.law.n_masks()
        n = int(min(ratio * len(self.design.weights), all_masks))
        if self.design.exact or (n >= NEARLY_ALL * all_masks and all_masks <= MOST_LISTED):
            design = enumerate_masks(self.law)
        else:
            design = grown_masks(self.law, self.design, n, np.random.default_rng([seed, n, 1]))
        return _plan(self.sampler, self.law, design, False, self.masks.shape[1])

    def law_record(self) -> Law:
        """The law as the record keeps it."""
        size = float(1.0 / (self.weights**2).sum())
        return Law(self.sampler.name, self.sampler.parameters, self.law.masses, size)

    def probes(self, answers: FloatArray) -> Probes:
        """The probes as the record keeps them, with the answers (n) of one target."""
        folds = np.zeros(len(answers), dtype=np.int64)
        folds[self.places] = self.folds
        return Probes(np.packbits(self.masks, axis=1), self.masks.shape[1], answers, self.weights, folds)


def most_units(budget: int) -> int:
    """The most parts that a domain may cut x into where it chooses the units itself."""
    return max(budget // PROBES_PER_PART, min(FEW_PARTS, most_parts(budget)))


def plan_of(
    instance: TextInstance | ImageInstance, n_parts: int, sampler: Sampler | None, budget: int, seed: int
) -> Plan:
    """Choose the masks (n, n_parts); the instance comes first, whether the law gives it mass or not.

    Raises BudgetError where the budget cannot pay for a line, InputError for a law that is not of masks.
    """
    sampler = sampler or Lime()
    if not isinstance(sampler, SizeSampler):
        raise InputError(
            f"sampler is {sampler!r}, which is a law for rows of a table; for parts that are hidden give Lime(), "
            "Uniform(p), Shapley() or Sizes(masses) of limen.sampling, or None."
        )
    law = sampler.law(Geometry(n_parts, image=isinstance(instance, ImageInstance)))
    design, with_repeat = _design(law, n_parts, instance.units, budget, seed, isinstance(instance, TextInstance))
    return _plan(sampler, law, design, with_repeat, n_parts)


def _plan(sampler: SizeSampler, law: SizeLaw, design: Design, with_repeat: bool, n_parts: int) -> Plan:
    """The masks of a design, after x itself and, where the law fixes it, before the empty one."""
    full = np.ones((1, n_parts), dtype=np.bool_)
    ends = ~full if law.ends_fixed else full[:0]
    own = design.points.all(axis=1)
    places = np.where(own, 0, np.cumsum(~own))
    weights = np.zeros(1 + int((~own).sum()) + len(ends))
    weights[places] = design.weights
    masks = np.concatenate([full, design.points[~own], ends])
    return Plan(sampler, law, design, with_repeat, masks, weights, places, folds_of(design))


def _has_own(design: Design) -> bool:
    """Whether x itself is among the masks."""
    return bool(design.points.all(axis=1).any())


def _design(law: SizeLaw, d: int, units: str, budget: int, seed: int, words: bool) -> tuple[Design, bool]:
    """All masks if the budget can pay for them, else as many as it can; and whether a row is left to ask x again.

    Raises BudgetError where the budget cannot pay for a line.
    """
    beside = (0 if law.masses[d] > 0 else 1) + (1 if law.ends_fixed else 0)
    everything = law.n_masks() + beside
    if everything <= budget:
        return enumerate_masks(law), everything < budget
    n = budget - 2 - (1 if law.ends_fixed else 0)  # x itself, and x again
    if n < d + 1 + SPARE_PROBES:
        least = min(everything, d + 1 + SPARE_PROBES + budget - n)
        size = -(-d // most_parts(budget))
        larger = f"larger units, such as Text(units={size}) where they are words" if words else "fewer parts"
        raise BudgetError(
            f"budget is {budget}, and {d} {units} need at least {least} model rows; raise the budget or use {larger}."
        )
    generator = np.random.default_rng(seed)
    for _ in range(DRAWS):
        design = stratified_masks(law, n, generator)
        if n >= SURE * (d + 1) or _tells_apart(design, law.ends_fixed):
            return design, True
    raise BudgetError(
        f"budget is {budget}, and {n} masks drawn under this law do not tell {d} {units} apart; raise the "
        "budget, use larger units, or a law that hides more."
    )


def most_parts(budget: int) -> int:
    """The most parts that the budget can pay for: those that it can enumerate, or can draw a line through."""
    return max(1, budget.bit_length() - 1, budget - 4 - SPARE_PROBES)


def _tells_apart(design: Design, ends_fixed: bool) -> bool:
    """Whether a line through these masks, and the ends where they are fixed, has one solution."""
    d = design.points.shape[1]
    ends = [np.zeros((1, d)), np.ones((1, d))] if ends_fixed else []
    masks = np.concatenate([design.points.astype(np.float64), *ends])
    return bool(np.linalg.matrix_rank(np.column_stack([np.ones(len(masks)), masks])) == d + 1)
