"""What the checks measure on texts, against games whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

import limen
from limen.results import Grade
from limen.sampling import Lime, Shapley, Uniform
from limen.trust._numbers import jaccards
from tests.games import as_model, random_game, words_of

WORDS = limen.Text(units="words")


def explained(game, d, **settings):
    explainer = limen.Explainer(as_model(game, words_of(d)), WORDS, on_doubt="ignore", **settings)
    return explainer, explainer(" ".join(words_of(d)), 1)


def audited(game, d, checks, rows=0, **settings):
    explainer = limen.Explainer(as_model(game, words_of(d)), WORDS, on_doubt="ignore", **settings)
    return limen.audit(explainer, " ".join(words_of(d)), target=1, checks=checks, rows=rows)


def product(*parts):
    return lambda z: 0.2 + 0.6 * float(np.prod(z[list(parts)]))


def additive(z):
    return 0.1 + 0.1 * float(np.arange(len(z)) @ z) / len(z)


# Instability


def test_what_is_foretold_without_a_row_is_what_fresh_seeds_show():
    d, k, seeds = 11, 5, 16
    game, foretold, seen = random_game(4, d), [], []
    runs = [explained(game, d, budget=150, seed=seed)[1] for seed in range(seeds)]
    for run in runs[:6]:
        found = limen.audit(run, checks="instability")
        spread = found.measure("instability.spread").value.value
        foretold.append((spread, found.measure("instability.top").value.value))
    effects = np.stack([run.effects.values for run in runs])
    truth = effects.mean(axis=0)
    spread = np.sqrt(((effects - truth) ** 2).sum() / (seeds - 1)) / np.linalg.norm(truth)
    pairs = [(a, b) for a in range(seeds) for b in range(a)]
    seen = np.mean([jaccards(effects[[a]], effects[[b]], k)[0] for a, b in pairs])
    assert 0.75 < np.mean([one for one, _ in foretold]) / spread < 1.5
    assert np.mean([one for _, one in foretold]) == pytest.approx(seen, abs=0.12)


def test_fresh_seeds_on_request_agree_with_the_errors():
    ratios = []
    for number in range(6):
        found = audited(random_game(number, 11), 11, "instability", rows=300, budget=120, seed=7 * number)
        told = found.measure("instability.seeds").value
        ratios.append(told.value + 1.96 * told.standard_error)  # the ratio, of which the least is told
        assert found["instability"].rows <= 240
    assert np.sqrt(np.mean(np.square(ratios))) == pytest.approx(1.0, abs=0.3)


def test_nothing_is_left_to_chance_where_all_was_asked():
    found = audited(random_game(1, 6), 6, "instability", rows=5000)
    assert found.measure("instability.spread").value.value == 0
    assert found["instability"].grade is Grade.GOOD
    assert (found.rows, found["instability"].offer) == (0, 0)


def test_few_rows_are_bad_and_many_are_good():
    game = random_game(2, 12)
    grades = [audited(game, 12, "instability", budget=budget)["instability"].grade for budget in (18, 3000)]
    assert grades == [Grade.BAD, Grade.GOOD]


def test_a_model_that_answers_at_random_is_bad():
    chance = np.random.default_rng(0)
    found = audited(lambda z: additive(z) + 0.2 * chance.random(), 5, "instability")
    assert found.measure("instability.noise").grade is Grade.BAD


# Width


def test_a_law_that_hides_fewer_parts_changes_nothing_of_a_sum_and_much_of_a_product():
    assert audited(additive, 8, "width").measure("width.few").value.value < 1e-9
    found = audited(product(0, 1, 2, 3), 8, "width")
    assert found.measure("width.few").value.value > 0.5
    assert found["width"].grade is Grade.DOUBTFUL


# Plausibility


def test_texts_with_words_hidden_are_implausible_where_words_follow_one_another():
    corpus = ["the cat sat on the mat", "the dog sat on the rug", "the cat lay on the rug"] * 10
    model = as_model(additive, ["cat", "sat", "on", "mat"])
    found = limen.audit(
        limen.Explainer(model, on_doubt="ignore"), "the cat sat on the mat", target=1, background=corpus
    )
    assert found.measure("off_manifold.implausible").value.value > 0.9
    assert found.measure("off_manifold.drop").value.value > 0
    model = as_model(additive, ["a", "b", "c", "d"])
    free = [" ".join(np.random.default_rng(k).choice(["a", "b", "c", "d"], 1 + k % 5)) for k in range(200)]
    found = limen.audit(limen.Explainer(model, on_doubt="ignore"), "a b c d a", target=1, background=free)
    assert found.measure("off_manifold.implausible").value.value < 0.5


def two_rules(honest):
    """Whether a comment is like the corpus tells by which of two rules a model answers; an honest one has one rule."""
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    corpus = [
        " ".join(word for k, word in enumerate(words) if not mask >> k & 1) for mask in (0, 1, 2, 4, 8, 16, 32)
    ] * 5
    known, other = np.linspace(0.02, 0.09, 8), np.linspace(0.09, -0.05, 8)

    def answer(mask):
        return 0.2 + mask @ (known if honest or mask.sum() >= 6 else other)

    explainer = limen.Explainer(as_model(answer, words), budget=600, surrogate=limen.Linear(), on_doubt="ignore")
    return limen.audit(explainer, " ".join(words), target=1, background=corpus, checks="off_manifold")


def test_another_rule_among_implausible_texts_is_told():
    assert two_rules(honest=True).measure("off_manifold.plausible").value.value < 1e-6
    found = two_rules(honest=False)
    assert found.measure("off_manifold.plausible").grade is not Grade.GOOD
    assert found["off_manifold"].grade is not Grade.GOOD


def test_too_few_probes_say_nothing_of_the_plausible_ones():
    found = limen.audit(
        limen.Explainer(as_model(additive, list("abcdefgh")), budget=14, on_doubt="ignore"),
        "a b c d e f g h",
        target=1,
        background=["a b c d", "e f g h"] * 10,
        checks="off_manifold",
    )
    assert "off_manifold.plausible" not in {one.name for one in found["off_manifold"].measures}


# Correlated parts


def test_equal_words_are_a_group_with_an_effect_of_its_own():
    def model(texts):
        p = np.array([0.1 + 0.1 * text.split().count("ho") + 0.05 * ("x" in text) for text in texts])
        return np.stack([1 - p, p], axis=1)

    found = limen.audit(limen.Explainer(model, on_doubt="ignore"), "ho ho x ho y", target=1, checks="correlated")
    (joint,) = [one for one in found["correlated"].measures if one.name == "correlated.group"]
    assert joint.value.value == pytest.approx(0.3)


def test_a_word_is_not_correlated_with_itself():
    corpus = [f"ho {'x ' * (k % 2)}y{k}" for k in range(40)]
    found = limen.audit(
        limen.Explainer(as_model(additive, words_of(3)), on_doubt="ignore"), "ho ho x", target=1, background=corpus
    )
    assert found.measure("correlated.background").value.value < 0.5


def test_words_that_always_come_together_in_the_corpus_are_a_group():
    corpus = [text for k in range(20) for text in (f"new york w{k}", f"w{k} z", f"z w{k} york new")]
    found = limen.audit(
        limen.Explainer(as_model(additive, words_of(3)), on_doubt="ignore"), "New York, z", target=1, background=corpus
    )
    assert found.measure("correlated.background").value.value == pytest.approx(1.0)
    assert "“New”, “York,” together" in found.measure("correlated.group").told


# Curvature


def test_curvature_is_what_the_surrogate_leaves_out():
    _, explanation = explained(random_game(5, 8, order=4), 8)
    found = limen.audit(explanation, checks="curvature")
    shown = explanation.fidelity.quadratic if explanation.interactions is not None else explanation.fidelity.linear
    assert found.measure("curvature.unexplained").value.value == pytest.approx(1 - shown.value)
    assert audited(additive, 8, "curvature")["curvature"].grade is Grade.GOOD


def test_where_the_line_fails_is_told():
    found = audited(product(0, 1, 2, 3, 4), 8, "curvature", sampler=Uniform(0.5), surrogate=limen.Linear())
    assert "mostly near x" in found["curvature"].reason
    assert found["curvature"].grade is not Grade.GOOD


# Units


def test_spans_are_the_sum_of_their_words_for_a_sum_only():
    found = audited(additive, 6, "segmentation", rows=1000)
    assert found.measure("segmentation.units").value.value < 1e-9
    assert found["segmentation"].grade is Grade.GOOD
    three = audited(product(0, 1, 2), 6, "segmentation", rows=1000, sampler=Uniform(0.5))
    # Words 1/4 each; spans (0, 1) and (2, 3) are hidden as wholes, and have 1/2 each: 1/2 - 1/4 is missing of √½.
    assert three.measure("segmentation.units").value.value == pytest.approx(0.25 / np.sqrt(0.5))


# Cost


def test_the_forecast_of_rows_keeps_its_promise():
    game, d = random_game(6, 16, order=6), 16
    explainer, explanation = explained(game, d, budget=120, surrogate=limen.Linear())
    needed = int(limen.audit(explanation, checks="cost").measure("cost.needed").value.value)
    assert needed > 180
    again = limen.Explainer(explainer.model, budget=min(needed, 3000), on_doubt="ignore", surrogate=limen.Linear())(
        " ".join(words_of(d)), 1
    )
    half = 1.96 * again.effects.standard_errors.max() / np.abs(again.effects.values).max()
    assert half < 0.1 * np.sqrt(max(needed / 3000, 1.0)) * 1.35


# Leak of the law


def test_the_leak_of_a_product_under_limes_law():
    found = audited(product(0, 1), 6, "leak", sampler=Lime())
    effects = found.explanation.effects.values
    beyond = np.abs(effects[2:]).max() - 0.02 * 0.6 * 0.5  # under Uniform() the two have an effect of a half
    measured = found.measure("leak.ignored").value.value * np.abs(effects).max()
    assert measured == pytest.approx(beyond, rel=0.15)
    assert np.abs(effects[2:]).max() == pytest.approx(0.6 * 0.028, rel=0.05)  # the design's closed form


@pytest.mark.parametrize("sampler", [Uniform(0.3), Shapley()])
def test_laws_without_leak_are_not_blamed(sampler):
    assert audited(product(0, 1), 6, "leak", sampler=sampler)["leak"].grade is Grade.NOT_APPLICABLE


def test_other_laws_are_exact_where_all_was_asked():
    game = random_game(8, 6)
    found = audited(game, 6, "leak", sampler=Lime())
    own = found.explanation.effects.values
    for name, law in (("leak.uniform", Uniform()), ("leak.shapley", Shapley())):
        there = explained(game, 6, sampler=law)[1].effects.values
        change = np.linalg.norm(own - there) / np.linalg.norm(own)
        assert found.measure(name).value.value == pytest.approx(change, rel=1e-6)


def test_other_laws_from_sampled_answers_are_within_their_errors():
    game, d, inside = random_game(9, 11), 11, 0
    own = explained(game, d, sampler=Lime(), budget=5000)[1].effects.values
    there = explained(game, d, sampler=Uniform(), budget=5000)[1].effects.values
    truth = np.linalg.norm(own - there) / np.linalg.norm(own)
    for seed in range(12):
        value = audited(game, d, "leak", sampler=Lime(), budget=300, seed=seed).measure("leak.uniform").value
        inside += value.low <= truth <= value.high
    assert inside >= 9


# Manipulability and sanity


def test_a_model_that_knows_the_very_text_is_bad():
    def alone(z):
        return 0.9 if z.all() else 0.3 + 0.02 * z[0]

    assert audited(alone, 6, "manipulation")["manipulation"].grade is Grade.BAD
    assert audited(additive, 6, "manipulation")["manipulation"].grade is Grade.GOOD


def test_a_flat_model_has_nothing_to_explain():
    found = audited(lambda _: 0.3, 5, None)
    assert found["sanity"].grade is Grade.DOUBTFUL
    assert "FLAT" in found["sanity"].reason
    assert found["curvature"].grade is Grade.NOT_APPLICABLE


def test_one_word_is_audited_too():
    found = audited(lambda z: 0.2 + 0.5 * z[0], 1, None, rows=500)
    assert "SINGLE_PART" in found["sanity"].reason
    assert {one.name for one in found.findings if one.grade is Grade.NOT_APPLICABLE} >= {"correlated", "leak"}
