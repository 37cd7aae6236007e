"""What `does_the_quadratic_beat_the_line.py` measures of one row, and how it sums the rows up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WIDTHS, BUDGETS, N_FRESH = (0.25, 0.5, 1.0), (500, 2000), 2000
N_BEST = 20_000
"""Probes on which the best line and quadratic of all are fitted, and judged."""
LIME_ROWS = 5000
"""Lime's own default."""
STILL = 1e-3
"""Answers with a smaller standard deviation do not vary: nothing is there to explain."""
METHODS = ("lime", "linear", "quadratic", "auto")


@dataclass(frozen=True)
class Cell:
    """One row at one width and budget: R², side agreement and |g(x) - f(x)| of each of METHODS; NaN: could not be had.

    default_gap: lime's |g(x) - f(x)| from LIME_ROWS. quadratic: auto shows it. possible: by how much R² of the best
    quadratic of all is above that of the best line; told of the curved problems.
    """

    problem: str
    curved: bool
    width: float
    budget: int
    r2: tuple[float, ...]
    agreement: tuple[float, ...]
    gap: tuple[float, ...]
    default_gap: float
    quadratic: bool
    possible: float

    @property
    def gain(self) -> float:
        """R² of auto less R² of the line."""
        return self.r2[3] - self.r2[1]


def middle(found: list[Cell], field: str) -> list[float]:
    """Medians of one field over cells, for each of METHODS."""
    table = np.array([getattr(cell, field) for cell in found])
    return [float(np.median(column[~np.isnan(column)])) if (~np.isnan(column)).any() else np.nan for column in table.T]


def group_rows(found: list[Cell]) -> list[list[object]]:
    """A line of the table for each width and budget."""
    rows: list[list[object]] = []
    for width in WIDTHS:
        for budget in BUDGETS:
            part = [cell for cell in found if cell.width == width and cell.budget == budget]
            if part:
                numbers = [f"{value:.2f}" for value in middle(part, "r2")]
                numbers += [f"{100 * value:.0f}" for value in middle(part, "agreement")]
                numbers += [f"{value:.3f}" for value in middle(part, "gap")]
                gains = [cell.gain for cell in part]
                shown = sum(cell.quadratic for cell in part)
                name = f"{part[0].problem}, {width:g}, {budget}"
                rows.append([name, len(part), *numbers, shown, f"{np.median(gains):+.2f}", f"{min(gains):+.3f}"])
    return rows


def summary(found: list[Cell], left_out: int) -> None:
    """The figures that the goals are about."""
    groups: dict[tuple[str, float, int], list[Cell]] = {}
    for cell in found:
        groups.setdefault((cell.problem, cell.width, cell.budget), []).append(cell)
    medians = {key: float(np.median([cell.gain for cell in part])) for key, part in groups.items()}
    worst_key, worst = min(medians, key=lambda key: medians[key]), min(found, key=lambda cell: cell.gain)
    below = [cell for cell in found if cell.gain < -0.02]
    print(f"{len(found)} rows × widths × budgets; {left_out} more left out, whose answers are still")
    print(f"auto - linear, R²: worst median of a problem, width and budget {medians[worst_key]:+.3f} {worst_key}")
    print(
        f"auto - linear, R²: worst single row {worst.gain:+.3f} ({worst.problem}, {worst.width:g}, {worst.budget}); "
        f"{len(below)} of {len(found)} rows below -.02 (goal: none)"
    )
    if any(cell.curved for cell in found):
        curves(found)
    for budget in BUDGETS:
        part = [cell for cell in found if cell.budget == budget]
        gaps(f"auto with {budget:,} rows, lime with as many", part, [cell.gap[0] for cell in part])
        gaps(f"auto with {budget:,} rows, lime with {LIME_ROWS:,}", part, [cell.default_gap for cell in part])
    print(f"medians over all cells of {', '.join(METHODS)}:")
    for field, unit in (("r2", "R²"), ("agreement", "side agreement"), ("gap", "|g(x) - f(x)|")):
        print(f"  {unit}: " + ", ".join(f"{value:.3f}" for value in middle(found, field)))


def curves(found: list[Cell]) -> None:
    """What auto gains on the curved problems, and how much of what can be gained."""
    curved = [cell for cell in found if cell.curved]
    each = {cell.problem: 0.0 for cell in curved}
    for name in each:
        each[name] = float(np.median([cell.gain for cell in curved if cell.problem == name]))
    pooled = np.median([cell.gain for cell in curved])
    print(
        f"curved problems, auto - linear: median {pooled:+.2f} over all rows, {np.median([*each.values()]):+.2f} over"
    )
    print("  the problems (goal .2): " + ", ".join(f"{name} {gain:+.2f}" for name, gain in each.items()))
    by_width = [np.median([cell.gain for cell in curved if cell.width == width]) for width in WIDTHS]
    print("  " + ", ".join(f"{gain:+.2f} at width {width:g}" for gain, width in zip(by_width, WIDTHS, strict=True)))
    possible = np.median([cell.possible for cell in curved])
    reached = []
    for budget in BUDGETS:
        part = [cell for cell in curved if cell.budget == budget]
        share = sum(cell.gain for cell in part) / sum(cell.possible for cell in part)
        reached.append(f"{100 * share:.0f} % of the possible gain with {budget:,} rows")
    print(f"  the best quadratic of all gains {possible:+.3f} at the median; auto reaches {' and '.join(reached)}")


def gaps(name: str, part: list[Cell], peers: list[float]) -> None:
    """How much larger |g(x) - f(x)| is for lime than for auto."""
    autos = [cell.gap[3] for cell in part]
    ratios = np.array(peers) / np.maximum(autos, 1e-12)
    peer, auto = np.median(peers), np.median(autos)
    print(
        f"|g(x) - f(x)|, {name}: lime / auto {np.median(ratios):.1f} at the median (goal 3); ratio of the medians "
        f"{peer:.3f} / {auto:.3f} = {peer / auto:.1f}; auto is closer in {100 * np.mean(ratios > 1):.0f} %"
    )
    by_width = [np.median(ratios[[cell.width == width for cell in part]]) for width in WIDTHS]
    print("  " + ", ".join(f"{ratio:.1f} at width {width:g}" for ratio, width in zip(by_width, WIDTHS, strict=True)))
