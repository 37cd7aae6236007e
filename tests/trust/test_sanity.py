"""Models that have learned nothing, beside the one that has."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import limen
from limen.results import Grade
from limen.sampling import Ball
from limen.trust.sanity import REFITS, p_values


def fitted(informative):
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(3)
    inputs = generator.normal(size=(300, 4))
    labels = (inputs[:, 0] + 0.3 * generator.normal(size=300) > 0).astype(int)
    if not informative:
        labels = generator.permutation(labels)
    return LogisticRegression().fit(inputs, labels), inputs, labels


def audited(informative):
    model, inputs, labels = fitted(informative)
    explainer = limen.Explainer(
        model, limen.Table(inputs), sampler=Ball(0.5), budget=60, scale="log-odds", on_doubt="ignore"
    )
    return limen.audit(explainer, inputs[0], target=1, training=(inputs, labels), checks="sanity")


def test_what_was_learned_is_lost_with_the_labels():
    found = audited(informative=True)
    assert found.measure("sanity.shuffled").value.value == pytest.approx(2.0 / (1 + REFITS))
    assert found["sanity"].grade is Grade.GOOD
    assert "“column 0”" in found["sanity"].reason
    assert found.rows == 0
    assert found.other_rows == REFITS * 60
    values = [one.value.value for one in found["sanity"].measures if one.name == "sanity.p"]
    assert len(values) == 4
    assert values[0] == min(values)


def test_a_model_of_shuffled_labels_is_one_of_many():
    assert audited(informative=False).measure("sanity.shuffled").value.value > 0.05


def test_p_values_are_ranks():
    others = np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]])
    assert p_values(np.array([4.0, 6.0]), others) == pytest.approx([1 / 4, 3 / 4])


@pytest.fixture
def module():
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(6, 6), torch.nn.Tanh(), torch.nn.Linear(6, 2), torch.nn.Softmax(1))
    return net.double()


def test_weights_at_random_lose_the_explanation(module):
    import torch

    inputs = np.random.default_rng(0).normal(size=(80, 6))
    with torch.no_grad():  # a net that sees the first two columns only
        module[0].weight[:, 2:] = 0.0
    before = {name: value.clone() for name, value in module.state_dict().items()}
    explainer = limen.Explainer(module, limen.Table(inputs), sampler=Ball(0.5), budget=60, on_doubt="ignore")
    state = torch.random.get_rng_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = limen.audit(explainer, inputs[0], target=1, rows=180, checks="sanity")
    assert torch.equal(state, torch.random.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert found.measure("sanity.weights").value.value < 0.9
    assert (found.rows, found.other_rows) == (0, 180)
    refused = limen.audit(explainer, inputs[0], target=1, rows=179, checks="sanity")
    assert (refused.other_rows, refused["sanity"].offer) == (0, 180)


def test_every_layer_starts_anew(module):
    import torch

    from limen.trust._random_weights import is_module, randomised

    first, again, second = (randomised(module, seed) for seed in (1, 1, 2))
    for own, one, same, other in zip(*(net.parameters() for net in (module, first, again, second)), strict=True):
        assert torch.equal(one, same)
        assert not torch.equal(one, other)
        assert not torch.equal(one, own)
    assert is_module(module)
    assert not is_module(len)
