"""The lines of PyTorch that apply a remedy to the user's own module, under its own name."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from limen.rnn.torch.starts import Start

HIDDEN_ALONE = """
class HiddenAlone(nn.Module):  # an LSTM that takes and gives h alone, as an RNN does
    def __init__(self, lstm):
        super().__init__()
        self.lstm = lstm

    def forward(self, x, h=None):
        output, (h, _) = self.lstm(x, None if h is None else (h, torch.zeros_like(h)))
        return output, h

"""


@dataclass(frozen=True, eq=False)
class Subject:
    """The module that the remedies are for.

    path: how code reaches it, such as model.encoder.lstm. uses_state: whether the model gives it initial states or uses
    its final ones, whose form changes with an LSTM.
    """

    module: Any
    path: str
    uses_state: bool

    @property
    def is_cell(self) -> bool:
        """Whether it is one step."""
        from torch import nn

        return isinstance(self.module, nn.RNNCellBase)

    @property
    def kind(self) -> str:
        """RNN, GRU or LSTM."""
        from torch import nn

        kinds = {"LSTM": nn.LSTM | nn.LSTMCell, "GRU": nn.GRU | nn.GRUCell}
        return next((kind for kind, types in kinds.items() if isinstance(self.module, types)), "RNN")

    @property
    def nonlinearity(self) -> str:
        """Of an RNN; "tanh" for the others."""
        return str(getattr(self.module, "nonlinearity", "tanh"))

    @property
    def is_parametrised(self) -> bool:
        """Whether a weight is computed from others, so that writing to it changes nothing."""
        from torch.nn.utils import parametrize

        return bool(parametrize.is_parametrized(self.module))

    @property
    def layers(self) -> int:
        """How many, one above the other."""
        return int(getattr(self.module, "num_layers", 1))

    def is_kept(self, start: Start) -> bool:
        """Whether the module itself stays, and only its numbers change."""
        return (start.kind, start.nonlinearity) == (self.kind, self.nonlinearity) and not self.is_parametrised

    def code(self, start: Start) -> str:
        """The lines; none for the model as it is. They expect the model by the name `model`."""
        if start.is_normalised:
            return self._normalised(start)
        if not start.is_fresh and start.change is None:
            return ""
        lines = list(self._module(start))
        if start.change is not None:
            lines += ["with torch.no_grad():", "    for name, parameter in rnn.named_parameters():"]
            lines += [f"        {line}" for line in start.change.lines]
        text = "\n".join(lines)
        imports = [
            line
            for line, word in (("import torch", "torch."), ("from torch import nn", "nn."))
            if word in text.replace("rnn.", "")
        ]
        return "\n".join([*imports, *([""] if imports else []), text])

    def _module(self, start: Start) -> list[str]:
        """The lines that bind `rnn` to the module, fresh or as it is."""
        if self.is_kept(start) or not start.is_fresh:
            return [f"rnn = {self.path}", *(["rnn.reset_parameters()"] if start.is_fresh else [])]
        made = self.made(start)
        if start.kind == "LSTM" and self.kind == "RNN" and self.uses_state:
            return [*HIDDEN_ALONE.strip("\n").splitlines(), "", "", f"rnn = {made}", f"{self.path} = HiddenAlone(rnn)"]
        return [f"rnn = {self.path} = {made}"]

    def made(self, start: Start) -> str:
        """The call that makes a module of the start's kind, otherwise like the user's."""
        module, weight = self.module, next(self.module.parameters())
        options = [str(module.input_size), str(module.hidden_size)]
        names = ("num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size")
        usual = {"num_layers": 1, "bias": True}
        for name in ("bias",) if self.is_cell else names:
            value = getattr(module, name)
            if value != usual.get(name, 0):
                options.append(f"{name}={value}")
        if start.nonlinearity != "tanh":
            options.append(f'nonlinearity="{start.nonlinearity}"')
        return f"nn.{start.kind}{'Cell' if self.is_cell else ''}({', '.join(options + _where(weight))})"

    def _normalised(self, start: Start) -> str:
        from limen.rnn.torch import normalised

        cell, module, weight = f"LayerNorm{start.kind}Cell", self.module, next(self.module.parameters())
        classes = [getattr(normalised, cell), *([] if self.is_cell else [normalised.Unrolled])]
        inputs, hidden = module.input_size, module.hidden_size
        made = f"{cell}({inputs}, {hidden})"
        if not self.is_cell:
            above = f", *({cell}({hidden}, {hidden}) for _ in range({self.layers - 1}))" if self.layers > 1 else ""
            made = f"Unrolled([{made}{above}]{', batch_first=True' if module.batch_first else ''})"
        to = f".to({', '.join(_where(weight))})" if _where(weight) else ""
        head = "from typing import Any\n\nimport torch\nfrom torch import nn\n"
        text = [inspect.getsource(one).replace("  # type: ignore[misc]", "") for one in classes]
        name = self.path.removeprefix("model.") + ("" if self.is_cell else ".cells.0")
        note = f"# limen.gradient_flow(model, x, loss=loss, cells=[{name!r}]) follows such a step\n"
        return "\n\n".join([head, *text, f"{note}{self.path} = {made}{to}"])


def _where(weight: Any) -> list[str]:
    """Number type and device as options, where they are not torch's own."""
    import torch

    options = [] if weight.dtype == torch.get_default_dtype() else [f"dtype={weight.dtype}"]
    return options if weight.device.type == "cpu" else [*options, f'device="{weight.device}"']


def path_of(model: Any, name: str) -> str:
    """How code reaches a submodule: model.encoder.layers[0].lstm; `model` itself for the empty name."""
    from torch import nn

    path, module = "model", model
    for part in name.split(".") if name else ():
        if isinstance(module, nn.ModuleDict):
            path += f'["{part}"]'
        elif part.isdecimal() and isinstance(module, nn.ModuleList | nn.Sequential):
            path += f"[{part}]"
        elif part.isdecimal():
            path += f'._modules["{part}"]'
        else:
            path += f".{part}"
        module = module.get_submodule(part)
    return path
