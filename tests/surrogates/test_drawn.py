"""Errors of what is drawn: no jumps from one number of rows to the next, and none that all seeds share."""

import numpy as np
import pytest

import limen
from limen.sampling import Lime, Uniform
from tests.games import as_model, words_of


def explained(game, d, budget, sampler, seed=0):
    words = words_of(d)
    options = {"domain": limen.Text(units="words"), "target": 1, "surrogate": limen.Linear(), "on_doubt": "ignore"}
    model = as_model(game, words)
    return limen.explain(model, " ".join(words), budget=budget, sampler=sampler, seed=seed, **options)


@pytest.mark.parametrize("sampler", [Lime(), Uniform(0.8)], ids=repr)
def test_errors_do_not_rise_where_masks_of_whole_sizes_were_asked(sampler):
    """What is off about a mask of a size that was asked whole is known, and says nothing of the others.

    All words, or all but one: an answer that a process learns to rounding but for those few masks without which it
    would not know it. Their rest had told 80,000 times too large an error of everything else.
    """
    told = [
        explained(lambda z: 0.9 * (z.sum() >= 11), 12, rows, sampler).effects.standard_errors
        for rows in (250, 270, 600)
    ]
    few, more, many = (np.sqrt(np.mean(errors**2)) for errors in told)
    assert more < 3.0 * few
    assert many < few


def test_the_masks_that_stand_for_too_many_to_list_are_others_for_each_seed():
    """Their error is all that is left of a game that is well learnt: it would be no error if all seeds shared it.

    Under a law of independent words those that the model ignores have no effect.
    """

    def game(z):
        return 1.0 / (1.0 + np.exp(-(2.0 * z[0] - z[1] + z[2] * z[3])))

    found = [explained(game, 17, 300, Uniform(), seed) for seed in range(5)]
    ignored = np.stack([one.effects.values[4:] for one in found])
    told = np.sqrt(np.mean([one.effects.standard_errors[4:] ** 2 for one in found]))
    apart = np.sqrt(np.mean(ignored.std(axis=0, ddof=1) ** 2))
    assert 0.6 * told < apart < 1.5 * told
    assert np.abs(ignored.mean(axis=0)).max() < 4.0 * told / np.sqrt(5)
    assert found[0].effects.values == pytest.approx(explained(game, 17, 300, Uniform(), 0).effects.values, abs=0.0)
    assert found[0].proxy.gain <= 2**15 / 290
