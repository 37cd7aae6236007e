"""How the answer falls as parts are hidden, and comes back as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limen._errors import InputError
from limen.plots._axes import axes_or_new, dress, legend, line_style, put_ticks
from limen.plots._check import check, doubts_told, headline
from limen.plots._colours import scheme_on
from limen.results import Explanation
from limen.results._image_faces import image_of
from limen.results._terminal import clip
from limen.results._ticks import percents

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def curves(explanation: Explanation, *, ax: Axes | None = None) -> Axes:
    """Draw the deletion and the insertion curve of an image, which `Explainer.with_curves` records.

    The parts that support most go first. Deletion (dashed) should fall at once, insertion (solid) rise at once; the key
    tells the mean height of each. Returns the Axes: `ax`, or that of a new figure. Raises InputError if `explanation`
    is none of an image or has no curves, or `ax` is no Axes.
    """
    check(explanation, ax)
    image_of(explanation)
    found = explanation.curves
    if found is None:
        raise InputError(
            "explanation has no curves, which ask the model once more; make them with "
            "limen.Explainer(model, ...).with_curves(explanation)."
        )
    ax = axes_or_new(ax)
    handles = []
    for kind, name, answers, area in (
        (0, "insertion: these parts alone shown", found.insertion, found.insertion_area),
        (1, "deletion: these parts hidden", found.deletion, found.deletion_area),
    ):
        label = f"{name}, mean {area:.3f}".replace("-", "−")
        handles += ax.plot(found.shares, answers, label=label, marker="o", markersize=3, **line_style(ax, kind))
    ax.axhline(0, color=scheme_on(ax.get_facecolor())["rule"], linewidth=1, zorder=0.5)
    ax.set_xlim(0, 1)
    put_ticks(ax.xaxis, percents(0, 1))
    target = clip(explanation.target_name[:240], 30)
    title = "\n".join(filter(None, (headline(explanation), doubts_told(explanation))))
    dress(ax, title, "share of the picture, most supporting parts first", f"{target} ({explanation.unit})")
    ax.title.set_fontsize("medium")
    legend(ax, handles, loc="best")
    return ax
