"""Models with triples of words or fields that act together, and cheaper ones of the same task, which count inputs."""

import zlib
from collections import Counter

import numpy as np
import pytest

import limen
from limen.results import Status
from limen.sampling import Lime, Shapley, Uniform
from tests.games import words_of

D = 12
WORDS = words_of(D)
TEXT = " ".join(WORDS)
SAMPLERS = [Lime(), Shapley(), Uniform()]
every_law = pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
two_laws = pytest.mark.parametrize("sampler", SAMPLERS[:2], ids=repr)
GENERATOR = np.random.default_rng(0)
SLOPES = GENERATOR.normal(size=D)
TRIPLES = [(GENERATOR.choice(D, 3, replace=False), weight) for weight in 3.0 * GENERATOR.normal(size=14)]


class Counted:
    """A model of 12 words with triples that act together; counts how often each input came.

    Its log-odds are shifted and scaled, without some of the triples, or noise that has nothing to do with the words.
    """

    def __init__(self, shift=0.0, scale=1.0, triples=14, noise=False, outputs=2):
        self.shift, self.scale, self.triples, self.noise, self.outputs = shift, scale, triples, noise, outputs
        self.came = Counter()

    @property
    def rows(self):
        return self.came.total()

    def answers(self, masks, keys):
        odds = -1.0 + masks @ SLOPES + sum(w * masks[:, k].prod(axis=1) for k, w in TRIPLES[: self.triples])
        if self.noise:
            odds = np.array([np.random.default_rng(zlib.crc32(key)).normal() for key in keys])
        p = 1.0 / (1.0 + np.exp(-self.shift - self.scale * odds))
        return np.stack([1.0 - p, p] + [0.0 * p] * (self.outputs - 2), axis=1)

    def __call__(self, texts):
        self.came.update(texts)
        masks = np.array([[word in text for word in WORDS] for text in texts], dtype=float)
        return self.answers(masks, [text.encode() for text in texts])


def explained(model, **options):
    options = {"target": 1, "budget": 120, "on_doubt": "ignore", "domain": limen.Text(units="words")} | options
    return limen.explain(model, TEXT, **options)


def error_of(found, sampler):
    return np.abs(found.effects.values - exact(sampler)).max()


def exact(sampler, known={}):  # noqa: B006 - asked once for all tests
    if repr(sampler) not in known:
        known[repr(sampler)] = explained(Counted(), budget=5000, sampler=sampler)
        assert known[repr(sampler)].status is Status.EXACT
    return known[repr(sampler)].effects.values
