"""Games of masks as texts or as images, with exact answers by law: looked up, or in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import limen
import mask_peers
from common import LIME, SHAPLEY, Game

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """A game, whether its parts are those of an image, and its exact answers by law."""

    game: Game
    image: bool

    def answer(self, masks: Floats) -> Floats:
        """The answers (n) to masks (n, d), by their number in binary."""
        bits = np.asarray(masks).astype(np.int64)
        found: Floats = self.game.p[bits @ (1 << np.arange(self.game.n_parts)[::-1])]
        return found

    def explained(self, sampler: Any, rows: int, seed: int, surrogate: Any = None) -> limen.Explanation:
        """Limen's explanation, by a line unless told otherwise."""
        if self.image:
            return mask_peers.limen_effects(self.answer, self.game.n_parts, rows, seed, sampler, surrogate)
        return self.game.explain(sampler, rows, seed, surrogate)

    def limen(self, sampler: Any, rows: int, seed: int) -> Floats:
        """Limen's effects (d)."""
        return self.explained(sampler, rows, seed).effects.values

    def truth(self, law: str) -> Floats:
        """The exact effects (d), or Faith-Shap interactions (pairs)."""
        rows = len(self.game.p) + 2
        if law == "pairs":
            return pairs_of(self.explained(SHAPLEY, rows, 0, limen.Quadratic()))
        return self.limen(SHAPLEY if law == "shapley" else LIME, rows, 0)


def pairs_of(found: limen.Explanation) -> Floats:
    """The interactions (d (d - 1) / 2), row by row."""
    assert found.interactions is not None
    return found.interactions.values[np.triu_indices(len(found.effects), 1)]


@dataclass(frozen=True, eq=False)
class Polynomial(Case):
    """A sum of products of parts, of whom there are too many to ask every mask: the truth is in closed form.

    game: its text and model. sets: the parts of each product. factors: their coefficients.
    """

    sets: tuple[tuple[int, ...], ...]
    factors: Floats

    def answer(self, masks: Floats) -> Floats:
        """The answers (n) to masks (n, d)."""
        z = np.asarray(masks, dtype=float)
        return sum(
            factor * z[:, list(parts)].prod(axis=1) for factor, parts in zip(self.factors, self.sets, strict=True)
        )

    def truth(self, law: str) -> Floats:
        """Shapley values: each product in equal shares; else from the moments of a law of sizes (DESIGN, section 4)."""
        d = self.game.n_parts
        if law == "shapley":
            found = np.zeros(d)
            for factor, parts in zip(self.factors, self.sets, strict=True):
                found[list(parts)] += factor / len(parts)
            return found
        masses, sizes = LIME.law(limen._types.Geometry(d)).masses, np.arange(d + 1.0)
        falling = [np.ones(d + 1)]
        for k in range(4):
            falling.append(falling[-1] * (sizes - k) / (d - k))
        moments = [float(masses @ one) for one in falling]
        gram = np.full((d + 1, d + 1), moments[2])
        gram[0], gram[:, 0] = moments[1], moments[1]
        np.fill_diagonal(gram, moments[1])
        gram[0, 0] = 1.0
        right = np.zeros(d + 1)
        for factor, parts in zip(self.factors, self.sets, strict=True):
            right += factor * np.array([moments[len(parts)], *(moments[len({*parts, j})] for j in range(d))])
        return np.linalg.solve(gram, right)[1:]


class PolynomialModel:
    """The same as a model of texts, told apart by words. Picklable."""

    classes = ("normal", "spam")

    def __init__(self, words: list[str], sets: tuple[tuple[int, ...], ...], factors: Floats) -> None:
        self.words, self.sets, self.factors = words, sets, factors

    def __call__(self, texts: list[str]) -> Floats:
        """Answers (n, 2)."""
        told = [set(text.split()) for text in texts]
        z = np.array([[word in one for word in self.words] for one in told], dtype=float)
        p = sum(factor * z[:, list(parts)].prod(axis=1) for factor, parts in zip(self.factors, self.sets, strict=True))
        return np.stack([1 - p, p], axis=1)


def polynomials(d: int, count: int = 4) -> list[Case]:
    """Games of main effects, pairs and products of three among a third of the parts, with values in [0, 1]."""
    found: list[Case] = []
    for seed in range(count):
        generator = np.random.default_rng([d, seed])
        live = generator.choice(d, d // 3, replace=False)
        sets = [(int(part),) for part in live]
        sets += [tuple(generator.choice(live, size, replace=False).tolist()) for size in (2,) * d + (3,) * (d // 2)]
        factors = generator.exponential(size=len(sets))
        words = [f"q{d}s{seed}w{place:02d}" for place in range(d)]
        model = PolynomialModel(words, tuple(sets), factors / factors.sum())
        game = Game(" ".join(words), np.zeros((0, d), dtype=bool), np.zeros(0), model)  # type: ignore[arg-type]
        found.append(Polynomial(game, False, tuple(sets), factors / factors.sum()))
    return found
