"""A cheap twin beside a model: the answer and the budget stay the model's, the errors are what it gains."""

import numpy as np
import pytest

import limen
from limen.models import Twin, Versus, predictor
from limen.results import Explanation, Status
from limen.sampling import Shapley
from limen.surrogates import ridge
from tests.twins import TEXT, WORDS, Counted, error_of, every_law, exact, explained, two_laws


@every_law
@pytest.mark.parametrize("ratio", [1, 7.5])
def test_the_budget_is_the_models_and_the_twins_rows_are_the_ratio_times_that(sampler, ratio):
    model, cheap = Counted(), Counted(shift=1.0)
    found = explained(Twin(model, cheap, ratio), sampler=sampler)
    assert 119 <= model.rows <= 120  # where masks come in pairs an odd row is left
    assert found.cost.model_rows == model.rows
    assert cheap.rows == found.proxy.twin_rows == pytest.approx(ratio * model.rows, rel=0.05, abs=3)
    assert found.proxy.twin_seconds > 0
    assert set(model.came) <= set(cheap.came)
    assert max(cheap.came.values()) == 1
    assert {text for text, times in model.came.items() if times > 1} == {TEXT}
    assert model.came[TEXT] == 2


@every_law
@pytest.mark.parametrize("ratio", [10, 100], ids=["sample", "all masks"])
def test_a_perfect_twin_leaves_far_smaller_errors(sampler, ratio):
    alone, helped = explained(Counted(), sampler=sampler), explained(Twin(Counted(), Counted(), ratio), sampler=sampler)
    assert helped.proxy.name == "twin"
    assert helped.proxy.gain > 100
    assert helped.effects.standard_errors.max() < 0.1 * alone.effects.standard_errors.max()
    assert error_of(helped, sampler) < 0.1 * error_of(alone, sampler)
    assert error_of(helped, sampler) < 5 * helped.effects.standard_errors.max()


@every_law
def test_the_gain_counts_what_the_twins_own_sample_leaves_open(sampler):
    alone = explained(Counted(), sampler=sampler)
    helped = explained(Twin(Counted(), Counted(triples=13), 10), sampler=sampler)
    assert helped.proxy.name == "twin"
    smaller = np.mean(alone.effects.standard_errors**2) / np.mean(helped.effects.standard_errors**2)
    assert 0.3 < helped.proxy.gain / (alone.proxy.gain * smaller) < 3


@every_law
def test_a_constant_twin_changes_nothing_but_its_own_cost(sampler):
    cheap = Counted(scale=0.0)
    found, alone = explained(Twin(Counted(), cheap), sampler=sampler), explained(Counted(), sampler=sampler)
    assert found.proxy.name == alone.proxy.name
    assert found.proxy.gain == alone.proxy.gain
    assert found.effects.values.tolist() == alone.effects.values.tolist()
    assert found.effects.standard_errors.tolist() == alone.effects.standard_errors.tolist()
    assert found.proxy.twin_rows == cheap.rows > 1000


@two_laws
def test_a_twin_of_noise_is_hardly_ever_taken_and_does_no_harm(sampler):
    errors, taken = [], 0
    for seed in range(4):
        found = explained(Twin(Counted(), Counted(noise=True), 2.5), sampler=sampler, seed=seed, budget=80)
        alone = explained(Counted(), sampler=sampler, seed=seed, budget=80)
        taken += found.proxy.name == "twin"
        errors.append([one.effects.values - exact(sampler) for one in (found, alone)])
        if found.proxy.name != "twin":
            assert found.effects.values.tolist() == alone.effects.values.tolist()
            assert found.effects.standard_errors.tolist() == alone.effects.standard_errors.tolist()
    assert taken <= 2
    of_twin, without = np.sqrt(np.mean(np.square(errors), axis=(0, 2)))
    assert of_twin < 1.05 * without


def biased_scores(sampler, seeds):
    """Effects (seeds, 12) beside a twin that is shifted, scaled and lacks four triples, and their standard errors."""
    found = [
        explained(
            Twin(Counted(), Counted(shift=1.5, scale=0.6, triples=10), 2.5),
            sampler=sampler,
            seed=seed,
            budget=80,
            surrogate=limen.Linear(),
        )
        for seed in range(seeds)
    ]
    assert [one.proxy.name for one in found].count("twin") > 0.7 * seeds
    return np.array([one.effects.values for one in found]), np.array([one.effects.standard_errors for one in found])


