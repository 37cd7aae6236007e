"""How far the activations between the recurrent states and the loss are saturated, read off autograd's graph."""

from __future__ import annotations

from typing import Any

FLAT = 1e-3
"""An activation whose slope is below this lets a thousandth of the gradient through."""


def saturated_share(value: Any) -> float:
    """The largest share of flat entries of any activation from the states to the loss `value`; nan if there is none.

    Looked at are tanh, sigmoid, and the rectifiers, of which autograd keeps the results. What a recurrent layer does
    inside is not in the graph, because its states are cut out of it.
    """
    shares = [share for node in _nodes(value) if (share := _flat_share(node)) is not None]
    return max(shares, default=float("nan"))


def _nodes(value: Any) -> list[Any]:
    """All nodes of the graph behind a tensor."""
    found: dict[int, Any] = {}
    left = [value.grad_fn]
    while left:
        node = left.pop()
        if node is not None and id(node) not in found:
            found[id(node)] = node
            left += [following for following, _ in node.next_functions]
    return list(found.values())


def _flat_share(node: Any) -> float | None:
    """The share of entries whose slope is below FLAT; None for what is no activation."""
    name = type(node).__name__
    result = getattr(node, "_saved_result", None)
    if result is None:
        return None
    if name.startswith("Tanh"):
        slope = 1.0 - result * result
    elif name.startswith("Sigmoid"):
        slope = result * (1.0 - result)
    elif name.startswith(("Relu", "Threshold")):
        slope = (result > 0).double()
    else:
        return None
    return float((slope < FLAT).double().mean())
