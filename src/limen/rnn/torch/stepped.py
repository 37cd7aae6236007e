"""A step of the user's own, taken through time by autograd: one vector-Jacobian product a step, in safe norms.

The same questions as in `measure`, for a step whose inside is not known. Each costs a forward and a backward pass of
the step; the split into weights and saturation is unknown and nan, and so is the first step's factor where the step
makes its own first state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from limen._errors import InputError
from limen.rnn.torch.adjoint import NOTHING, Adjoint, Direct, log_norm
from limen.rnn.torch.arithmetic import CarefulTorch
from limen.rnn.torch.calls import Call, flat
from limen.rnn.torch.local import Run, Tensor
from limen.rnn.torch.measure import Measured


class Stepped:
    """A chain of calls of one step, in the manner of `measure.Linearised`."""

    def __init__(self, run: Run, calls: list[Call]) -> None:
        self.run = run
        self.calls = calls
        self.before = run.before()
        module = calls[0].module
        named = dict(module.named_parameters())
        unknown = [name for name in calls[0].weights if name not in named]
        if unknown:
            raise InputError(
                f"cells names the weight {unknown[0]!r} of {calls[0].name!r}, which has {', '.join(named) or 'none'}."
            )
        chosen = calls[0].weights or tuple(named)
        self.weights = [named[name] for name in chosen if named[name].requires_grad]
        self._check_apart()

    def _check_apart(self) -> None:
        """Raise InputError where a sample's state hears the other samples': their scales could not be kept apart."""
        import torch

        if self.run.h.shape[1] < 2:
            return
        with torch.enable_grad():
            state, _, after = self.step(self.run.steps - 1)
        if after.requires_grad:
            (found,) = torch.autograd.grad(after[0].sum(), state, allow_unused=True)
            if found is not None and bool((found[1:] != 0).any()):
                raise InputError(
                    f"cells names {self.calls[0].name!r}, in which the samples of a batch hear each other (batch "
                    "normalisation in training mode, say); call model.eval() first, or give one sample at a time."
                )

    @property
    def _starts_itself(self) -> bool:
        """Whether the first step was given no state."""
        return all(one is None for one in self.calls[0].given[1:])

    @property
    def size(self) -> int:
        """Length of the state."""
        return int(self.run.h.shape[2])

    def step(self, place: int) -> tuple[Tensor, Tensor, Tensor]:
        """Run a step again in a graph: the state before (B, n), the input as given, the state after (B, n)."""
        call = self.calls[place]
        given = call.given[0]
        assert given is not None
        x = given.detach().requires_grad_(given.is_floating_point())
        state = self.before[place].detach().requires_grad_()
        parts, column = [], 0
        for leaf in call.leaves:
            width = leaf[0].numel()
            parts.append(state[:, column : column + width].reshape(leaf.shape))
            column += width
        arguments: tuple[Any, ...] = (tuple(parts) if call.gives_tuple else parts[0],)
        if place == 0 and self._starts_itself:
            arguments = ()
        found = type(call.module).forward(call.module, x, *arguments)
        return state, x, flat(found if isinstance(found, tuple) else (found,))

    def adjoint(self, direct: Direct, *, keep: bool = False) -> Adjoint:  # noqa: ARG002 - as Linearised has it
        """Go back through time from this gradient (k, ..., B, n)."""
        import torch

        run, shape = self.run, (self.run.steps, *direct.vectors.shape[1:])
        new: dict[str, Any] = {"dtype": run.h.dtype, "device": run.h.device}
        vectors, through = torch.empty(shape, **new), torch.zeros(run.steps + 1, *shape[1:], **new)
        scale = torch.full(shape[:-1], NOTHING, dtype=torch.float64, device=run.h.device)
        places = {step: place for place, step in enumerate(direct.steps)}
        u, s = through[run.steps], torch.full_like(scale[0], NOTHING)
        norm = torch.empty(shape[1:-1], **new)
        for step in range(run.steps - 1, -1, -1):
            if step in places:
                u, s = CarefulTorch.join(u, s, direct.vectors[places[step]], direct.scale[places[step]])
            CarefulTorch.norm(u, out=norm)
            vectors[step], s = u / norm[..., None], s + CarefulTorch.log(norm)
            through[step] = u = self._back(step, vectors[step])
            scale[step] = s
        return Adjoint(vectors, scale, through, torch.cat([scale, torch.full_like(scale[:1], NOTHING)]))

    def _back(self, place: int, v: Tensor) -> Tensor:
        """J_tᵀ v for v (..., B, n)."""
        import torch

        with torch.enable_grad():
            state, _, after = self.step(place)
        if not after.requires_grad:
            return torch.zeros_like(v)
        return _products(after, [state], v.reshape(-1, *v.shape[-2:]))[0].reshape(v.shape)

    def measure(self, direct: Direct, adjoint: Adjoint, *, upstream: bool) -> Measured:
        """Read the numbers off an adjoint."""
        import torch

        steps, samples = adjoint.scale.shape
        unknown = torch.full((steps, samples), torch.nan, dtype=torch.float64)
        norms = adjoint.scale + log_norm(adjoint.vectors)
        told = torch.full((steps, samples), -torch.inf, dtype=torch.float64, device=norms.device)
        told[list(direct.steps)] = direct.log_norms()
        shares, own = self._shares(adjoint)
        factors = log_norm(adjoint.through[:-1]) - log_norm(adjoint.vectors)
        if self._starts_itself:
            factors[0] = torch.nan
        return Measured(
            norms=norms,
            states=norms,
            cells=None,
            through=adjoint.through_scale[1:] + log_norm(adjoint.through[1:]),
            direct=told,
            factors=factors,
            saturation=unknown,
            paths=torch.ones(steps, samples, 1, dtype=torch.float64),
            shares=shares,
            sample_shares=own,
            upstream=self.upstream_gradient(adjoint) if upstream else None,
            upstream_scale=adjoint.scale,
            denormal=0.0,
        )

    def upstream_gradient(self, adjoint: Adjoint) -> Tensor:
        """The gradient (T, B, inputs) for the inputs, in the scale of the adjoint."""
        import torch

        rows = []
        for place in range(self.run.steps):
            with torch.enable_grad():
                _, x, after = self.step(place)
            found = (
                torch.autograd.grad(after, x, adjoint.vectors[place], allow_unused=True)[0] if x.requires_grad else None
            )
            rows.append(
                torch.zeros_like(self.run.x[place]) if found is None else found.reshape(self.run.x[place].shape)
            )
        return torch.stack(rows)

    def _each(self, adjoint: Adjoint, weights: Tensor) -> Iterator[Tensor]:
        """C_k of every sample (B, number of weights), step by step, in the scale of `weights` (T, B)."""
        import torch

        samples = self.run.h.shape[1]
        for place in range(self.run.steps):
            with torch.enable_grad():
                after = self.step(place)[2]
            rows = torch.diag_embed(torch.ones(samples, dtype=after.dtype, device=after.device))[..., None]
            each = rows * (adjoint.vectors[place] * weights[place][:, None])
            yield torch.cat([part.reshape(samples, -1) for part in _products(after, self.weights, each)], 1)

    def _shares(self, adjoint: Adjoint) -> tuple[Tensor, Tensor]:
        """(T, B) signed shares in the gradient of all samples, and in each sample's own."""
        import torch

        if not self.weights:
            unknown = torch.full_like(adjoint.scale, torch.nan)
            return unknown, unknown
        largest = adjoint.scale.amax(0).clamp_min(NOTHING)
        weights = torch.exp(adjoint.scale - largest).to(self.run.h.dtype)
        between = torch.exp(largest - largest.amax())
        own = sum(self._each(adjoint, weights))
        assert not isinstance(own, int)
        whole = (own.double() * between[:, None]).sum(0)
        mine, together = [], []
        for product in self._each(adjoint, weights):
            mine.append((product * own).sum(1).double() / own.double().square().sum(1))
            together.append((product.double() @ whole) * between / whole.square().sum())
        return torch.stack(together), torch.stack(mine)

    def pushes(self) -> Iterator[Callable[[Tensor], Tensor] | None]:
        """For each step, what J_t does to tangent vectors (B', n, count) of the first B' samples."""
        import torch

        for place in range(self.run.steps):
            if place == 0 and self._starts_itself:
                yield None
                continue
            with torch.enable_grad():
                state, _, after = self.step(place)
            basis = torch.eye(self.size, dtype=after.dtype, device=after.device)[:, None].expand(-1, len(after), -1)
            (jacobian,) = _products(after, [state], basis)  # (n, B, n)
            yield partial(_pushed, jacobian.transpose(0, 1))


def _products(after: Tensor, inputs: list[Tensor], rows: Tensor) -> list[Tensor]:
    """Vector-Jacobian products of `after` (B, n) with each of rows (r, B, n), for each input: (r, ...)."""
    import torch

    each = [torch.autograd.grad(after, inputs, row, retain_graph=True, allow_unused=True) for row in rows]
    columns = zip(inputs, zip(*each, strict=True), strict=True)
    return [torch.stack([torch.zeros_like(one) if row is None else row for row in found]) for one, found in columns]


def _pushed(jacobian: Tensor, frame: Tensor) -> Tensor:
    return jacobian[: len(frame)] @ frame