@two_laws
def test_a_biased_twin_leaves_the_mean_over_seeds_at_the_truth(sampler, monkeypatch):
    """Without shrinkage, which trades a bias for variance where rows are few."""
    monkeypatch.setattr(ridge, "RIDGES", np.zeros(1))
    drawn, _ = biased_scores(sampler, 10)
    error = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - exact(sampler)) < 4 * error).all()
    of_twin = explained(Counted(shift=1.5, scale=0.6, triples=10), budget=5000, sampler=sampler).effects.values
    assert (np.abs(of_twin - exact(sampler)) > 8 * error).any()  # so the twin's own answer would not pass


@two_laws
def test_with_shrinkage_its_errors_are_told(sampler):
    drawn, errors = biased_scores(sampler, 6)
    assert 0.5 < np.sqrt(np.mean(((drawn - exact(sampler)) / errors) ** 2)) < 1.25


def test_ends_that_the_law_fixes_are_the_models_own():
    found = explained(Twin(Counted(), Counted(shift=1.0, triples=9)), sampler=Shapley())
    assert found.proxy.name == "twin"
    full, none = Counted()([TEXT, ""])[:, 1]
    assert found.effects.values.sum() == pytest.approx(full - none, abs=1e-9)
    assert found.prediction == pytest.approx(full, abs=1e-12)


def test_several_targets_share_the_rows():
    model, cheap = Counted(), Counted(shift=0.5)
    found = explained(Twin(model, cheap, 4), target=[0, 1, Versus(1, 0)])
    assert [one.proxy.name for one in found] == ["twin"] * 3
    assert {one.proxy.twin_rows for one in found} == {cheap.rows}
    assert model.rows == 120
    assert found[0].effects.values == pytest.approx(-found[1].effects.values, abs=1e-9)
    assert found[2].effects.values == pytest.approx(2 * found[1].effects.values, abs=0.03)


def test_a_tolerance_is_reached_with_fewer_rows():
    rows = {}
    for name in ("alone", "twin"):
        model, cheap = Counted(), Counted(shift=1.0, scale=0.8, triples=13)
        asked = model if name == "alone" else Twin(model, cheap, 5)
        found = explained(asked, budget=3500, tolerance=0.15)
        assert found.status is Status.CONVERGED
        assert (found.effects.high - found.effects.low).max() <= 0.15 * np.abs(found.effects.values).max()
        assert found.cost.model_rows == model.rows == found.rounds[-1].rows
        rows[name] = model.rows
    assert rows["twin"] < 0.7 * rows["alone"]
    assert max(cheap.came.values()) == 1
    assert {text for text, times in model.came.items() if times > 1} <= {TEXT}


def test_where_the_model_is_asked_all_masks_the_twin_is_not_asked():
    cheap = Counted()
    found = explained(Twin(Counted(), cheap), budget=5000)
    assert found.status is Status.EXACT
    assert cheap.rows == 0
    assert found.proxy is None


def test_a_predictor_that_is_given_keeps_what_it_knows():
    model, cheap = Counted(), Counted(shift=1.0)
    known, also = predictor(model), predictor(cheap)
    first = explained(Twin(known, also))
    rows, of_twin = model.rows, cheap.rows
    second = explained(Twin(known, also))
    assert second.effects.values.tolist() == first.effects.values.tolist()
    assert model.rows == rows + 1  # x again
    assert cheap.rows == of_twin
    assert known.twin is None


def test_a_list_of_texts_goes_into_shared_batches():
    model, cheap = Counted(), Counted(shift=1.0)
    other = " ".join(WORDS[:9])
    asked = limen.Explainer(Twin(model, cheap, 4), limen.Text(units="words"), budget=90, on_doubt="ignore")
    found = asked([TEXT, other], 1)
    assert max(cheap.came.values()) == 1
    assert sum(one.cost.model_rows for one in found) == model.rows
    assert sum(one.proxy.twin_rows for one in found) == cheap.rows


def test_json_gives_the_record_back_and_words_tell_of_the_twin():
    found = explained(Twin(Counted(), Counted(shift=1.0)))
    again = Explanation.from_json(found.to_json())
    assert again.to_json() == found.to_json()
    assert again.proxy.name == "twin"
    assert again.proxy.twin_rows == found.proxy.twin_rows > 1000
    assert again.proxy.twin_seconds == found.proxy.twin_seconds
    assert f"{found.proxy.twin_rows:,} rows of its own" in " ".join(str(found).split())


def test_the_same_call_gives_the_same_answer():
    first, second = (explained(Twin(Counted(), Counted(shift=1.0)), seed=3) for _ in range(2))
    assert first.effects.values.tolist() == second.effects.values.tolist()
    assert first.effects.standard_errors.tolist() == second.effects.standard_errors.tolist()
