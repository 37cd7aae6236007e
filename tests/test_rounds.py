"""Explanations in rounds: no input twice, the budget to the row, a tolerance that is kept, the last is the answer."""

import time
from collections import Counter

import numpy as np
import pytest

import limen
from limen import _masks
from limen._errors import InputError
from limen._rounds import growth, too_wide
from limen.results import Doubt, Estimates, Round, Status
from limen.sampling import Lime, Shapley, Sizes, Top, Uniform
from tests.games import as_model, random_game, words_of
from tests.test_explain import plain

WORDS = words_of(14)
TEXT = " ".join(WORDS)
SAMPLERS = [Lime(), Uniform(), Shapley(), Sizes(lambda d: np.ones(d + 1))]


class Counted:
    """A model of 14 words that counts how often each text came; parts fall off in weight, pairs act together."""

    def __init__(self, seed=2):
        self.came = Counter()
        weights = 0.2 * 0.7 ** np.arange(14)
        game = random_game(seed, 14, order=4, terms=40)
        self.answer = as_model(lambda mask: 0.2 + mask @ weights + 0.01 * game(mask), WORDS)

    def __call__(self, texts):
        self.came.update(texts)
        return self.answer(texts)


def explainer(model, **options):
    return limen.Explainer(model, limen.Text(units="words"), on_doubt="ignore", **options)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_no_text_is_sent_twice_but_the_input_itself_and_the_budget_is_kept(sampler):
    model = Counted()
    found = list(explainer(model, sampler=sampler, budget=437, seed=5).rounds(TEXT, 1))
    again = {text for text, times in model.came.items() if times > 1}
    assert again == {TEXT}
    assert model.came[TEXT] == 2
    assert [one.rounds[-1].rows for one in found] == [one.cost.model_rows for one in found]
    assert sum(model.came.values()) == found[-1].cost.model_rows
    assert 435 <= found[-1].cost.model_rows <= 437  # where masks come in pairs an odd row is left
    assert found[-1].status is Status.BUDGET_SPENT
    assert [len(one.rounds) for one in found] == list(range(1, len(found) + 1))
    assert found[0].cost.model_rows < 70


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
@pytest.mark.parametrize("tolerance", [0.3, Top(2)], ids=repr)
def test_the_last_round_is_what_explain_gives(sampler, tolerance):
    asked = explainer(Counted(), sampler=sampler, tolerance=tolerance, budget=900)

    def told(explanation):  # but for the forecast of seconds
        rounds = tuple(Round(one.rows, one.too_wide, one.rows_needed, 0.0) for one in explanation.rounds)
        return plain(limen.Explanation(**{**vars(explanation), "rounds": rounds}))

    *_, last = asked.rounds(TEXT, 1)
    assert told(last) == told(asked(TEXT, 1))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_a_tolerance_that_is_reached_means_what_it_says(sampler):
    *before, last = explainer(Counted(), sampler=sampler, tolerance=0.4, budget=5000).rounds(TEXT, 1)
    for one in before[1:]:  # the first round is never believed
        assert (one.effects.high - one.effects.low).max() > 0.4 * np.abs(one.effects.values).max()
    assert last.status is Status.CONVERGED
    assert (last.effects.high - last.effects.low).max() <= 0.4 * np.abs(last.effects.values).max()
    assert last.cost.model_rows < 5000
    assert last.rounds[-1].tolerance == 0.4


def test_a_narrower_tolerance_takes_more_rows():
    rows = [explainer(Counted(), tolerance=one, budget=5000)(TEXT, 1).cost.model_rows for one in (0.8, 0.02, 0.002)]
    assert rows[0] <= rows[1] < rows[2]


def test_an_order_that_is_decided_stops_the_rounds():
    found = explainer(Counted(), tolerance=Top(2), budget=5000)(TEXT, 1)
    assert found.status is Status.CONVERGED
    assert found.rounds[-1].top == 2
    assert found.ranking(2).groups == ((0,), (1,))
    assert found.ranking(2).decided
    assert found.cost.model_rows < 2000


