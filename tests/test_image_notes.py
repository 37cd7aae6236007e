"""What a record of an image tells beside its effects: what is cropped away, the baseline, and no table of zeros."""

import numpy as np
import pytest

import limen
from limen.results import Doubt
from limen.sampling import Shapley
from tests.image_records import make_image
from tests.photos import Net, canvas_of, cropped, resized

PHOTO = canvas_of((90, 260)).image


def corner(images):
    lit = images[:, : images.shape[1] // 2, : images.shape[2] // 2].mean(axis=(1, 2, 3)) / 255
    return np.stack([1 - lit, lit], axis=1)


def one_line(found):
    return " ".join(str(found).split())


def of(model, x=PHOTO, segments=12, fill="mean", **options):
    domain = limen.Image(segments, method="grid", fill=fill)
    return limen.explain(model, x, domain=domain, target=1, budget=80, on_doubt="ignore", **options)


def cut_away(found):
    """The parts of which no pixel is in the square in the middle that the model sees."""
    columns = np.flatnonzero(np.abs(np.arange(260) - 129.5) > 37.5)
    labels = found.instance.labels[0]
    return [part for part in range(found.instance.n_parts) if np.isin(np.nonzero(labels == part)[1], columns).all()]


def test_what_the_models_crop_cuts_away_is_one_part_and_told():
    found = of((Net(), cropped))
    gone = cut_away(found)
    assert gone == [found.instance.n_parts - 1]
    assert 2 < found.instance.n_parts < 12
    assert np.abs(found.effects.values[gone[0]]) < np.abs(found.effects.values).max() / 5
    (note,) = (one for one in found.instance.notes if "crops the photo" in one)
    share = 100 * found.instance.area_shares()[gone[0]]
    assert f"part {gone[0]} ({share:.0f} % of the picture) never reaches it" in note
    assert "crops the photo" in one_line(found)
    assert limen.Explanation.from_json(found.to_json()) == found


def test_parts_of_the_users_own_stay_and_those_cut_away_are_told():
    labels = limen.Image(12, method="grid").parse(PHOTO, 100).labels[0]
    found = limen.explain((Net(), cropped), PHOTO, domain=limen.Image(labels), target=1, budget=80, on_doubt="ignore")
    gone = cut_away(found)
    assert len(gone) > 1
    assert found.instance.n_parts == 12
    (note,) = (one for one in found.instance.notes if "crops the photo" in one)
    share = 100 * found.instance.area_shares()[gone].sum()
    assert f"parts {', '.join(map(str, gone))} ({share:.0f} % of the picture) never reach it" in note


def test_the_parts_that_are_seen_are_those_that_were_without_the_crop():
    """In the same order, and in each of several segmentations."""
    domain = limen.Image(12, method="grid", segmentations=2)
    whole = domain.parse(PHOTO, 100)
    found = limen.explain((Net(), cropped), PHOTO, domain=domain, target=1, budget=160, on_doubt="ignore").instance
    for k in range(2):
        last = found.parts_of(k) - 1
        inside = found.labels[k] != last
        pairs = np.unique(np.stack([found.labels[k][inside], whole.labels[k][inside]]), axis=1)
        assert pairs[0].tolist() == list(range(last))
        assert (np.diff(pairs[1].astype(int)) > 0).all()


def test_without_a_crop_there_is_no_such_note():
    assert of((Net(), resized((56, 40)))).instance.notes == ()
    assert of(corner).instance.notes == ()


def test_many_parts_are_counted():
    instance = make_image().instance
    assert instance.cropped(np.ones(4, bool)) is instance
    many = limen.Image(30, method="grid").parse(PHOTO, 100)
    assert ", 10, 11 and 18 more (100 % of" in many.cropped(np.zeros(30, bool)).notes[-1]


def test_the_models_own_baseline_is_told_where_it_was_asked():
    told = "the model's own answer there is 0.000"  # all is black
    assert told in one_line(of(corner, fill="black", sampler=Shapley()))
    assert told in one_line(of(corner, segments=4, fill="black"))  # so few that every mask is asked
    without = of(corner, fill="black")
    assert without.prediction > 0.1
    assert "own answer" not in one_line(without)
    with_curves = limen.Explainer(corner, limen.Image(12, method="grid", fill="black")).with_curves(without)
    assert told in one_line(with_curves)
    assert "0.000 by the model" in limen.report.page(with_curves)


@pytest.mark.parametrize("x", [PHOTO, "a few words of text"])
def test_where_nothing_matters_there_is_no_table_of_zeros(x):
    from limen.cli._view import effects

    found = limen.explain(lambda items: np.full((len(items), 2), [0.3, 0.7]), x, budget=60, on_doubt="ignore")
    assert Doubt.FLAT in found.doubts
    sentence = "the answer stays at 0.7: every effect is 0"
    assert sentence in one_line(found)
    assert "fidelity" not in str(found)
    assert "part " not in str(found).split("law")[0]
    assert sentence in effects(found, 80, 12).renderables[0].plain
    assert sentence in found._repr_html_()


def test_small_effects_keep_their_table():
    found = limen.explain(lambda texts: [[0.5 + len(one) / 1e5] for one in texts], "a bb ccc", on_doubt="ignore")
    assert Doubt.FLAT in found.doubts
    assert "+0.0000400" in str(found)
    assert "every effect is 0" not in found._repr_html_()
