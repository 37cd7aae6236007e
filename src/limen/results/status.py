"""How the model calls ended, and the reasons not to believe the answer. Each text is a sentence with its remedy."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """How the spending of the budget ended."""

    EXACT = "Every mask that has mass under the law was answered, so there is no sampling error."
    CONVERGED = "What was asked of the intervals, a tolerance or an order that is decided, is reached."
    BUDGET_SPENT = "The budget is spent; a larger one makes the intervals narrower."


class Doubt(Enum):
    """A reason not to believe an explanation, and what to do about it."""

    UNFAITHFUL = (
        "The surrogate explains too little of how the model's answer varies around this input; try "
        "scale='log-odds' where probabilities are explained, a narrower law such as Uniform(0.8) for texts and "
        "images or Ball(0.25) for tables, or, if a line was shown, surrogate=Quadratic()."
    )
    CURVED = (
        "The effects are those of a line, which explains too little of how the answer varies; the quadratic that is "
        "shown explains enough of it, so read the pairs, and of a table the curvature, along with the effects."
    )
    OFF_AT_INPUT = (
        "The surrogate misses the model's answer to the input itself by about as much as the answers vary around it; "
        "try surrogate=Quadratic(), a narrower law such as Ball(0.25) for tables, or for texts and images "
        "sampler=Shapley(), under which the two agree there."
    )
    FLAT = (
        "The model's answer hardly changes whatever is hidden or changed, so there is nothing to attribute; check the "
        "target, or, for probabilities, explain on scale='log-odds'."
    )
    UNREACHED = (
        "The budget was spent before the tolerance was reached, and the intervals are as wide as they are told; raise "
        "the budget, ask for less, or join parts that say the same."
    )
    UNSTABLE = (
        "Not one effect stands out from zero, given that the largest of so many reaches beyond its interval by chance; "
        "raise the budget or use larger units."
    )
    OFF_DATA = (
        "This row lies far from every row of the background, where the model may never have learned anything; check "
        "the row's values and units, or give a background that holds rows like it."
    )
    OFF_MANIFOLD = (
        "Most probes lie far outside the background's range, where the model may never have learned anything; use a "
        "narrower law such as Ball(0.25), or Manifold(60), which stays among the rows of the background."
    )
    UNVARIED = (
        "Some columns never changed among the probes, so their effect of 0 says nothing; raise the budget, or use a "
        "wider law such as Ball(1)."
    )
    NOISY_MODEL = (
        "The model answered the same input differently when asked again, and no interval covers that; switch off "
        "dropout and sampling in the model, and check that an answer does not depend on the rest of its batch."
    )
    TIED = "Two classes are equally probable, so which of them counts as predicted is arbitrary; name a target."
    SINGLE_PART = (
        "The input has one part only, so its effect is the whole difference to an empty input; use smaller units, "
        "or raise the budget, for which words may have been joined."
    )
    SATURATED = (
        "Some probabilities are 0 or 1 to the last digit that the model gives, and were cut off to get finite "
        "log-odds; explain on scale='probability', or give the model's margins with scale='raw'."
    )
    TRUNCATED = (
        "The model reads only the beginning of this text, and hiding words lets the rest move up into what it reads; "
        "shorten the text, or set mask_token in Text(), which keeps every word in its place."
    )
