"""Models with known answers, and second, independent ways to compute what limen computes."""

import itertools
import math

import numpy as np


def as_model(game, words):
    """A text model (n, 2) whose probability of class 1 is `game(mask)`; parts are told apart by their words."""

    def model(texts):
        masks = [[word in text.split() for word in words] for text in texts]
        p = np.array([float(game(np.array(mask, dtype=float))) for mask in masks])
        return np.stack([1.0 - p, p], axis=1)

    return model


def words_of(d):
    return [f"w{k:02d}" for k in range(d)]


def all_masks(d):
    return np.array(list(itertools.product([0, 1], repeat=d)), dtype=float)


def brute_force(game, law_of_size, d, order=1):
    """β* by its definition: one normal equation over all 2^d masks, masses by size given per mask."""
    masks = all_masks(d)
    mass = np.array([law_of_size(int(mask.sum())) for mask in masks])
    columns = [np.ones(len(masks)), *masks.T]
    if order == 2:
        columns += [masks[:, i] * masks[:, j] for i, j in itertools.combinations(range(d), 2)]
    phi = np.stack(columns, axis=1)
    y = np.array([game(mask) for mask in masks])
    gram = phi.T @ (mass[:, None] * phi)
    return np.linalg.solve(gram, phi.T @ (mass * y))


def lime_mass(d, width=0.25):
    """Mass of one mask that keeps s of d parts under lime's text law, written as lime does it: cosine distance."""

    def mass(s):
        if s == d:
            return 0.0
        cosine = 0.0 if s == 0 else s / math.sqrt(s * d)
        return math.sqrt(math.exp(-((100 * (1 - cosine)) ** 2) / (100 * width) ** 2)) / d / math.comb(d, s)

    return mass


def random_game(seed, d, order=3, terms=12):
    """A random polynomial of the parts, scaled into (0, 1)."""
    generator = np.random.default_rng(seed)
    sets = [
        tuple(generator.choice(d, size=generator.integers(1, min(order, d) + 1), replace=False)) for _ in range(terms)
    ]
    weights = generator.normal(size=terms)
    scale = 0.45 / np.abs(weights).sum()

    def game(z):
        return 0.5 + scale * sum(w * np.prod(z[list(s)]) for w, s in zip(weights, sets, strict=True))

    return game


def shapley_values(game, d):
    """Shapley values by their definition over all orders' marginal contributions (Shapley 1953)."""
    values = np.zeros(d)
    for i in range(d):
        others = [k for k in range(d) if k != i]
        for size in range(d):
            weight = math.factorial(size) * math.factorial(d - size - 1) / math.factorial(d)
            for chosen in itertools.combinations(others, size):
                z = np.zeros(d)
                z[list(chosen)] = 1
                without = game(z)
                z[i] = 1
                values[i] += weight * (game(z) - without)
    return values


def moebius(game, d):
    """Möbius coefficients a(S) of the game, by inclusion and exclusion: {tuple: number}."""
    value = {}
    for size in range(d + 1):
        for chosen in itertools.combinations(range(d), size):
            z = np.zeros(d)
            z[list(chosen)] = 1
            value[chosen] = game(z)
    return {
        chosen: sum(
            (-1) ** (len(chosen) - size) * value[part]
            for size in range(len(chosen) + 1)
            for part in itertools.combinations(chosen, size)
        )
        for chosen in value
    }


def faith_shap(game, d, order=2):
    """Faith-Shap interactions of the top order in closed form (Tsai, Yeh, Ravikumar, JMLR 2023, theorem 19)."""
    a = moebius(game, d)
    found = {}
    for chosen in itertools.combinations(range(d), order):
        total = a[chosen]
        for larger, coefficient in a.items():
            if len(larger) > order and set(chosen) <= set(larger):
                size = len(larger)
                ratio = math.comb(size - 1, order) / math.comb(size + order - 1, 2 * order)
                total += order / (2 * order) * ratio * coefficient
        found[chosen] = total
    return found
