"""What keeps intervals honest where probes are few: each ingredient is seen to matter."""

import numpy as np
import pytest

import limen
from limen._errors import BudgetError
from limen._types import Design, Geometry
from limen.sampling import Lime, Shapley, Uniform, stratified_masks
from limen.surrogates import Basis, fit, folds_of
from limen.surrogates.covariance import (
    _of_any,
    _of_pairs,
    degrees_of_freedom,
    design_covariance,
    reach,
    unshrunk,
)
from limen.surrogates.features import columns
from limen.surrogates.solve import solve
from tests.games import all_masks, as_model, random_game, words_of


def drawn(sampler, d, n, seed=0):
    return stratified_masks(sampler.law(Geometry(d)), n, np.random.default_rng(seed))


@pytest.mark.parametrize(("d", "n", "sampler"), [(13, 40, Lime()), (13, 60, Uniform()), (30, 90, Lime())], ids=repr)
def test_intervals_cover_where_the_fit_eats_half_of_the_probes(d, n, sampler):
    """A game without structure: effects under the law are 0 up to 2^-d."""
    covered = []
    for seed in range(100):
        design = drawn(sampler, d, n, seed)
        answers = np.random.default_rng(1000 + seed).uniform(size=(n, 1))
        basis = Basis.of_masks(design.points.shape[1])
        effects = fit(answers, design, basis, folds_of(design), answers[0], None, limen.Linear())[0].effects
        covered.append((effects.low <= 0) & (effects.high >= 0))
    assert 0.935 <= np.mean(covered) <= 0.985


def test_the_interval_at_the_input_covers():
    d = 9
    words, game = words_of(d), random_game(4, d, order=4)
    ask = limen.models.predictor(as_model(game, words))
    settings = {"target": 1, "surrogate": limen.Linear(), "on_doubt": "ignore", "sampler": Uniform()}
    truth = limen.explain(ask, " ".join(words), budget=600, **settings)
    exact = truth.predict(np.ones((1, d)))[0] - truth.prediction
    inside, errors, told = [], [], []
    for seed in range(100):
        found = limen.explain(ask, " ".join(words), budget=80, seed=seed, **settings)
        error = found.predict(np.ones((1, d)))[0] - found.prediction - exact
        width = (found.fidelity.gap.high - found.fidelity.gap.value) / found.fidelity.gap.standard_error
        assert width > 1.97  # Student's t, not the normal law
        inside.append(abs(error) <= width * found.fidelity.gap.standard_error)
        errors.append(error)
        told.append(found.fidelity.gap.standard_error)
    assert 0.88 <= np.mean(inside) <= 1.0
    error = np.sqrt(np.mean(np.square(errors)))
    assert 0.9 * error <= np.sqrt(np.mean(np.square(told))) <= 1.6 * error


def test_scores_are_centred_within_their_strata():
    design = drawn(Uniform(), 12, 200)
    constant_in_stratum = (design.weights * design.strata)[:, None].astype(float)
    assert design_covariance(constant_in_stratum, design)[0, 0] == pytest.approx(0, abs=1e-12)


def test_unshrunk_residuals_have_the_size_of_the_errors():
    design = drawn(Lime(), 10, 60)
    basis = np.linalg.qr(np.column_stack([np.ones(60), design.points]))[0]
    errors = np.random.default_rng(0).normal(size=(60, 4000))
    residuals = errors - basis @ (basis.T @ errors)
    grown = unshrunk(basis, residuals, design)
    assert (grown**2).mean(axis=1) == pytest.approx(np.ones(60), abs=0.15)
    assert (residuals**2).mean() < 0.9


def test_degrees_of_freedom_of_equal_blocks():
    design = drawn(Lime(), 40, 400)
    sampled = design.sampled_shares < 1
    rows = sampled[design.strata]
    degrees = degrees_of_freedom(np.ones((400, 1)), design)[0]
    assert degrees < rows.sum()
    assert reach(np.array([np.inf, 5.0])) == pytest.approx([1.95996, 2.57058], abs=1e-4)


def test_a_subset_keeps_the_mass_of_its_strata():
    design = drawn(Lime(), 12, 400)
    folds = folds_of(design)
    half = design.take(np.flatnonzero(folds == 1))
    for stratum in range(len(design.sampled_shares)):
        there = half.strata == stratum
        if there.any() and (design.strata == stratum).sum() > 20:
            assert half.weights[there].sum() == pytest.approx(design.weights[design.strata == stratum].sum(), rel=0.1)


def test_folds_keep_blocks_whole():
    design = drawn(Lime(), 30, 600)
    folds = folds_of(design)
    assert all(len(set(folds[design.blocks == block])) == 1 for block in np.unique(design.blocks))
    assert 0.4 < folds.mean() < 0.6


def test_fidelity_of_a_stratified_design_is_not_charged_for_what_the_strata_know():
    """An answer that depends on the number of kept words alone, mostly explained by no line."""
    d = 11
    words = words_of(d)
    ask = limen.models.predictor(as_model(lambda z: 0.2 + 0.6 * (z.sum() >= 6), words))
    settings = {"target": 1, "surrogate": limen.Linear(), "on_doubt": "ignore", "sampler": Uniform()}
    truth = limen.explain(ask, " ".join(words), budget=3000, **settings).fidelity.linear.value
    told = [
        limen.explain(ask, " ".join(words), budget=500, seed=seed, **settings).fidelity.linear.value
        for seed in range(20)
    ]
    assert np.mean(told) == pytest.approx(truth, abs=0.005)


