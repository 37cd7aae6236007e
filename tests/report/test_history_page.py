"""The page of a training: curves, table and settings tell the numbers of the record, and nothing in it can act."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

import limen
from limen.results.history import History, Score
from tests.pages import HOSTILE, harmless


def make_history(epochs: int = 30, *, validation: bool = True, rates=None, **options) -> History:
    """A training whose loss falls by half an epoch or so."""
    train = 1.4 * np.linspace(1, 0.6, epochs)
    scores = tuple(Score(1.1 * loss, 0.02, 1 - loss / 2, 0.01, 100, 50) for loss in train)
    given = {
        "net": "RNN of 8 inputs", "parameters": 1444, "samples": 64, "counted": 128, "train_losses": train,
        "validation": scores if validation else None, "gradient_norms": train / 3, "largest_norms": train / 2,
        "clipped_shares": train / 4, "learning_rates": np.full(epochs, 0.003) if rates is None else rates,
        "seconds": np.full(epochs, 0.5), "updates": 2 * epochs, "best_epoch": epochs, "stopped_early": False,
        "restored": False, "steps": "last", "epochs": epochs, "batch_size": 32, "optimiser": "Adam()",
        "schedule": "Constant()", "clip_norm": 0.5, "patience": None, "truncate": None, "window": 7, "seed": 3,
        "limen_version": "0.1.0", "python_version": "3.11.8",
    }  # fmt: skip
    return History(**(given | options))


CASES = {
    "usual": {},
    "one epoch": {"epochs": 1},
    "two epochs, no validation": {"epochs": 2, "validation": False},
    "long": {"epochs": 2000},
    "no clipping": {"clip_norm": None},
    "falling rate": {"rates": np.linspace(1, 0, 30)},
    "nan": {"train_losses": np.full(30, np.nan), "validation": None, "gradient_norms": np.zeros(30)},
    "unknown errors": {
        "validation": tuple(Score(1.0, np.nan, 0.5, np.nan, 9, 1) for _ in range(30)),
    },
    "steep": {"train_losses": np.geomspace(1, 1e-6, 30), "validation": None},
    "fitted": {"train_losses": np.append(np.geomspace(1, 1e-6, 29), 0.0), "validation": None},
    "huge": {"largest_norms": np.full(30, 1e300), "train_losses": np.full(30, 1e200)},
    "stopped": {"stopped_early": True, "restored": True, "patience": 4, "best_epoch": 3, "epochs": 12},
}


@pytest.mark.parametrize("name", CASES)
def test_any_training_is_a_whole_harmless_page(name):
    history = make_history(**CASES[name])
    text = limen.report.page(history)
    assert history._repr_html_() in text
    assert text == limen.report.page(History.from_json(history.to_json()))
    assert text.count("prefers-color-scheme: dark") == 2
    harmless(text.replace("<!doctype html>", ""))
    assert not re.search(r"\bd=\"[^\"]*(nan|inf)", text)


def test_the_curves_are_the_numbers_of_the_record():
    history = make_history(11, clip_norm=None)
    text = history._repr_html_()
    path = re.search(r'<path vector-effect[^>]*class="limen-curve limen-curve-0" d="([^"]+)"', text).group(1)
    points = np.array([[float(number) for number in pair.split()] for pair in path.lstrip("M").split("L")])
    np.testing.assert_allclose(points[:, 0], np.linspace(0, 1000, 11), atol=0.06)
    (slope, _), residual = np.polyfit(points[:, 1], history.train_losses, 1), np.ptp(history.train_losses)
    line = np.polyval(np.polyfit(points[:, 1], history.train_losses, 1), points[:, 1])
    assert slope < 0, "up on the page is a larger loss"
    np.testing.assert_allclose(line, history.train_losses, atol=1e-3 * residual)


def test_the_page_tells_the_best_epoch_the_figures_and_the_settings():
    page = harmless(make_history()._repr_html_())
    told = re.sub(r"\s+", " ", page.text)
    assert "0.924 ± 0.02 nats a step is the validation loss at the best epoch, 30 of 30, accuracy 58.0% ± 1.0%" in told
    assert "30 (best)" in told
    assert "18 of 30 epochs are left out here." in told
    for heading, text in (("seed", "3"), ("windows of", "7 steps"), ("clipping norm", "0.5"), ("patience", "none")):
        assert f"{heading} {text}" in told
    assert "The net has the weights of the best epoch." in harmless(make_history(**CASES["stopped"])._repr_html_()).text


def test_a_loss_that_falls_far_is_drawn_on_a_logarithmic_scale():
    assert "logarithmic" not in make_history()._repr_html_().split("Norm of the gradient")[0]
    learned_at_once = make_history(train_losses=np.append(np.ones(29), 0.0), validation=None)
    assert "on a logarithmic scale" not in learned_at_once._repr_html_()
    for name in ("steep", "fitted"):
        assert "on a logarithmic scale" in make_history(**CASES[name])._repr_html_()


def test_only_what_there_is_is_drawn():
    count = {name: make_history(**CASES[name])._repr_html_().count("<figure") for name in CASES}
    assert count["usual"] == count["no clipping"] == 3
    assert count["falling rate"] == 4
    assert count["two epochs, no validation"] == 2
    assert "clipping norm</li>" not in make_history(clip_norm=None)._repr_html_()
    assert "clipping norm</li>" in make_history()._repr_html_()


def test_names_from_outside_stay_text():
    history = dataclasses.replace(make_history(), net=HOSTILE, optimiser=HOSTILE, schedule=HOSTILE)
    assert "{{ 7 * 7 }}" in harmless(limen.report.page(history).replace("<!doctype html>", "")).text


def test_save_writes_the_page(tmp_path):
    limen.report.save(make_history(), tmp_path / "fit.html")
    text = (tmp_path / "fit.html").read_text(encoding="utf-8")
    assert "<title>RNN of 8 inputs: how did it learn?</title>" in text
