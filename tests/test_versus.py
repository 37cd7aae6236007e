"""One class against another: the difference of two answers, in every domain, in every view, and at the boundary."""

import json

import numpy as np
import pytest

import limen
from limen._errors import InputError
from limen._question import Sides, resolve, was_named
from limen.models import Versus
from limen.models.groups import LANDMARKS
from limen.results import Doubt
from limen.results._terminal import summary
from limen.sampling import Boundary
from tests.table_laws import background, explained

TEXT = "a ba c bb ca"
IMAGENET = tuple(LANDMARKS.get(k, f"class_{k} of many").replace(" ", "_") for k in range(1000))


def counts(texts):
    return np.array([[t.count("a"), t.count("b"), 0.7 * t.count("c"), 1.0] for t in texts], dtype=float)


def classes(texts):
    """A softmax over four classes, of how often three letters come."""
    exponentials = np.exp(counts(texts))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


classes.classes = ("ape", "bee", "cat", "dog")


def of_text(target, model=classes, **options):
    return limen.explain(model, TEXT, target=target, on_doubt="ignore", **options)


@pytest.mark.parametrize("scale", ["probability", "raw"])
def test_effects_are_the_difference_of_both_sides(scale):
    model = classes if scale == "probability" else counts
    both, one, other = of_text([Versus((0, 3), 1), (0, 3), 1], model, scale=scale)
    assert both.effects.values == pytest.approx(one.effects.values - other.effects.values, abs=1e-12)
    assert both.prediction == pytest.approx(one.prediction - other.prediction)
    assert (both.target, both.against) == ((0, 3), (1,))


def test_log_odds_of_two_do_not_heed_the_other_classes():
    found = of_text(Versus("ape", "bee"), scale="log-odds", surrogate=limen.Linear())
    letters = [word.count("a") - word.count("b") for word in TEXT.split()]
    assert found.effects.values == pytest.approx(letters, abs=1e-9)
    assert found.unit == "difference of log-probabilities"
    assert of_text("ape", scale="log-odds").effects.values != pytest.approx(letters, abs=0.1)


def test_a_side_without_probability_is_cut_off_and_told():
    def sure(texts):
        return np.array([[1.0, 0.0, 0.0] if "a" in t else [0.5, 0.5, 0.0] for t in texts])

    found = of_text(Versus(0, 1), sure, scale="log-odds")
    assert Doubt.SATURATED in found.doubts
    assert found.prediction == pytest.approx(-np.log(1e-9))


def test_the_record_keeps_both_sides_and_names_them():
    found = of_text(Versus("ape", ("cat", "dog")))
    assert found.target_name == "ape against cat + dog"
    again = limen.Explanation.from_json(found.to_json())
    assert again == found
    assert again.against == (2, 3)
    damaged = json.loads(found.to_json())
    damaged["against"] = [0]
    with pytest.raises(limen.LimenError, match="in common with target"):
        limen.Explanation.from_json(json.dumps(damaged))


def test_the_first_side_may_be_the_predicted_class():
    assert of_text(Versus(None, "dog")).target == of_text(None).target
    assert not was_named(Versus(None, 1))
    assert was_named(Versus(0, 1))


def test_groups_of_imagenet_are_sides():
    found, name = resolve(Versus("beagle", "cat"), IMAGENET, np.zeros(1000))
    assert found == Sides((162,), (281, 282, 283, 284, 285), ("beagle", "cat"))
    assert name == "beagle against cat"
    with pytest.raises(InputError, match="have beagle in common"):
        resolve(Versus("beagle", "dog"), IMAGENET, np.zeros(1000))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (lambda: Versus(0, None), "other of Versus is None"),
        (lambda: Versus(Versus(0, 1), 2), "one of Versus is another Versus"),
        (lambda: Versus(0, [1]), r"other of Versus is \[1\]"),
        (lambda: Versus("ape", "ox"), "other of Versus is 'ox'.*ape, bee, cat, dog"),
        (lambda: Versus(9, "ape"), "one of Versus is 9"),
        (lambda: Versus(range(3), 2), "have cat in common"),
        (lambda: Versus(None, range(4)), "which is the predicted class"),
    ],
)
def test_wrong_sides_are_refused(target, words):
    with pytest.raises(InputError, match=words):
        of_text(target())


