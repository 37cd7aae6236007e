from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import pytest


@pytest.fixture(autouse=True)
def _no_windows() -> Iterator[None]:
    """Draw without a screen, with matplotlib's own settings, and leave no figure open."""
    from matplotlib import pyplot as plt

    plt.switch_backend("agg")
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["backend"] = "agg"
        yield
    plt.close("all")
