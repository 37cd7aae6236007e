"""Whether what a record says of its rounds and its proxy can be."""

from __future__ import annotations

import math
from collections.abc import Sequence

from limen._errors import RecordError
from limen.results.rounds import Proxy, Round

PROXIES = ("mean", "process", "twin")


def check_spending(proxy: Proxy | None, rounds: Sequence[Round]) -> None:
    """Raise RecordError for an unknown proxy, numbers that are none, or rounds whose rows do not rise."""
    if proxy is not None:
        if proxy.name not in PROXIES:
            raise RecordError(f"proxy.name is {proxy.name!r}, expected one of {', '.join(PROXIES)}.")
        if not (math.isfinite(proxy.gain) and proxy.gain > 0):
            raise RecordError(f"proxy.gain is {proxy.gain}, expected a finite number above 0.")
        _from_zero("proxy", proxy, ("twin_rows", "twin_seconds"))
    rows = 0
    for place, one in enumerate(rounds):
        name = f"rounds[{place}]"
        if one.rows <= rows:
            raise RecordError(f"{name}.rows is {one.rows}, expected more than the {rows} before.")
        if not one.too_wide >= 0:  # infinite is legal
            raise RecordError(f"{name}.too_wide is {one.too_wide}, expected a number from 0 on.")
        _from_zero(name, one, ("rows_needed", "seconds_needed", "tolerance", "top"))
        rows = one.rows


def _from_zero(name: str, record: Proxy | Round, fields: Sequence[str]) -> None:
    for field in fields:
        value = getattr(record, field)
        if not (math.isfinite(value) and value >= 0):
            raise RecordError(f"{name}.{field} is {value}, expected a finite number from 0 on.")