ROWS = background(300, 3)
MEANS, SDS = ROWS.mean(axis=0), ROWS.std(axis=0)
X = MEANS + SDS * np.array([0.3, -0.2, 0.1])
SCORES = np.array([[1.0, 0.5, 0.0], [-0.6, 0.4, 0.8], [0.1, -1.0, 0.4]])


class Three:
    """Three classes with straight boundaries."""

    classes_ = np.array(["ape", "bee", "cat"])

    def predict_proba(self, rows):
        scores = np.exp((rows - MEANS) / SDS @ SCORES.T)
        return scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("scale", ["probability", "log-odds"])
def test_the_boundary_of_a_row_is_where_both_are_equal(scale):
    found = explained(Three(), X, ROWS, target=Versus("cat", "ape"), scale=scale, sampler=Boundary())
    boundary, gap = found.boundary, SCORES[0] - SCORES[2]
    assert (boundary.side, boundary.other, boundary.threshold) == ("cat", "ape", 0.0)
    assert boundary.distance.value == pytest.approx(abs((X - MEANS) / SDS @ gap) / np.linalg.norm(gap), rel=0.01)
    other, _, one = Three().predict_proba(boundary.point[None])[0]
    assert other - one == pytest.approx(0, abs=0.01)
    assert other >= one


def test_a_boundary_is_not_told_twice_what_to_compare_with():
    with pytest.raises(InputError, match="against of Boundary is 1, and the target is 'ape against cat'"):
        explained(Three(), X, ROWS, target=Versus("ape", "cat"), scale="probability", sampler=Boundary(against=1))


def test_effects_of_a_row_are_differences():
    law = limen.sampling.Ball(0.5)
    both, one, other = explained(Three(), X, ROWS, target=[Versus(0, 2), 0, 2], scale="probability", sampler=law)
    assert both.effects.values == pytest.approx(one.effects.values - other.effects.values, abs=1e-9)
    apart = both.contributions.values - (one.contributions.values - other.contributions.values)
    assert (np.abs(apart) < 0.1 * both.contributions.standard_errors).all()  # the curves between nodes are no lines


def corners(images):
    """Three classes: how light three corners are."""
    height, width = images.shape[1] // 2, images.shape[2] // 2
    lit = [images[:, :height, :width], images[:, :height, width:], images[:, height:, :width]]
    return np.stack([one.mean(axis=(1, 2, 3)) / 765 for one in lit], axis=1)


def of_image(target):
    picture = np.full((40, 60, 3), 20, np.uint8)
    picture[:20] = 200
    domain = limen.Image(4, method="grid", fill="black")
    explainer = limen.Explainer(corners, domain, budget=60, on_doubt="ignore")
    return explainer.with_curves(explainer(picture, target))


def test_effects_and_curves_of_an_image_are_differences():
    both, one, other = (of_image(target) for target in (Versus(0, 1), 0, 1))
    assert both.effects.values == pytest.approx(one.effects.values - other.effects.values, abs=1e-9)
    assert both.effects.values == pytest.approx([200 / 765, -200 / 765, 0, 0], abs=1e-3)
    assert both.curves.deletion[0] == pytest.approx(both.prediction)


def test_every_view_tells_that_it_is_a_difference():
    from limen.cli._view import answer_told

    row = explained(Three(), X, ROWS, target=Versus("ape", "cat"), scale="probability", on_doubt="ignore")
    for found in (of_text(Versus("ape", "bee")), row, of_image(Versus(0, 1))):
        told = "difference of probabilities"
        assert told in str(found)
        assert f"a {told} of" in answer_told(found).plain
        assert f"a {told} of" in found._repr_html_()
        assert "against" in found._repr_html_()
        assert told in limen.plots.bars(found).get_xlabel()
        assert summary(found)
