"""Whether the parts of a Derivation that was read fit together, beyond what each of them asks for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from limen._errors import RecordError
from limen.results._ranges import LARGEST_LOG, check_logs, check_range

if TYPE_CHECKING:
    from limen.results.derivation import Derivation, Lags

NORMS = ("Euclidean", "spectral", "Frobenius")
DTYPES = ("float32", "float64")


def check_derivation(derivation: Derivation) -> None:
    """Raise RecordError where a name is not a legal one or a number is out of range."""
    net, check = derivation.architecture, derivation.check
    if net.dtype not in DTYPES:
        raise RecordError(f"architecture.dtype is {net.dtype!r}, expected one of {', '.join(DTYPES)}.")
    for name in ("inputs", "hidden", "outputs"):
        check_range(f"architecture.{name}", getattr(net, name), 1, np.inf)
    check_range("sample", derivation.sample, 0, np.inf)
    check_range("probabilities", derivation.probabilities, 0, 1)
    check_range("label", derivation.label, 0, np.inf)
    for factor in (*derivation.factors, *derivation.parts):
        if factor.norm not in NORMS:
            raise RecordError(f"norm of {factor.name} is {factor.norm!r}, expected one of {', '.join(NORMS)}.")
        check_logs(f"log_norm of {factor.name}", factor.log_norm)
    check_range("check.count", check.count, 1, np.inf)
    for name in ("numeric", "numeric_error", "bptt"):
        check_range(f"check.{name}", getattr(check, name), 0, np.inf)
    _check_lags(derivation.lags)


def _check_lags(lags: Lags) -> None:
    if lags.shares.ndim != 1:
        raise RecordError(f"lags.shares has the shape {lags.shares.shape}, expected (T), one number a lag.")
    for name, values in vars(lags).items():
        check_logs(f"lags.{name}", values)
    for name in ("log_saturation", "log_weights"):
        check_range(f"lags.{name}", getattr(lags, name), -np.inf, LARGEST_LOG)
    products = lags.log_products
    if np.isnan(products).any() or products[0] != 0:
        raise RecordError(f"lags.log_products begins with {products[:3].tolist()}, expected 0 at lag 0 and no nan.")
    check_range("lags.log_products", products, -np.inf, LARGEST_LOG * np.arange(len(products)))
