"""Limits of what an audit measures of texts, on games whose every answer is known."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np

import limen
from common import LIME, SHAPLEY, UNIFORM, WORDS, Game, every_mask, needed, synthetic
from common import Table as Memory
from limen.trust._plausible import Bigrams
from limit_cases import Numbers, Pair, Question, apart, figures
from local_truths import logistic, products

LAWS = (LIME, UNIFORM, SHAPLEY, limen.sampling.Uniform(0.8))
BUDGETS = (40, 80, 160, 320)
KINDS = 5


def played(seed: int, salt: int) -> tuple[Game, np.ndarray, np.random.Generator]:
    """A game of one of several kinds, from nearly a line to the "and" of many words, and the words that it uses (d)."""
    generator = np.random.default_rng([seed, salt])
    d, kind = int(generator.integers(8, 12)), int(generator.integers(KINDS))
    if kind < 2:
        p, used = logistic(generator, d, (1.0, 4.0)[kind])
    elif kind < 4:
        p, used = products(generator, d, (2, 5)[kind - 2])
    else:
        used = np.isin(np.arange(d), generator.choice(d, size=int(generator.integers(4, 7)), replace=False))
        p = 0.1 + 0.8 * every_mask(d)[:, used].all(axis=1) + 0.02 * generator.normal(size=2**d)
    return synthetic(f"g{seed}w", p, every_mask(d)), used, generator


def explainer(game: Game, generator: np.random.Generator, model: object = None) -> limen.Explainer:
    """How the game is asked about: any law, any budget."""
    law, budget = (choices[generator.integers(len(choices))] for choices in (LAWS, BUDGETS))
    return limen.Explainer(
        model or game.model,
        WORDS,
        sampler=law,
        budget=budget,
        seed=int(generator.integers(10**6)),
        surrogate=limen.Linear(),
        on_doubt="ignore",
    )


def _audited(asked: limen.Explainer, game: Game, check: str, rows: int = 0) -> limen.Audit:
    return limen.audit(asked, game.text, target=1, rows=rows, checks=[check])


def seeds(seed: int) -> Iterator[Pair]:
    """Whether fresh seeds show that the errors told are too small."""
    game, _, generator = played(seed, 1)
    asked = explainer(game, generator)
    audit = _audited(asked, game, "instability", 2 * asked.budget)
    effects, truth = audit.explanation.effects, game.exact(asked.sampler).effects.values
    told = float(np.linalg.norm(effects.standard_errors))
    for figure in figures(audit, "instability.seeds"):
        yield Pair(figure, float(np.linalg.norm(effects.values - truth)) / told if told else 0.0)


def noise(seed: int) -> Iterator[Pair]:
    """What a model that answers at random does to the effects."""
    game, _, generator = played(seed, 2)
    game = synthetic(f"n{seed}w", 0.3 + 0.4 * np.clip(game.p, 0, 1), game.masks)
    level = 10.0 ** generator.uniform(-4, -0.5)

    def noisy(texts: Sequence[str]) -> Numbers:
        p = np.clip(game.model(texts)[:, 1] + level * generator.normal(size=len(texts)), 0, 1)
        return np.stack([1 - p, p], axis=1)

    asked = explainer(game, generator, noisy)
    audit = _audited(asked, game, "instability")
    still = dataclasses.replace(asked, model=game.model)(game.text, 1)
    for figure in figures(audit, "instability.noise"):
        yield Pair(figure, apart(audit.explanation.effects.values, still.effects.values))


def drops(game: Game) -> Numbers:
    """What the answer to the text loses with each word alone (d)."""
    d = game.n_parts
    return game.p[-1] - game.p[2**d - 1 - 2 ** np.arange(d)[::-1]]


def few(seed: int) -> Iterator[Pair]:
    """Whether masks that hide few words tell how far the effects are from what each word does alone."""
    game, _, generator = played(seed, 3)
    audit = _audited(explainer(game, generator), game, "width")
    for figure in figures(audit, "width.few"):
        yield Pair(figure, apart(audit.explanation.effects.values, drops(game)))


def alone(seed: int) -> Iterator[Pair]:
    """Whether words that were hidden alone tell the same; a third of the models answer what is nearly x otherwise."""
    game, _, generator = played(seed, 9)
    if generator.random() < 1 / 3:
        masks, weights = game.masks.astype(float), generator.normal(size=(2, game.n_parts))
        near = masks.sum(axis=1) >= game.n_parts - generator.integers(1, 3)
        score = np.where(near, (masks - 1) @ weights[0], (masks - 1) @ weights[1])
        game = synthetic(f"a{seed}w", 0.5 + 0.4 * np.tanh(score), game.masks)
    audit = _audited(explainer(game, generator), game, "width")
    for figure in figures(audit, "width.alone"):
        yield Pair(figure, apart(audit.explanation.effects.values, drops(game)))


def forecast(seed: int) -> Iterator[Pair]:
    """Whether the forecast of rows tells how wrong the effects are at present."""
    game, _, generator = played(seed, 4)
    asked = explainer(game, generator)
    audit = _audited(asked, game, "cost")
    truth = game.exact(asked.sampler).effects.values
    for figure in figures(audit, "cost.forecast"):
        yield Pair(figure, apart(audit.explanation.effects.values, truth))


def units(seed: int) -> Iterator[Pair]:
    """Whether spans of two words tell that spans of three do otherwise than the sum of their words."""
    game, _, generator = played(seed, 5)
    asked = explainer(game, generator)
    audit = _audited(asked, game, "segmentation", asked.budget)
    spans = dataclasses.replace(asked, domain=limen.Text(units=3), budget=1000)(game.text, 1)
    starts = [span[0][0] for span in spans.instance.spans]
    words = [span[0][0] for span in audit.explanation.instance.spans]
    places = np.searchsorted(starts, words, side="right") - 1
    summed = np.bincount(places, audit.explanation.effects.values, len(starts))
    for figure in figures(audit, "segmentation.units"):
        yield Pair(figure, apart(summed, spans.effects.values))


def jump(seed: int) -> Iterator[Pair]:
    """Half of the models answer the text itself, and it alone, by another rule."""
    game, _, generator = played(seed, 6)
    forged = bool(generator.random() < 0.5)
    if forged:
        p = game.p.copy()
        p[-1] = 0.02 if p[-1] > 0.5 else 0.98
        game = synthetic(f"f{seed}w", p, game.masks)
    audit = _audited(explainer(game, generator), game, "manipulation")
    for figure in figures(audit, "manipulation.jump"):
        yield Pair(figure, float(forged))


def leak(seed: int) -> Iterator[Pair]:
    """Whether a word that the model ignores looks like one that it uses, which is as large as they are in the mean."""
    game, used, generator = played(seed, 7)
    asked = dataclasses.replace(explainer(game, generator), sampler=LIME)
    audit = _audited(asked, game, "leak")
    effects, plain = audit.explanation.effects.values, game.exact(UNIFORM).effects.values
    typical = float(np.sqrt(np.mean(plain[used] ** 2)))
    for figure in figures(audit, "leak.ignored"):
        yield Pair(figure, float(np.abs(effects[~used]).max(initial=0.0)) / typical)


@cache
def _corpus() -> tuple[list[str], list[str], Bigrams, float]:
    """Thirds of real comments: a background, texts to explain, and what words follow in the others with a least score.

    One comment in 20 scores less.
    """
    with needed("data/text/youtube_spam.csv").open(encoding="utf-8", newline="") as file:
        texts = sorted({row["CONTENT"] for row in csv.DictReader(file)})
    others = Bigrams(texts[2::3])
    least = float(np.quantile([others.score(text) for text in texts[0::3]], 0.05))
    return texts[0::3], texts[1::3], others, least


def implausible(seed: int) -> Iterator[Pair]:
    """Whether the share of implausible probes tells that a model has another rule for texts unlike any comment."""
    yield from _other_rule(seed, "off_manifold.implausible")


def plausible(seed: int) -> Iterator[Pair]:
    """Whether the more plausible half of the probes does."""
    yield from _other_rule(seed, "off_manifold.plausible")


def _other_rule(seed: int, name: str) -> Iterator[Pair]:
    """That figure of models half of which have another rule for texts that are unlike any comment."""
    generator = np.random.default_rng([seed, 8])
    background, texts, bigrams, least = _corpus()
    short = [text for text in texts if 8 <= len(text.split()) <= 11 and text == " ".join(text.split())]
    text = short[generator.integers(len(short))]
    instance = WORDS.parse(text, 10**6)
    if instance.n_parts != len(text.split()):  # a word comes twice
        return
    shown, hidden = generator.normal(size=(2, instance.n_parts))
    masks = every_mask(instance.n_parts)
    variants = instance.render(masks)
    odd = np.array([bigrams.score(one) < least for one in variants])
    odd[-1] = False
    odd &= generator.random() < 0.5  # the other half of the models have one rule
    p = 0.5 + 0.4 * np.tanh(np.where(odd, masks @ shown, masks @ hidden) / 3)
    game = Game(text, masks, p, Memory(variants, np.stack([1 - p, p], axis=1)))
    honest = dataclasses.replace(game, p=0.5 + 0.4 * np.tanh(masks @ hidden / 3))
    asked = explainer(game, generator)
    audit = limen.audit(asked, text, target=1, checks=["off_manifold"], background=background)
    for figure in figures(audit, name):
        yield Pair(figure, apart(audit.explanation.effects.values, drops(honest)))


FAR = "error of the effects, relative to their size"
QUESTIONS = (
    Question("instability.seeds", "error of the effects, in units of what is told", 2.0, 3.0, seeds),
    Question("instability.noise", "change of the effects by the noise, relative to their size", 0.1, 0.5, noise),
    Question("width.few", "distance to what each word does alone, relative", 0.5, 1.0, few),
    Question("width.alone", "distance to what each word does alone, relative", 0.5, 1.0, alone),
    Question("cost.forecast", FAR, 0.2, 0.5, forecast),
    Question("segmentation.units", "distance to what three words do together, relative", 0.5, 1.0, units),
    Question("manipulation.jump", "1: x alone is answered by another rule", 0.5, 0.5, jump),
    Question("leak.ignored", "largest effect of an ignored word, by the mean size of used ones", 0.5, 1.0, leak),
    Question("off_manifold.plausible", "distance to the rule of plausible texts, relative", 0.5, 1.0, plausible),
    Question("off_manifold.implausible", "distance to the rule of plausible texts, relative", 0.5, 1.0, implausible),
)