def test_equal_parts_are_never_told_apart():
    sums = as_model(lambda mask: 0.1 + 0.05 * mask.sum() + 0.2 * mask[0] * mask[1], WORDS)
    found = explainer(sums, tolerance=Top(1), budget=300)(TEXT, 1)
    assert found.status is Status.BUDGET_SPENT
    assert set(found.ranking(1).groups[0]) >= {0, 1}


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_where_masks_run_out_the_answer_is_exact(sampler):
    words = WORDS[:7]
    game = random_game(4, 7)
    model = as_model(game, words)
    rounds = limen.Explainer(model, limen.Text(units="words"), sampler=sampler, tolerance=1e-9, on_doubt="ignore")
    *before, last = rounds.rounds(" ".join(words), 1)
    assert last.status is Status.EXACT
    assert not last.effects.standard_errors.any()
    whole = limen.explain(model, " ".join(words), target=1, sampler=sampler, on_doubt="ignore")
    assert last.effects.values == pytest.approx(whole.effects.values, abs=1e-10)
    assert last.cost.model_rows <= 130
    assert len(before) <= 3


def test_a_list_of_targets_goes_on_until_all_are_narrow_enough():
    asked = explainer(Counted(), tolerance=0.4, budget=3000)
    each = list(asked.rounds(TEXT, [0, 1]))
    assert all(len(found) == 2 for found in each)
    for one in each[-1]:
        assert (one.effects.high - one.effects.low).max() <= 0.4 * np.abs(one.effects.values).max()
    assert each[-1][0].effects.values == pytest.approx(-each[-1][1].effects.values, abs=1e-9)
    assert [one.effects for one in asked(TEXT, [0, 1])] == [one.effects for one in each[-1]]


def test_several_segmentations_share_rounds_and_budget():
    generator = np.random.default_rng(0)
    photo = generator.integers(0, 256, (48, 64, 3), dtype=np.uint8)
    seen = []

    def corner(images):
        seen.extend(image.tobytes() for image in np.asarray(images))
        lit = np.asarray(images)[:, :24, :32].mean(axis=(1, 2, 3)) / 255
        return np.stack([1 - lit, lit**2], axis=1)

    domain = limen.Image(12, segmentations=2, fill="black")
    asked = limen.Explainer(corner, domain, budget=301, scale="raw", on_doubt="ignore")
    found = list(asked.rounds(photo, 1))
    assert len(seen) == found[-1].cost.model_rows <= 301
    assert len(found[-1].rounds) >= 2
    assert len(set(seen)) >= found[-1].cost.distinct_rows - 2
    narrow = limen.explain(
        corner, photo, target=1, domain=domain, budget=4000, scale="raw", tolerance=0.5, on_doubt="ignore"
    )
    assert narrow.status in (Status.CONVERGED, Status.EXACT)
    for effects in narrow.segment_effects:
        assert (effects.high - effects.low).max() <= 0.5 * np.abs(effects.values).max()


def test_the_input_of_a_list_each_stops_by_itself():
    other = " ".join(WORDS[:12])
    both = explainer(Counted(), tolerance=0.4, budget=3000)([TEXT, other], 1)
    alone = explainer(Counted(), tolerance=0.4, budget=3000)(other, 1)
    assert both[1].effects.values == pytest.approx(alone.effects.values, abs=1e-12)
    assert both[1].rounds[0].rows <= alone.rounds[0].rows  # some of its texts came up in the other's
    assert both[0].status is both[1].status is Status.CONVERGED


@pytest.mark.parametrize("tolerance", [0, -0.2, float("nan"), float("inf"), True, "2", [0.1], Top])
def test_wrong_tolerances(tolerance):
    with pytest.raises(InputError, match=r"tolerance is .*expected a number above 0"):
        limen.Explainer(None, tolerance=tolerance)


