"""Remedies made by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limen.results.remedies import Remedies, Remedy


def make_remedies(
    title: str = "encoder.rnn LSTM of Classifier", steps: int = 200, names: Sequence[str] | None = None, seed: int = 0
) -> Remedies:
    """Build Remedies whose best one never falls below a thousandth."""
    generator = np.random.default_rng(seed)
    typical = [13.0, 34.0, np.inf, 41.0, 19.0, 9.0, 88.0]
    given = names or (
        "as it is",
        "forget bias 1",
        "forget bias 3",
        "chrono initialisation",
        "orthogonal recurrent weights",
        "plain RNN instead",
        "layer normalisation",
    )
    rows = []
    for index, name in enumerate(given):
        middle = typical[index % len(typical)]
        horizons = (
            np.ceil(middle * generator.uniform(0.85, 1.2, (8, 3))) if np.isfinite(middle) else np.full((8, 3), middle)
        )
        if name.startswith("layer"):
            horizons[0, 0] = np.inf
        code = (
            f"# {name}\nfor name, bias in model.named_parameters():\n    if 'bias' in name:\n        bias.data.fill_(3)"
        )
        rows.append(
            Remedy(
                name,
                horizons,
                float(np.median(horizons)),
                float(horizons.min()),
                float(horizons.max()),
                float(10 ** (-3 / middle)),
                code,
            )
        )
    return Remedies(title, steps, 0, min(2, len(rows) - 1), tuple(rows), 1.9, "0.1.0", "3.11.8")
