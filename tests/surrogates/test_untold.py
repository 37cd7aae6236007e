"""What few rows cannot tell is not told as certain: fits that meet every row by chance, R² that hangs on one row."""

import numpy as np
import pytest

import limen
from limen.sampling import Lime, Shapley, Uniform
from tests.games import all_masks

TEXT = "free win a b c d e f"


def hidden_and(texts):
    """A line in two words, and a jump where four others are all hidden, which few masks do: (n, 2)."""
    kept = [set(text.split()) for text in texts]
    p = np.array([0.05 + 0.3 * ("free" in k) + 0.2 * ("win" in k) + 0.4 * (not k & set("abcd")) for k in kept])
    return np.stack([1 - p, p], axis=1)


def settings(sampler):
    return {"target": 1, "sampler": sampler, "surrogate": limen.Linear(), "on_doubt": "ignore"}


@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Uniform(0.8), Shapley()], ids=repr)
@pytest.mark.parametrize("budget", [14, 20, 30])
def test_a_line_that_meets_every_row_by_chance_covers_what_it_missed(sampler, budget):
    truth = limen.explain(hidden_and, TEXT, budget=5000, **settings(sampler)).effects.values
    inside, told = [], []
    for seed in range(25):
        found = limen.explain(hidden_and, TEXT, budget=budget, seed=seed, **settings(sampler)).effects
        inside.append((found.low <= truth) & (truth <= found.high))
        told.append(found.standard_errors.min())
    assert np.mean(inside) >= 0.95  # intervals of no width covered an eighth to three quarters of the effects
    assert min(told) > 5e-3


def test_the_least_error_goes_with_the_rows_and_ends_with_the_last_mask():
    def line(texts):
        p = np.array([0.1 + 0.3 * ("free" in t.split()) + 0.2 * ("win" in t.split()) for t in texts])
        return np.stack([1 - p, p], axis=1)

    errors = [
        limen.explain(line, TEXT, budget=budget, **settings(Uniform())).effects.standard_errors.max()
        for budget in (20, 60, 200, 258)
    ]
    assert errors[0] > errors[1] > errors[2] > 0
    assert errors[2] < 2e-3
    assert errors[3] == 0  # all 256 masks


def test_r2_of_a_fit_without_ends_is_not_told_to_be_far_below_that_of_a_constant():
    lows = []
    for seed in range(20):
        found = limen.explain(hidden_and, TEXT, budget=60, seed=seed, **settings(Uniform()))
        lows.append(found.fidelity.linear.low)
    masks = all_masks(8)
    y = hidden_and([" ".join(np.array(TEXT.split())[mask == 1]) for mask in masks])[:, 1]
    columns = np.column_stack([np.ones(len(masks)), masks])
    best = 1 - np.mean((y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]) ** 2) / y.var()
    assert min(lows) > -2  # one row may carry all that is lost; alone it would speak for less than -1,000
    assert np.mean(np.array(lows) <= best) >= 0.9