def test_a_pair_that_was_left_out_has_the_size_it_might_have_had_as_its_error():
    d = 26  # too many for a proxy to tell all pairs
    rough = random_game(7, d, order=5, terms=30)
    model = as_model(lambda z: 0.1 + 0.5 * z[0] * z[1] + 0.3 * rough(z), words_of(d))
    found = limen.explain(
        model, " ".join(words_of(d)), target=1, budget=500, surrogate=limen.Quadratic(), on_doubt="ignore"
    )
    pairs = found.interactions
    assert pairs.selected[0, 1]
    left_out = pairs.standard_errors[~pairs.selected & ~np.eye(d, dtype=bool)]
    assert left_out.min() > 1e-4
    assert left_out.max() > 1.5 * left_out.min()  # a pair that looks larger may be off by more


def test_nothing_is_picked_under_fixed_ends():
    """All pairs or none, where they are too many for a proxy."""
    text = " ".join(words_of(24))
    model = as_model(random_game(1, 24), words_of(24))
    auto = limen.explain(model, text, budget=200, sampler=Shapley(), on_doubt="ignore")
    assert auto.interactions is None
    rows = []
    with pytest.raises(BudgetError, match="cannot carry; about 605 model rows can"):
        limen.explain(
            lambda t: rows.extend(t) or model(t), text, budget=200, sampler=Shapley(), surrogate=limen.Quadratic()
        )
    assert not rows
    full = limen.explain(model, text, budget=610, sampler=Shapley(), surrogate=limen.Quadratic(), on_doubt="ignore")
    assert full.interactions.selected.sum() == 24 * 23


def test_what_was_sampled_is_never_called_exact():
    text = " ".join(words_of(20))
    flat = limen.explain(lambda t: np.full((len(t), 1), 0.4), text, budget=60, on_doubt="ignore")
    assert flat.status.name == "BUDGET_SPENT"
    assert "exact" not in str(flat)
    assert (flat.effects.standard_errors > 0).all()


def test_one_kept_state_more_than_needed_is_drawn_until_the_parts_can_be_told_apart():
    for d in (6, 8, 11):
        words = words_of(d)
        for sampler in (Lime(), Uniform(0.8), Shapley()):
            for seed in range(5):
                budget = d + 5 + (1 if sampler == Shapley() else 0)
                found = limen.explain(
                    as_model(random_game(d, d), words), " ".join(words), sampler=sampler, budget=budget, seed=seed,
                    domain=limen.Text(units="words"), on_doubt="ignore",
                )  # fmt: skip
                assert np.isfinite(found.effects.values).all()


def test_threads_leave_the_linear_algebra_as_it_was():
    from concurrent.futures import ThreadPoolExecutor

    from threadpoolctl import threadpool_info

    words = words_of(8)
    model = as_model(random_game(1, 8), words)
    limen.explain(model, " ".join(words), budget=100, on_doubt="ignore")
    before = [pool["num_threads"] for pool in threadpool_info()]
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(
                lambda seed: limen.explain(model, " ".join(words), budget=100, seed=seed, on_doubt="ignore"), range(40)
            )
        )
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_the_law_of_all_masks_has_the_effective_size_of_its_weights():
    d = 5
    found = limen.explain(as_model(random_game(1, d), words_of(d)), " ".join(words_of(d)), on_doubt="ignore")
    weights = found.probes.weights
    assert found.law.effective_sample_size == pytest.approx(1 / (weights**2).sum())
    assert found.law.effective_sample_size < len(all_masks(d)) - 2


@pytest.mark.parametrize("power", [-0.5, -1.0])
def test_powers_of_pairs_are_those_of_any_block(power):
    generator = np.random.default_rng(3)
    basis = np.linalg.qr(generator.standard_normal((40, 7)))[0][:20]
    blocks = basis.reshape(10, 2, 7)
    kept = np.eye(2) - blocks @ blocks.transpose(0, 2, 1)
    kept[0] = 0.3 * np.eye(2)
    residuals = generator.standard_normal((10, 2, 3))
    assert _of_pairs(kept, residuals, power) == pytest.approx(_of_any(kept, residuals, power))


def test_left_out_losses_are_those_of_fits_without_the_block():
    generator = np.random.default_rng(4)
    points, answers = generator.standard_normal((30, 3)), generator.standard_normal((30, 1)) ** 3
    blocks = np.arange(30) // 2
    design = Design(points, np.full(30, 1 / 30), np.zeros(30, dtype=int), blocks, np.zeros(1), exact=False)
    features = columns(points)
    found = solve(features, answers, design, features[0])[0].losses
    for block in range(15):
        seen = blocks != block
        fit = np.linalg.lstsq(features[seen], answers[seen], rcond=None)[0]
        assert found[~seen] == pytest.approx(((answers - features @ fit)[~seen, 0]) ** 2)
