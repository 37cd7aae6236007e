"""Leave one video out: train on four videos, judge on the fifth; beside it TF-IDF with logistic regression."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from data import Comments
from fit import Recipe, fit, predict
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

TEMPERATURES = np.linspace(0.5, 4.0, 71)
BINS = 10


@dataclass(frozen=True)
class Judged:
    """What one model said of a video that it had not seen; each (n,)."""

    logits: np.ndarray
    labels: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share of comments on the right side of probability one half."""
        return float(np.mean((self.logits > 0) == self.labels))


def videos(comments: Comments) -> list[str]:
    """The videos in alphabetical order."""
    return sorted(set(comments.videos.tolist()))


def leave_one_out(comments: Comments, extra: list[str], recipe: Recipe, seed: int) -> dict[str, Judged]:
    """Our model on each video in turn; tokenizer, vectors and weights come from the other four (and `extra`)."""
    judged = {}
    for video in videos(comments):
        train, test = comments.where(comments.videos != video), comments.where(comments.videos == video)
        model, tokenizer = fit(train, extra, recipe, seed)
        judged[video] = Judged(predict(model, tokenizer, list(test.texts)), test.labels)
        print(f"seed {seed}  {video:22} {judged[video].accuracy:.3f}", flush=True)
    return judged


def baselines(comments: Comments) -> dict[str, dict[str, float]]:
    """Accuracy a video of two TF-IDF + logistic regressions: scikit-learn's defaults, and word pairs with C = 10."""
    kinds = {
        "tfidf": lambda: make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000)),
        "tfidf_pairs": lambda: make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10.0, max_iter=1000)
        ),
    }
    figures: dict[str, dict[str, float]] = {}
    for kind, make in kinds.items():
        figures[kind] = {}
        for video in videos(comments):
            train, test = comments.where(comments.videos != video), comments.where(comments.videos == video)
            figures[kind][video] = float(make().fit(train.texts, train.labels).score(test.texts, test.labels))
    return figures


def probability(logits: np.ndarray, temperature: float) -> np.ndarray:
    """p(spam) (n,) of logits (n,)."""
    return 0.5 + 0.5 * np.tanh(0.5 * logits / temperature)


def best_temperature(judged: list[Judged]) -> float:
    """The temperature with the least log-loss on held-out videos (Guo et al. 2017)."""
    logits = np.concatenate([part.logits for part in judged])
    signs = 2.0 * np.concatenate([part.labels for part in judged]) - 1.0
    losses = [np.logaddexp(0.0, -signs * logits / temperature).mean() for temperature in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def calibration(rounds: list[dict[str, Judged]]) -> dict[str, float]:
    """Brier score and expected calibration error on held-out videos, means over the seeds.

    The temperature put on a video's logits is fitted on the other four videos' logits only.
    """
    scores = []
    for judged in rounds:
        spam, labels = [], []
        for video, part in judged.items():
            others = [other for name, other in judged.items() if name != video]
            spam.append(probability(part.logits, best_temperature(others)))
            labels.append(part.labels)
        scores.append(_scores(np.concatenate(spam), np.concatenate(labels)))
    brier, error = np.mean(scores, axis=0)
    return {"brier": round(float(brier), 4), "expected_calibration_error": round(float(error), 4)}


def order(answer: Callable[[list[str]], np.ndarray], comments: Comments) -> dict[str, float]:
    """How often p(spam) of a comment of four words or more moves when its words are shuffled (one shuffle each)."""
    generator = np.random.default_rng(0)
    texts = [text for text in comments.texts if len(text.split()) > 3]
    shuffled = [" ".join(generator.permutation(text.split())) for text in texts]
    before, after = answer(texts), answer(shuffled)
    return {
        "moved_by_more_than_0.05": round(float(np.mean(np.abs(before - after) > 0.05)), 4),
        "class_changed": round(float(np.mean((before > 0.5) != (after > 0.5))), 4),
    }


def _scores(spam: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Brier score, and the mean gap between p(spam) and the share of spam in ten bins of equal width."""
    bins = np.minimum((spam * BINS).astype(int), BINS - 1)
    gaps = [abs(spam[bins == index].sum() - labels[bins == index].sum()) for index in range(BINS)]
    return float(np.mean((spam - labels) ** 2)), float(np.sum(gaps) / len(spam))
