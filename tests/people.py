"""A table of people for tests."""

import numpy as np
import pandas as pd

N = 60


def people(n=N, seed=0):
    """Numbers, integers, categories, gaps, days and a constant (n rows)."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": draw.normal(40_000, 9_000, n),
            "age": draw.integers(18, 90, n),
            "status": draw.choice(["Married", "single"], n),
            "gap": np.where(draw.random(n) < 0.3, np.nan, draw.normal(size=n)),
            "since": pd.Timestamp("2024-03-01") + pd.to_timedelta(draw.integers(0, 400, n), unit="D"),
            "land": "here",
        }
    )


def one_row(frame, **changes):
    return {**frame.iloc[0].to_dict(), "gap": 0.5, **changes}
