"""The conductor: invariances, determinism, targets, scales, doubts, lists, and nothing lost on an error."""

import json
import pickle
import warnings
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import limen
from limen._errors import BudgetError, DoubtError, DoubtWarning, InputError, ModelError
from limen.sampling import Lime, Shapley, Uniform
from tests.games import as_model, random_game, words_of

EFFECT_OF = {"For": 0.1, "visit": 0.2, "channel!": 0.5, "very": -0.03}


def bag_of_words(texts):
    """A linear bag-of-words model; at module level, so that it can be pickled."""
    p = np.array([0.1 + sum(EFFECT_OF.get(word, 0.0) for word in text.split()) for text in texts])
    return np.stack([1 - p, p], axis=1)


COMMENT = "For Christmas Song visit our channel!"


def plain(explanation):
    """The record without its seconds."""
    record = explanation.to_dict()
    record["cost"] = {key: value for key, value in record["cost"].items() if not key.endswith("seconds")}
    return json.dumps(record)


def explained(model=bag_of_words, x=COMMENT, **options):
    return limen.explain(model, x, **{"on_doubt": "ignore", **options})


def test_a_line_is_recovered_exactly():
    explanation = explained(target=1)
    assert explanation.effects.values == pytest.approx([0.1, 0, 0, 0.2, 0, 0.5], abs=1e-12)
    assert explanation.fidelity.linear.value == pytest.approx(1)
    assert explanation.fidelity.gap.value == pytest.approx(0, abs=1e-12)
    assert explanation.prediction == pytest.approx(0.9)
    assert explanation.surrogate.kind == "linear"
    assert explanation.status.name == "EXACT"
    assert (explanation.cost.model_rows, explanation.cost.distinct_rows) == (65, 64)
    assert explanation.noise == 0


def test_a_sampled_line_is_recovered_exactly_too():
    text = " ".join([*words_of(20), "For", "visit", "channel!"])
    for sampler in (Lime(), Uniform(), Shapley()):
        explanation = explained(x=text, target=1, budget=200, sampler=sampler)
        assert explanation.status.name == "BUDGET_SPENT"
        assert explanation.effects.values == pytest.approx([0] * 20 + [0.1, 0.2, 0.5], abs=1e-9)
        assert explanation.cost.model_rows <= 200


@given(st.permutations(range(7)), st.sampled_from([Lime(), Uniform(0.3), Shapley()]))
@settings(max_examples=20, deadline=None)
def test_permuting_the_words_of_a_bag_of_words_model_permutes_the_effects(order, sampler):
    words = words_of(7)
    game = random_game(1, 7)
    straight = explained(as_model(game, words), " ".join(words), target=1, sampler=sampler)
    turned = explained(as_model(game, words), " ".join(words[k] for k in order), target=1, sampler=sampler)
    assert turned.effects.values == pytest.approx(straight.effects.values[list(order)], abs=1e-11)


@pytest.mark.parametrize("budget", [10, 40, 1000])
@pytest.mark.parametrize("sampler", [Lime(), Uniform(), Shapley()])
def test_a_constant_model_gives_zeros_and_flat(sampler, budget):
    for constant in (0.3, 0.1 + 0.2):
        explanation = explained(lambda texts, c=constant: np.full((len(texts), 1), c), sampler=sampler, budget=budget)
        assert not explanation.effects.values.any()
        assert "FLAT" in [doubt.name for doubt in explanation.doubts]
        assert "UNFAITHFUL" not in [doubt.name for doubt in explanation.doubts]
        assert explanation.fidelity.linear is None


def test_same_seed_same_bytes_whatever_was_called_before():
    text = " ".join(words_of(15))
    model = as_model(random_game(2, 15), words_of(15))
    first = explained(model, text, budget=150, seed=3)
    np.random.seed(1)  # noqa: NPY002 - global state must not matter
    explained(model, "other words w01 w02", seed=9)
    again = explained(model, text, budget=150, seed=3)
    other = explained(model, text, budget=150, seed=4)
    assert plain(first) == plain(again)
    assert plain(first) != plain(other)
    in_a_list = limen.explain(model, ["w03 w04", text], budget=150, seed=3, on_doubt="ignore")[1]
    assert in_a_list.effects == first.effects


