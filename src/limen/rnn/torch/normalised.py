"""Layer normalisation inside the recurrent step (Ba, Kiros, Hinton 2016): cells, and what calls them step by step.

The text of these classes is handed out as the code of a remedy, so that they use nothing but torch.
"""

from __future__ import annotations

from typing import Any

import torch  # a part of the module's text as it is handed out; this file is imported on use only
from torch import nn

__all__ = ["LayerNormGRUCell", "LayerNormLSTMCell", "LayerNormRNNCell", "Unrolled"]


class LayerNormRNNCell(nn.Module):  # type: ignore[misc]
    """h' = tanh(LN(W_ih x + W_hh h)); Ba, Kiros, Hinton (2016), equation 4."""

    is_pair = False  # whether the state is a pair (h, c)

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.W_ih, self.W_hh = nn.Linear(inputs, hidden, bias=False), nn.Linear(hidden, hidden, bias=False)
        self.norm = nn.LayerNorm(hidden)

    def forward(self, x: Any, h: Any) -> Any:
        """The next state, from x (B, inputs) and h (B, hidden)."""
        return torch.tanh(self.norm(self.W_ih(x) + self.W_hh(h)))


class LayerNormGRUCell(nn.Module):  # type: ignore[misc]
    """A GRU whose products with input and state are normalised each; Ba, Kiros, Hinton (2016), supplement."""

    is_pair = False  # whether the state is a pair (h, c)

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.W_ih, self.W_hh = nn.Linear(inputs, 3 * hidden, bias=False), nn.Linear(hidden, 3 * hidden, bias=False)
        self.norm_ih, self.norm_hh = nn.LayerNorm(3 * hidden), nn.LayerNorm(3 * hidden)

    def forward(self, x: Any, h: Any) -> Any:
        """The next state, from x (B, inputs) and h (B, hidden)."""
        from_x, from_h = self.norm_ih(self.W_ih(x)).chunk(3, 1), self.norm_hh(self.W_hh(h)).chunk(3, 1)
        reset, update = torch.sigmoid(from_x[0] + from_h[0]), torch.sigmoid(from_x[1] + from_h[1])
        return update * h + (1 - update) * torch.tanh(from_x[2] + reset * from_h[2])


class LayerNormLSTMCell(nn.Module):  # type: ignore[misc]
    """An LSTM whose products with input and state, and whose cell, are normalised; the same, equations 20 to 22."""

    is_pair = True  # whether the state is a pair (h, c)

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.W_ih, self.W_hh = nn.Linear(inputs, 4 * hidden, bias=False), nn.Linear(hidden, 4 * hidden, bias=False)
        self.norm_ih, self.norm_hh, self.norm_c = (nn.LayerNorm(size) for size in (4 * hidden, 4 * hidden, hidden))
        nn.init.ones_(self.norm_ih.bias[hidden : 2 * hidden])  # the forget gate

    def forward(self, x: Any, state: Any) -> Any:
        """The next state, from x (B, inputs) and the state, h and c (B, hidden)."""
        h, c = state
        i, f, g, o = (self.norm_ih(self.W_ih(x)) + self.norm_hh(self.W_hh(h))).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(self.norm_c(c)), c


class Unrolled(nn.Module):  # type: ignore[misc]
    """Cells one above the other, called step by step; it takes and gives what nn.RNN, nn.GRU and nn.LSTM do."""

    def __init__(self, cells: Any, batch_first: bool = False) -> None:
        super().__init__()
        self.cells, self.batch_first = nn.ModuleList(cells), batch_first

    def forward(self, x: Any, state: Any = None) -> Any:
        """Of x (T, B, inputs), with batch_first (B, T, inputs); state (layers, B, hidden), two of them for an LSTM."""
        x = x.transpose(0, 1) if self.batch_first else x
        finals = []
        for layer, cell in enumerate(self.cells):
            zeros = x.new_zeros(x.shape[1], cell.W_hh.in_features)
            if cell.is_pair:
                s = (zeros, zeros) if state is None else (state[0][layer], state[1][layer])
            else:
                s = zeros if state is None else state[layer]
            outputs = []
            for step in x:
                s = cell(step, s)
                outputs.append(s[0] if cell.is_pair else s)
            x = torch.stack(outputs)
            finals.append(s)
        final = tuple(map(torch.stack, zip(*finals, strict=True))) if cell.is_pair else torch.stack(finals)
        return x.transpose(0, 1) if self.batch_first else x, final
