"""The teacher: two n-gram logistic regressions that say what a perturbed or made-up text should be called.

A text that lost the word which made it spam is no longer spam, whatever its label was. 1,700 comments are too few for a
Transformer to find that out; a regression on n-grams knows it. It sees the same training texts and labels as the
Transformer and nothing else.
"""

import numpy as np
from data import Comments
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline

STRENGTH = 10.0  # C, the inverse of the ridge


class Teacher:
    """Mean log-odds of a regression on word 1-3-grams and one on character 3-6-grams."""

    def __init__(self, comments: Comments) -> None:
        words = TfidfVectorizer(ngram_range=(1, 3), binary=True, token_pattern=r"\w+|[^\w\s]")
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 6), sublinear_tf=True, min_df=2)
        self.models: list[Pipeline] = [
            make_pipeline(kind, LogisticRegression(C=STRENGTH, max_iter=2000)).fit(comments.texts, comments.labels)
            for kind in (words, letters)
        ]

    def logits(self, texts: list[str]) -> np.ndarray:
        """Log-odds of spam (n,)."""
        return np.mean([model.decision_function(texts) for model in self.models], axis=0)

    def __call__(self, texts: list[str]) -> np.ndarray:
        """p(spam) (n,)."""
        return 0.5 + 0.5 * np.tanh(0.5 * self.logits(texts))