def test_a_list_shares_batches_and_counts_each_row_once():
    calls = []

    def model(texts):
        calls.append(len(texts))
        return bag_of_words(texts)

    texts = ["For a visit", "visit our channel!", "For a visit"]
    first, second, third = explained(model, texts, target=1)
    assert first.effects == third.effects
    assert first.effects.values == pytest.approx([0.1, 0, 0.2])
    assert sum(calls) == sum(one.cost.model_rows for one in (first, second, third))
    assert third.cost.model_rows == 0
    assert len(calls) <= 3
    assert explained(model, []) == []


def test_several_targets_from_the_same_rows():
    def model(texts):
        p = bag_of_words(texts)[:, 1:]
        return np.concatenate([0.7 * p, 0.3 * p, 1 - p], axis=1)

    model.classes = ("a", "b", "c")
    found = explained(model, target=["a", 2, ("a", "b"), None])
    assert [one.target for one in found] == [(0,), (2,), (0, 1), (0,)]
    assert [one.target_name for one in found] == ["a", "c", "a + b", "a"]
    assert found[2].effects.values == pytest.approx(-found[1].effects.values)
    assert found[0].cost.model_rows == 65
    assert explained(model, target=range(2)).target == (0, 1)
    assert explained(model, target="1").target == (1,)
    assert len(explained(model, [COMMENT, "For a visit"], target=["a", "b"])[1]) == 2


def test_scales():
    exact = np.array([0.3, -1.0, 2.0])

    def logit_line(texts):
        z = np.array([[word in text.split() for word in ("a", "b", "c")] for text in texts], dtype=float)
        p = 1 / (1 + np.exp(-(z @ exact + 30)))
        return np.stack([1 / (1 + np.exp(z @ exact + 30)), p], axis=1)

    explanation = explained(logit_line, "a b c", target=1, scale="log-odds")
    assert explanation.effects.values != pytest.approx(exact, abs=1e-3)  # cut off: 1 - p is below the cut
    assert "SATURATED" in [doubt.name for doubt in explanation.doubts]
    fine = explained(lambda texts: bag_of_words(texts) * 0.999, "For visit", target=1, scale="log-odds")
    assert fine.prediction == pytest.approx(np.log(0.4 * 0.999 / (1 - 0.4 * 0.999)))
    raw = explained(lambda texts: 7 * bag_of_words(texts), "For visit", target=1, scale="raw")
    assert raw.effects.values == pytest.approx([0.7, 1.4])


def test_log_odds_keep_their_digits_where_p_is_nearly_one():
    def model(texts):
        small = np.array([1e-7 * (1 + len(text.split())) for text in texts])
        return np.stack([small, 1.0 - small], axis=1).astype(np.float32)

    explanation = explained(model, "a b", target=1, scale="log-odds")
    assert explanation.prediction == pytest.approx(-np.log(3e-7), rel=1e-4)


def test_noise_is_found_by_the_one_counted_repeat():
    generator = np.random.default_rng(0)
    explanation = explained(lambda texts: bag_of_words(texts) + generator.normal(0, 1e-3, (len(texts), 1)))
    assert explanation.noise > 0
    assert "NOISY_MODEL" in [doubt.name for doubt in explanation.doubts]

    def by_batch(texts):  # an answer that depends on who else is in the batch
        return bag_of_words(texts) + 1e-3 * (len(texts) > 1)

    assert "NOISY_MODEL" in [doubt.name for doubt in explained(by_batch).doubts]
    assert explained(budget=64).noise is None
    assert explained(budget=64).status.name == "EXACT"


def test_ties_are_told_only_where_the_class_was_not_named():
    def model(texts):
        p = 0.5 - 0.1 * np.array([["a" not in text, "b" not in text] for text in texts])
        return p / p.sum(axis=1, keepdims=True)

    assert "TIED" in [doubt.name for doubt in explained(model, "a b").doubts]
    assert "TIED" not in [doubt.name for doubt in explained(model, "a b", target=1).doubts]


