"""What terminal and page say of an audit, in the same words."""

from __future__ import annotations

import math

from limen.results.audit import Audit, Finding, Limit, Measure


def value_told(measure: Measure) -> str:
    """A measured number with its interval, where it has one."""
    value = measure.value
    if value.standard_error == 0 or not math.isfinite(value.standard_error):
        return short(value.value)
    return f"{short(value.value)} ({short(value.low)} … {short(value.high)})"


def short(value: float) -> str:
    """Three digits, whole numbers whole, no power of ten below a million."""
    if not math.isfinite(value) or abs(value) >= 1e6:
        return f"{value:.3g}"
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.3f}" if abs(value) >= 0.001 else f"{value:.1g}"


def limit_told(limit: Limit) -> str:
    """Where it becomes doubtful, and where bad."""
    way = "from" if limit.higher_is_worse else "down from"
    bad = f", bad {way} {short(limit.bad)}" if math.isfinite(limit.bad) else ""
    return f"doubtful {way} {short(limit.doubtful)}{bad}"


def offer_told(finding: Finding) -> str:
    """What a fuller look would cost; empty where there is none."""
    if not finding.offer:
        return ""
    return (
        f"A fuller look would ask the model {finding.offer:,} rows (rows={finding.offer}, checks=['{finding.name}'])."
    )


def cost_told(audit: Audit) -> str:
    """What the audit cost."""
    if audit.rows:
        told = (
            f"{audit.rows:,} model row{'s' * (audit.rows > 1)} of {audit.allowed:,} allowed, beyond the explanation's"
        )
    elif audit.allowed:
        least = min((finding.offer for finding in audit.findings if finding.offer), default=0)
        why = f"the cheapest fuller look takes {least:,}" if least else "no check has a fuller look"
        told = f"no model row of {audit.allowed:,} allowed: {why}"
    else:
        told = "no model row beyond the explanation's"
    others = f", and {audit.other_rows:,} rows of other models" if audit.other_rows else ""
    return f"{told}{others}; {audit.seconds:.2f} s in all"


def further(audit: Audit) -> int:
    """Rows that all fuller looks together would cost, those that were asked already among them; 0 if none is left."""
    left = sum(finding.offer for finding in audit.findings)
    return left + audit.rows if left else 0


def place_of(measure: Measure) -> float:
    """Where a measure lies on a scale of equal zones, those of `zones_of`; 0 is the best, 1 the worst.

    Within good from the best possible (0 for numbers that are better small, 1 for others) to the doubtful end; beyond
    the bad end it creeps towards 1.
    """
    limit = measure.limit
    assert limit is not None
    value, doubtful, bad = measure.value.value, limit.doubtful, limit.bad
    if math.isnan(value):
        return 0.5
    if not limit.higher_is_worse:
        value, doubtful, bad = 1.0 - value, 1.0 - doubtful, 1.0 - bad
    if value < doubtful:
        place = max(0.0, value / doubtful) if doubtful > 0 else 0.0
    elif value < bad:
        place = 1.0 + min(1.0, (value - doubtful) / (bad - doubtful if math.isfinite(bad) else 2.0 * doubtful))
    else:
        place = 3.0 - min(1.0, bad / value if value > 0 else 1.0)
    return place / len(zones_of(limit))


def zones_of(limit: Limit) -> tuple[str, ...]:
    """The names of a scale's zones: nothing is bad where no number is."""
    return ("good", "doubtful", "bad") if math.isfinite(limit.bad) else ("good", "doubtful")


def audit_told(record: Audit | Finding | Measure) -> list[str]:
    """The sentences about cost of an audit, of a finding what a fuller look would cost, of a measure what it says."""
    if isinstance(record, Measure):
        limit = f"; {limit_told(record.limit)}" if record.limit is not None else ""
        return [f"{record.told}: {value_told(record)}{limit}"]
    if isinstance(record, Finding):
        return [offer_told(record)]
    more = further(record)
    rest = [f"All fuller looks together would cost {more:,} rows (rows={more})."] if more else []
    return [f"The audit asked {cost_told(record)}.", *rest]
