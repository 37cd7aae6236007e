"""The Transformer: pre-norm encoder blocks with relative positions, mean and maximum pooling."""

import math
from dataclasses import dataclass

import torch
from tokens import PAD
from torch import Tensor, nn
from torch.nn import functional

HIDDEN = -1.0e9  # added to or put for what padding must not touch; its exponential is exactly 0 in float32
NEIGHBOUR = 3.0  # how much more the first two heads like their neighbour at the start


@dataclass(frozen=True)
class Shape:
    """Sizes of the network."""

    vocabulary: int
    width: int = 64
    heads: int = 4
    layers: int = 2
    inner: int = 256
    reach: int = 16  # relative distances beyond it share one bias
    dropout: float = 0.2


class Attention(nn.Module):
    """Multi-head self-attention; each head has a learned bias for every relative distance (Shaw et al. 2018; T5, 2020).

    Word order enters here and only here; so that it is used at all with few texts, the first head starts by looking at
    the token before and the second at the token after. Padding is masked, so it has weight 0 exactly.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.reach = shape.heads, shape.reach
        self.inputs = nn.Linear(shape.width, 3 * shape.width)
        self.output = nn.Linear(shape.width, shape.width)
        distance = torch.randn(2 * shape.reach + 1, shape.heads) * 0.5
        distance[shape.reach - 1, 0] += NEIGHBOUR
        distance[shape.reach + 1, 1] += NEIGHBOUR
        self.distance = nn.Parameter(distance)

    def forward(self, hidden: Tensor, hide: Tensor, steps: Tensor) -> Tensor:
        """Hidden (n, l, w), hide (n, 1, 1, l) with 0 or HIDDEN, steps (l, l) indices into the distance table."""
        n, length, width = hidden.shape
        parts = self.inputs(hidden).view(n, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = parts[0], parts[1], parts[2]  # each (n, h, l, w/h)
        scores = query @ key.transpose(2, 3) / math.sqrt(width // self.heads)
        scores = scores + self.distance[steps].permute(2, 0, 1) + hide  # (n, h, l, l)
        mixed = scores.softmax(-1) @ value
        joined: Tensor = self.output(mixed.transpose(1, 2).reshape(n, length, width))
        return joined


class Block(nn.Module):
    """Attention and a two-layer network, each with a residual connection and a norm before it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = Attention(shape)
        self.norms = nn.ModuleList([nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)])
        self.inner = nn.Linear(shape.width, shape.inner)
        self.outer = nn.Linear(shape.inner, shape.width)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, hidden: Tensor, hide: Tensor, steps: Tensor) -> Tensor:
        """(n, l, w) to (n, l, w)."""
        hidden = hidden + self.dropout(self.attention(self.norms[0](hidden), hide, steps))
        changed = self.outer(functional.gelu(self.inner(self.norms[1](hidden))))
        return hidden + self.dropout(changed)


class SpamTransformer(nn.Module):
    """Token ids (n, l) to logits (n, 2): normal, spam."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.blocks = nn.ModuleList([Block(shape) for _ in range(shape.layers)])
        self.norm = nn.LayerNorm(shape.width)
        self.dropout = nn.Dropout(shape.dropout)
        self.head = nn.Linear(2 * shape.width, 2)

    def encode(self, ids: Tensor) -> Tensor:
        """Hidden states (n, l, w) of token ids (n, l)."""
        hide = (ids == PAD).to(torch.float32)[:, None, None, :] * HIDDEN
        place = torch.arange(ids.shape[1], device=ids.device)
        reach = self.shape.reach
        steps = (place[None, :] - place[:, None]).clamp(-reach, reach) + reach
        hidden = self.dropout(self.embedding(ids) * math.sqrt(self.shape.width) * 0.25)
        for block in self.blocks:
            hidden = block(hidden, hide, steps)
        normed: Tensor = self.norm(hidden)
        return normed

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (n, 2) from the mean and the maximum over the real tokens."""
        hidden = self.encode(ids)
        real = (ids != PAD).to(torch.float32)[:, :, None]  # (n, l, 1)
        mean = (hidden * real).sum(1) / real.sum(1)
        largest = (hidden + (1.0 - real) * HIDDEN).amax(1)
        logits: Tensor = self.head(self.dropout(torch.cat([mean, largest], 1)))
        return logits