def test_doubts_are_told_raised_or_left_alone():
    with pytest.warns(DoubtWarning, match="SINGLE_PART"):
        limen.explain(bag_of_words, "channel!")
    with pytest.raises(DoubtError, match="SINGLE_PART") as caught:
        limen.explain(bag_of_words, "channel!", on_doubt="raise")
    assert caught.value.explanation.effects.values == pytest.approx([0.5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        limen.explain(bag_of_words, "channel!", on_doubt="ignore")
        limen.explain(bag_of_words, COMMENT)


def test_unfaithful_and_unstable():
    parity = explained(lambda texts: np.array([[0.5 + 0.4 * (-1) ** len(t.split())] for t in texts]), sampler=Uniform())
    assert [doubt.name for doubt in parity.doubts] == ["UNFAITHFUL"]
    text = " ".join(words_of(30))
    noise = explained(lambda texts: np.array([[crc32(t.encode()) % 1000 / 1000] for t in texts]), text, budget=60)
    assert {"UNFAITHFUL", "UNSTABLE"} <= {doubt.name for doubt in noise.doubts}


def test_nothing_paid_for_is_lost_when_the_model_fails_half_way():
    words = " ".join(words_of(14))
    seen, healthy = [], False

    def model(texts):
        if len(seen) > 300 and not healthy:
            raise RuntimeError("the machine went away")
        seen.extend(texts)
        return bag_of_words(texts)

    with pytest.raises(ModelError, match="RuntimeError: the machine went away") as caught:
        explained(model, words)
    paid = len(seen)
    assert paid > 300
    healthy = True
    explanation = explained(caught.value.predictor, words)
    assert len(seen) - paid < 1000 - 250
    assert len(seen) == len(set(seen)) + 1  # all distinct but the one repeat of x
    assert explanation.effects == explained(words and bag_of_words, words).effects


def test_a_wrong_target_costs_one_row_and_keeps_it():
    rows = []
    with pytest.raises(InputError, match="class number from 0 to 1") as caught:
        explained(lambda texts: rows.extend(texts) or bag_of_words(texts), target=7)
    assert rows == [COMMENT]
    assert COMMENT in caught.value.predictor


def test_auto_takes_the_quadratic_only_where_it_wins():
    def pair(texts):
        return np.array([[0.1 + 0.6 * ("a" in t and "b" in t) + 0.1 * ("c" in t)] for t in texts])

    explanation = explained(pair, "a b c d e")
    assert explanation.surrogate.kind == "quadratic"
    assert explanation.interactions.strongest(1) == [(0, 1)]
    assert explanation.interactions.pair(0, 1).value == pytest.approx(0.6)
    assert explanation.predict(explanation.probes.masks) == pytest.approx(explanation.probes.answers)
    assert explained(bag_of_words).surrogate.kind == "linear"
    assert explained(pair, "a b c d e", surrogate=limen.Linear()).interactions is None


def test_a_sparse_quadratic_finds_the_pair_among_many():
    words = words_of(30)
    model = as_model(lambda z: 0.1 + 0.5 * z[3] * z[17] + 0.1 * z[5], words)
    explanation = explained(model, " ".join(words), target=1, budget=1000)
    assert explanation.surrogate.kind == "quadratic"
    assert explanation.interactions.strongest(1) == [(3, 17)]
    pair = explanation.interactions.pair(3, 17)
    assert pair.low <= 0.5 <= pair.high
    assert explanation.interactions.selected.sum() < 60
    left_out = ~explanation.interactions.selected & ~np.eye(30, dtype=bool)
    assert (explanation.interactions.standard_errors[left_out] > 0).all()


def test_the_explainer_is_frozen_callable_and_picklable():
    explainer = limen.Explainer(bag_of_words, limen.Text(units=2), budget=50, on_doubt="ignore")
    again = pickle.loads(pickle.dumps(explainer))  # noqa: S301 - our own bytes
    assert again(COMMENT, 1).effects == explainer(COMMENT, 1).effects
    with pytest.raises(AttributeError):
        explainer.budget = 3


def test_ten_thousand_words_are_explained_by_larger_units():
    explanation = explained(lambda texts: bag_of_words(texts) / 3000, "visit our channel! " * 3334, budget=200)
    assert "-word spans" in explanation.instance.units
    assert explanation.cost.model_rows <= 200
    with pytest.raises(BudgetError, match="10002 words need at least"):
        explained(x="visit our channel! " * 3334, domain=limen.Text(units="words"), budget=200)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"budget": 2}, BudgetError, "budget is 2, expected a whole number of at least 3"),
        ({"budget": 10.5}, InputError, "budget is 10.5"),
        ({"seed": -1}, InputError, "seed is -1"),
        ({"scale": "odds"}, InputError, "probability, log-odds, raw"),
        ({"sampler": "lime"}, InputError, "limen.sampling"),
        ({"surrogate": "cubic"}, InputError, r"limen.Linear\(\), limen.Quadratic\(\)"),
        ({"domain": "text"}, InputError, r"limen.Text\(\)"),
        ({"on_doubt": "shrug"}, InputError, "warn, raise, ignore"),
        ({"target": "eggs"}, InputError, "no class names"),
        ({"target": True}, InputError, "class number from 0 to 1"),
        ({"target": ()}, InputError, "at least one class"),
        ({"target": 1.5}, InputError, "class number or name"),
        ({"x": ""}, InputError, "without a word"),
        ({"x": " \n"}, InputError, "without a word"),
        ({"x": 5}, InputError, "no domain is known"),
        ({"x": [COMMENT, ""]}, InputError, "without a word"),
        ({"model": 5}, InputError, "model is int"),
        ({"model": "bert"}, InputError, "limen.models.load"),
        ({"budget": 8, "domain": limen.Text(units="words")}, BudgetError, "6 words need at least"),
        ({"x": "a b", "surrogate": limen.Quadratic()}, BudgetError, "cannot carry"),
    ],
)
def test_wrong_arguments_are_named(options, error, words):
    with pytest.raises(error, match=words):
        explained(**options)


