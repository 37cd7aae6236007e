"""Where an axis is labelled: round numbers, powers of ten, and factors on a logarithmic axis."""

from __future__ import annotations

import math

from limen.results._flow_words import from_log, power_of_ten

Ticks = list[tuple[float, str]]
TEN = math.log(10)


def whole(low: float, high: float, most: int = 6) -> Ticks:
    """Round whole numbers from low to high, at most about `most`: lags and steps."""
    step = max(1, round(_step((high - low) / most)))
    first, last = math.ceil(low / step), math.floor(high / step + 1e-9)
    return [(float(index * step), f"{index * step:,}") for index in range(first, last + 1)]


def decades(low: float, high: float, most: int = 6) -> Ticks:
    """Powers of ten, at their exponents, and 2 and 5 times them where there are few; low, high: exponents."""
    if high - low < 2:
        powers = range(math.floor(low), math.ceil(high) + 1)
        places = [power + math.log10(lead) for power in powers for lead in (1, 2, 5)]
        return [(place, from_log(place * TEN)) for place in places if low - 1e-9 <= place <= high + 1e-9]
    step = max(1, round(_step((high - low) / most)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(float(index * step), power_of_ten(index * step)) for index in range(first, last + 1)]


def plain(low: float, high: float, most: int = 5) -> Ticks:
    """Round numbers from low to high."""
    step = _step((high - low) / most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(index * step, f"{index * step:.6g}".replace("-", "−")) for index in range(first, last + 1)]


def percents(low: float, high: float, most: int = 5) -> Ticks:
    """Round percentages at shares from low to high."""
    step = _step(100 * (high - low) / most)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(100 * low / step - 1e-9), math.floor(100 * high / step + 1e-9)
    told = [(index * step / 100, f"{index * step:.{places}f} %".replace("-", "−")) for index in range(first, last + 1)]
    return [(place, text.replace("−0 %", "0 %")) for place, text in told]


def factors(low: float, high: float, most: int = 6) -> Ticks:
    """Round factors at their natural logarithms; low, high: natural logarithms. 1 is among them if it is between."""
    if high - low > math.log(1e4):
        return [(exponent * TEN, text) for exponent, text in decades(low / TEN, high / TEN, most)]
    if high - low > math.log(3):
        leads = (1, 2, 3, 5, 7) if high - low < math.log(20) else (1, 2, 5)
        values = [lead * 10.0**power for power in range(-40, 41) for lead in leads]
    else:
        step = _step((math.exp(high) - math.exp(low)) / most)
        values = [
            index * step for index in range(math.ceil(math.exp(low) / step), math.floor(math.exp(high) / step) + 1)
        ]
    return [(math.log(value), f"{value:.6g}") for value in values if low - 1e-9 <= math.log(value) <= high + 1e-9]


def _step(rough: float) -> float:
    """The next round number, 1, 2 or 5 times a power of ten, that is not below `rough`."""
    if rough <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(lead * power for lead in (1, 2, 5, 10) if lead * power >= rough * (1 - 1e-9))
