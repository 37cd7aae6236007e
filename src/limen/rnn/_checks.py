"""Checks of what a user hands to the net: every error names the argument, what came, what was expected, and where."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limen._errors import InputError
from limen._types import BoolArray, IntArray
from limen.rnn._activations import Array

REALS, INTEGERS = "fiub", "iu"


def array(argument: str, value: Any, kinds: str = REALS, expected: str = "real numbers") -> NDArray[Any]:
    """Read `value` as an array whose dtype is of one of the `kinds`."""
    try:
        found = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:  # ragged lists; tensors that need a gradient
        raise InputError(f"{argument} cannot be read as an array ({error}); expected {expected}.") from error
    if found.dtype.kind not in kinds:
        raise InputError(f"{argument} has the dtype {found.dtype}, expected {expected}.")
    return found


def finite(argument: str, values: Array, axes: tuple[str, ...]) -> float:
    """Raise InputError with the first place, in the order of the array, that holds a NaN or an infinity.

    Gives the Frobenius norm of the values, which costs nothing more; infinite where squares overflow.
    """
    flat = values.ravel("K")  # in the order of memory, so that nothing is copied
    squares = float(np.vdot(flat, flat))
    if np.isfinite(squares):  # one fast pass; it is also not finite where squares overflow
        return math.sqrt(squares)
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        first = tuple(int(index) for index in wrong[0])
        where = ", ".join(f"{axis} {index}" for axis, index in zip(axes, first, strict=True))
        raise InputError(
            f"{argument} holds {float(values[first])} at {where} ({len(wrong)} such values in all), "
            "expected finite numbers; remove or replace them."
        )
    return np.inf


def sequences(x: Any, inputs: int) -> NDArray[Any]:
    """Check the shape and kind of x: (batch, time, inputs) real numbers, at least one sample and one step."""
    found = array("x", x)
    if found.ndim != 3 or found.shape[2] != inputs:
        advice = " For one sequence hand over x[None]." if found.ndim == 2 and found.shape[1:] == (inputs,) else ""
        raise InputError(f"x has the shape {found.shape}, expected (batch, time, {inputs}).{advice}")
    if 0 in found.shape:
        what = "no sample" if found.shape[0] == 0 else "no time step"
        raise InputError(f"x has the shape {found.shape}: {what} in it; expected at least one sample and one step.")
    return found


def lengths(value: Any, batch: int, time: int) -> IntArray:
    """The number of steps (batch) of each sample, all of them `time` for None; any order is fine."""
    if value is None:
        return np.full(batch, time)
    found = array("lengths", value, INTEGERS, "integers")
    if found.shape != (batch,):
        raise InputError(f"lengths has the shape {found.shape}, expected ({batch},): one for each sample of x.")
    wrong = np.flatnonzero((found < 1) | (found > time))
    if len(wrong):
        raise InputError(
            f"lengths is {int(found[wrong[0]])} for sample {wrong[0]}, expected 1 to {time}, the steps in x; "
            "leave empty sequences out."
        )
    return found.astype(np.int64)


def initial(value: Any, batch: int, hidden: int, dtype: np.dtype[Any]) -> Array:
    """The state (batch, hidden) before the first step; zeros for None, (hidden,) is the same for every sample."""
    if value is None:
        return np.zeros((batch, hidden), dtype)
    found = array("initial", value)
    if found.shape not in ((batch, hidden), (hidden,)):
        raise InputError(f"initial has the shape {found.shape}, expected ({batch}, {hidden}) or ({hidden},).")
    with np.errstate(over="ignore"):  # what overflows float32 is an infinity, and told as such
        state: Array = np.broadcast_to(found, (batch, hidden)).astype(dtype)
    finite("initial", state, ("sample", "unit"))
    return state


def mask(value: Any, batch: int, time: int) -> BoolArray | None:
    """Which steps (batch, time) count in the loss; None: all."""
    if value is None:
        return None
    found = array("mask", value, "b", "booleans, True where a step counts")
    if found.shape != (batch, time):
        raise InputError(f"mask has the shape {found.shape}, expected ({batch}, {time}): (batch, time).")
    return found


def parameters(found: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], dtype: np.dtype[Any]) -> None:
    """Check that the arrays of a net still have their shapes and dtype, whatever was assigned, and hold numbers."""
    for name in {**shapes, **found}:
        if name not in shapes:
            raise InputError(f"{name} is set on a net without biases, expected None; make the net with bias=True.")
        shape, values = shapes[name], found.get(name)
        if not isinstance(values, np.ndarray) or values.shape != shape or values.dtype != dtype:
            came = f"{values.dtype} {values.shape}" if isinstance(values, np.ndarray) else type(values).__name__
            raise InputError(
                f"{name} is {came}, expected an array of {dtype} {shape}; write into it: net.{name}[:] = ..."
            )
        finite(name, values, ("row", "column") if len(shape) == 2 else ("place",))


def whole(argument: str, value: object, least: int) -> int:
    """An integer of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise InputError(f"{argument} is {value!r}, expected an integer of at least {least}.")
    return int(value)
