"""What a classifier's outputs go through to be probabilities: nothing, a sigmoid or a softmax."""

from __future__ import annotations

from typing import Any

import numpy as np

from limen._types import FloatArray

ROUNDED = 1e-3
"""How far a row of probabilities may sum from 1 in half precision."""


def linked(outputs: FloatArray, link: str) -> FloatArray:
    """The outputs (n, k) behind a link: "none", "sigmoid" or "softmax" (over the k of a row)."""
    if link == "none" or outputs.ndim != 2:
        return outputs  # a wrong number of axes is told by the predictor
    if link == "sigmoid":
        return np.asarray(0.5 * (1.0 + np.tanh(0.5 * outputs)))
    exponentials = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def link_of_trial(trial: FloatArray, several: bool = False, slack: float = ROUNDED) -> str:
    """The link that outputs (n, k) for trial inputs still need.

    None where they lie in [0, 1] and sum to 1, are one column, or answer questions of their own (`several`); else a
    sigmoid for one column or several questions, and a softmax otherwise.
    """
    if trial.ndim != 2:
        return "none"
    inside = bool((trial >= 0).all() and (trial <= 1).all())
    independent = several or trial.shape[1] == 1
    if inside and (independent or np.allclose(trial.sum(axis=1), 1.0, atol=slack)):
        return "none"
    return "sigmoid" if independent else "softmax"


def link_of_config(config: Any, raw: bool) -> str:
    """The link of transformers' logits: none if `raw` or for regression, a sigmoid for one output or several labels."""
    problem = getattr(config, "problem_type", None)
    if raw or problem == "regression":
        return "none"
    return "sigmoid" if config.num_labels == 1 or problem == "multi_label_classification" else "softmax"


def kind_of_config(config: Any, raw: bool) -> str:
    """What the answers of a transformers model mean, in the words of Adapter.kind."""
    if getattr(config, "problem_type", None) == "regression":
        return "regression"
    return "margin" if raw else "probability"