def estimates(values, error):
    values = np.array(values)
    errors = np.broadcast_to(error, values.shape)
    return Estimates(values, errors, values - 2 * errors, values + 2 * errors)


def test_what_is_too_wide():
    assert too_wide(estimates([0.5, -1.0], 0.1), 0.2) == pytest.approx(2.0)
    assert too_wide(estimates([0.5, -1.0], 0.0), 0.2) == 0.0
    assert too_wide(estimates([0.0, 0.0], 0.1), 0.2) == np.inf
    assert too_wide(estimates([0.5, -1.0], 0.1), Top(1)) == pytest.approx(np.hypot(0.2, 0.2) / 0.5)
    assert too_wide(estimates([0.5, -1.0], 0.01), Top(5)) < 1.0  # only one order is to be decided
    assert too_wide(estimates([0.5], 0.1), Top(1)) == 0.0


def test_rows_grow_as_the_forecast_says_within_bounds_and_leave_no_crumbs():
    assert growth(Round(100, 1.2, 144.0, 1.0), 10_000) == pytest.approx(1.1 * 1.44)
    assert growth(Round(100, 1.01, 102.0, 1.0), 10_000) == pytest.approx(1.4)
    assert growth(Round(100, 9.0, 8100.0, 1.0), 10_000) == pytest.approx(3.0)
    assert growth(Round(100, 9.0, 370.0, 1.0), 376) == pytest.approx(3.0)
    assert 100 * growth(Round(100, 9.0, 370.0, 1.0), 370) >= 370
    assert 189 * growth(Round(189, np.inf, 600.0, 1.0), 600) >= 600


def test_the_seconds_in_all_count_the_fits(monkeypatch):
    fitted = _masks.Asked.fitted

    def slowly(*arguments):
        time.sleep(0.05)
        return fitted(*arguments)

    monkeypatch.setattr(_masks.Asked, "fitted", slowly)
    cost = explainer(Counted(), budget=60)(TEXT, 1).cost
    assert cost.total_seconds >= cost.model_seconds + 0.05


def test_inputs_whose_answers_are_known_stop_where_they_would_alone():
    model = Counted()
    asked = explainer(model, tolerance=0.4, budget=600)
    alone = asked(TEXT, 1)
    twice = explainer(Counted(), tolerance=0.4, budget=600)([TEXT, TEXT], 1)
    for found in twice:
        assert [one.rows for one in found.rounds] == [one.rows for one in alone.rounds]
        assert found.effects.values == pytest.approx(alone.effects.values)


@pytest.mark.parametrize("sampler", [Lime(), Shapley()], ids=repr)
def test_a_quadratic_of_many_parts_begins_with_rows_that_carry_it(sampler):
    words = words_of(26)
    model = as_model(random_game(3, 26, order=3, terms=30), words)
    asked = explainer(model, sampler=sampler, surrogate=limen.Quadratic(), tolerance=0.5, budget=900)
    found = list(asked.rounds(" ".join(words), 1))
    assert found[0].interactions is not None
    assert found[0].rounds[0].rows < 720


def test_a_tolerance_that_was_not_reached_is_a_doubt():
    asked = explainer(Counted(), budget=80, tolerance=1e-6)
    short, reached = asked(TEXT, 1), explainer(Counted(), budget=900, tolerance=0.5)(TEXT, 1)
    assert Doubt.UNREACHED in short.doubts
    assert Doubt.UNREACHED not in reached.doubts
    assert Doubt.UNREACHED not in explainer(Counted(), budget=80)(TEXT, 1).doubts


def test_a_forecast_ends_with_all_masks_and_one_round_that_is_narrow_is_no_doubt():
    few = list(explainer(Counted(), tolerance=1e-9, budget=100).rounds(TEXT, 1))
    assert few[0].rounds[-1].rows_needed <= 2**14 + 1
    one = explainer(Counted(), tolerance=2.0, budget=50)(TEXT, 1)
    assert len(one.rounds) == 1
    assert Doubt.UNREACHED not in one.doubts
