"""The factors of the chain rule, measured: norms as float64 logarithms beside vectors and matrices of norm 1.

Symbols as in the course: J_t = ∂h_t/∂h_{t-1} = diag(g_h'(a_t)) W_hhᵀ, δ_t = ∂E_T/∂a_t, T steps, H hidden units.
Lag i belongs to step k = T - i.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from limen._types import FloatArray

MOST_NUMBERS = 2**22
"""Numbers of ∂h_T/∂W_hh that are held at a time; a net of more than about 160 units is gone through in rows."""
BLOCK = 32
"""Steps whose parts of ∂h_T/∂W_hh are added up in one matrix product."""

MOST_HALVINGS = 100


def ln(norm: float) -> float:
    """The natural logarithm; -inf at 0."""
    return math.log(norm) if norm > 0 else -math.inf


def log_norm(values: FloatArray) -> float:
    """Give ln of the Euclidean (Frobenius) norm, whatever the size of the numbers."""
    largest = float(np.abs(values).max(initial=0.0))
    return ln(largest) + ln(float(np.linalg.norm(values / largest))) if 0 < largest < math.inf else ln(largest)


def log_spectral(matrix: FloatArray) -> float:
    """Give ln of the spectral norm of a matrix, whatever the size of its numbers."""
    largest = float(np.abs(matrix).max())
    return ln(largest) + ln(float(np.linalg.norm(matrix / largest, 2))) if largest else -math.inf


def softmax_norm(probabilities: FloatArray) -> float:
    """Give the spectral norm of diag(ô) - ô ôᵀ, to all digits even where the softmax is saturated.

    It is the largest root λ of Σ_i ô_i / (ô_i - λ) = 0 (the secular equation of a diagonal minus a matrix of rank 1),
    which lies between the two largest ô; there the sum rises.
    """
    ordered = np.sort(probabilities)
    if len(ordered) < 2 or ordered[-2] == 0:
        return 0.0
    low, high = float(ordered[-2]), float(ordered[-1])
    for _ in range(MOST_HALVINGS):
        middle = math.sqrt(low) * math.sqrt(high)
        if not low < middle < high:
            break
        low, high = (middle, high) if np.sum(probabilities / (probabilities - middle)) < 0 else (low, middle)
    return high


def log_products(slopes: FloatArray, weights: FloatArray) -> FloatArray:
    """(T) by lag: ln of the spectral norm of ∂h_T/∂h_k = J_T ... J_{k+1}; 0 at lag 0, -inf once the product is 0.

    slopes: (T, H) g_h'(a_t). weights: (H, H) W_hh. The whole product takes O(T H³).
    """
    steps, hidden = slopes.shape
    found = np.full(steps, -np.inf)
    found[0], product = 0.0, np.eye(hidden)
    for lag in range(1, steps):
        product = (product * slopes[steps - lag]) @ weights.T
        size = float(np.abs(product).max())
        if size == 0:
            break
        product /= size  # so that no square below underflows
        norm = math.sqrt(float(np.linalg.eigvalsh(product @ product.T)[-1]))
        product /= norm
        found[lag] = found[lag - 1] + math.log(size) + math.log(norm)
    return found


def log_sensitivity(slopes: FloatArray, before: FloatArray, weights: FloatArray) -> float:
    """Give ln of the Frobenius norm of ∂h_T/∂W_hh (H, H, H) = Σ_k ∂h_T/∂h_k diag(g_h'(a_k)) ⊗ h_{k-1}.

    slopes: (T, H). before: (T, H) h_{k-1}. T = 0 gives -inf: the initial state does not depend on the weights.
    """
    hidden = len(weights)
    rows = max(1, MOST_NUMBERS // hidden**2)
    squares = [
        2 * _log_rows(np.eye(hidden)[start : start + rows], slopes, before, weights) for start in range(0, hidden, rows)
    ]
    return float(np.logaddexp.reduce(squares)) / 2


def _log_rows(product: FloatArray, slopes: FloatArray, before: FloatArray, weights: FloatArray) -> float:
    """The same for the rows of ∂h_T/∂W_hh that belong to a few of the units; `product`: their rows of the identity."""
    total, scale, log_size = np.zeros((product.size, len(weights))), -math.inf, 0.0
    for stop in range(len(slopes), 0, -BLOCK):
        steps = range(stop - 1, max(stop - BLOCK, 0) - 1, -1)
        parts, logs = np.zeros((len(steps), product.size)), np.full(len(steps), -np.inf)
        for place, step in enumerate(steps):
            part = product * slopes[step]
            parts[place], logs[place] = part.ravel(), log_size
            product = part @ weights.T
            size = float(np.linalg.norm(product))
            if size == 0:
                break
            product, log_size = product / size, log_size + math.log(size)
        largest = max(scale, float(logs.max()))
        total = total * math.exp(scale - largest) + (parts * np.exp(logs - largest)[:, None]).T @ before[list(steps)]
        scale = largest
        if not product.any():
            break
    return scale + log_norm(total)


@dataclass(frozen=True)
class Path:
    """The gradient on its way back: arrays over steps t = 1..T.

    log_gradients: ln ‖∂E_T/∂h_t‖. log_deltas: ln ‖δ_t‖. units: (T, H) δ_t/‖δ_t‖, 0 where δ_t is 0.
    log_saturation, log_weights: the exact split of ln(‖J_tᵀ v‖/‖v‖) for v = ∂E_T/∂h_t: ln(‖g' ⊙ v‖/‖v‖) and
    ln(‖W_hh δ_t‖/‖δ_t‖); nan where the vector below the line is 0.
    """

    log_gradients: FloatArray
    log_deltas: FloatArray
    units: FloatArray
    log_saturation: FloatArray
    log_weights: FloatArray


def path(slopes: FloatArray, weights: FloatArray, last: FloatArray) -> Path:
    """Carry `last` (H) = ∂E_T/∂h_T back through all steps."""
    steps = len(slopes)
    units = np.zeros_like(slopes)
    numbers = np.full((4, steps), np.nan)
    v, log_v = _unit(last, 0.0)
    for step in range(steps - 1, -1, -1):
        delta, log_delta = _unit(slopes[step] * v, log_v)
        units[step] = delta
        following, log_following = _unit(weights @ delta, log_delta)
        saturation = log_delta - log_v if log_v > -math.inf else math.nan
        through = log_following - log_delta if log_delta > -math.inf else math.nan
        numbers[:, step] = log_v, log_delta, saturation, through
        v, log_v = following, log_following
    return Path(numbers[0], numbers[1], units, numbers[2], numbers[3])


def _unit(vector: FloatArray, log_size: float) -> tuple[FloatArray, float]:
    """Split e^log_size · vector into a vector of norm 1 (or 0) and the logarithm of its norm."""
    log_length = log_norm(vector)
    if log_length == -math.inf:
        return np.zeros_like(vector), -math.inf
    unit = vector / np.abs(vector).max()
    return unit / np.linalg.norm(unit), log_size + log_length


@dataclass(frozen=True)
class Sum:
    """∂E_T/∂W_hh as a sum: e^log_scale · scaled (H, H), its ln norm, and over steps k ln ‖C_k‖ and signed shares."""

    scaled: FloatArray
    log_scale: float
    log_size: float
    log_terms: FloatArray
    shares: FloatArray


def contributions(before: FloatArray, way: Path) -> Sum:
    """Add up C_k = h_{k-1} δ_kᵀ; the share of each is ⟨C_k, G⟩/‖G‖², nan where the sum G is 0."""
    units, logs = zip(*(_unit(state, 0.0) for state in before), strict=True)
    log_terms = np.array(logs) + way.log_deltas
    log_scale = float(log_terms.max())
    if log_scale == -math.inf:
        nothing = np.zeros((before.shape[1],) * 2)
        return Sum(nothing, 0.0, -math.inf, log_terms, np.full(len(before), np.nan))
    sizes = np.exp(log_terms - log_scale)
    states = np.array(units)
    scaled = (states * sizes[:, None]).T @ way.units
    along = np.einsum("ti,ij,tj->t", states, scaled, way.units, optimize=True) * sizes
    square = float(np.vdot(scaled, scaled))
    shares = along / square if square else np.full(len(before), np.nan)
    return Sum(scaled, log_scale, log_scale + ln(math.sqrt(square)), log_terms, shares)