def test_unknown_keywords_are_refused():
    with pytest.raises(TypeError, match="bugdet"):
        limen.explain(bag_of_words, COMMENT, bugdet=3)


def test_a_text_that_the_model_cuts_is_doubted():
    tail = "subscribe to my channel now please everyone"
    long = "word " * 300 + tail
    model = limen.zoo.spam()
    assert model([long]) == pytest.approx(model(["word " * 300]))  # the tail is not read
    found = limen.explain(model, [long, tail], budget=60, domain=limen.Text(units=40), on_doubt="ignore")
    assert ["TRUNCATED" in [doubt.name for doubt in one.doubts] for one in found] == [True, False]


def test_a_surrogate_that_misses_the_input_is_doubted():
    def both(texts):
        return np.array([[0.05 + 0.9 * ("a" in text and "b" in text)] for text in texts])

    under_lime = explained(both, "a b")
    assert under_lime.fidelity.linear is None  # three masks, three coefficients: nothing to judge the line by
    assert under_lime.fidelity.gap.value == pytest.approx(0.9)
    assert "OFF_AT_INPUT" in [doubt.name for doubt in under_lime.doubts]
    assert "OFF_AT_INPUT" not in [doubt.name for doubt in explained(both, "a b", sampler=Shapley()).doubts]


def test_inputs_come_in_any_sequence():
    import pandas as pd

    texts = ["For a visit", "visit our channel!"]
    expected = explained(x=texts, target=1)
    for several in (tuple(texts), np.array(texts), pd.Series(texts)):
        assert [one.effects for one in explained(x=several, target=1)] == [one.effects for one in expected]
    assert explained(x=np.str_(texts[0]), target=1).effects == expected[0].effects


def test_an_object_with_predict_proba_is_a_model():
    class Pipeline:
        classes_ = np.array(["no", "yes"])

        def predict_proba(self, texts):
            return bag_of_words(texts)

        def decision_function(self, texts):
            return bag_of_words(texts)[:, 1]

    assert explained(Pipeline(), target="yes").effects.values == pytest.approx([0.1, 0, 0, 0.2, 0, 0.5])
    margin = explained(Pipeline().decision_function, scale="raw")
    assert margin.effects.values == pytest.approx([0.1, 0, 0, 0.2, 0, 0.5])
    assert margin.target_name == "the output"


def test_ranked_names_come_with_their_errors():
    (name, effect), *rest = explained(target=1).ranked()
    assert (name, len(rest)) == ("channel!", 5)
    assert effect.value == pytest.approx(0.5)


def test_an_empty_list_of_targets_is_refused():
    with pytest.raises(InputError, match="at least one target"):
        explained(target=[])


def test_few_words_stay_words_at_a_small_budget():
    assert explained(budget=12).instance.units == "words"


def test_groups_of_imagenet_and_names_with_blanks_are_targets():
    from limen._question import resolve
    from limen.models.groups import LANDMARKS

    classes = tuple(LANDMARKS.get(k, f"class_{k} of many").replace(" ", "_") for k in range(1000))
    outputs = np.zeros(1000)
    assert resolve("dog", classes, outputs) == (tuple(range(151, 269)), "dog")
    both = resolve(("dog", "golden retriever", 3), classes, outputs)[0]
    assert both == (*range(151, 269), 3)
    assert resolve("golden retriever", classes, outputs)[0] == (207,)
