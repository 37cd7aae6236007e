"""The records that `limen.rnn.Monitor` hands out: one a measurement, one line of JSON each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from limen._errors import RecordError
from limen.results._document import Document
from limen.results._ranges import check_range
from limen.results._record import Record
from limen.results._terminal import visible
from limen.results.flow import Verdict


@dataclass(frozen=True, eq=False)
class LayerReading(Record):
    """One layer and direction at one moment of training.

    title: the layer in a few words. median, low, high: over samples, of the first lag at which the gradient of the
    last step, through time, is below a thousandth of its size; inf: never; nan: it gets no gradient. factor: by how
    much a step back multiplies the gradient. log_largest: ln of the largest ‖∂L/∂h_t‖ of any sample, `step` where,
    counted in the order of the input; -inf and -1 where there is none.
    """

    title: str
    median: float
    low: float
    high: float
    factor: float
    log_largest: float
    step: int


@dataclass(frozen=True, eq=False)
class MonitorReading(Document):
    """What a monitor found at one step of training.

    step: of the training. loss: its value on the batch; nan where it was not reached. verdict: of the worst layer; None
    where a number that is not finite kept it from being measured. sentence: the same in a line, with numbers. layers:
    from the input to the output. clip_factor: by how much clipping scales the gradient down, 1 where it does not or no
    clipping norm was given. alarms: what is about to go wrong or has, with layer, time step and sample. samples: how
    many were followed. seconds: what the measurement took.
    """

    SCHEMA = "limen.monitor_reading"

    step: int
    loss: float
    verdict: Verdict | None
    sentence: str
    layers: tuple[LayerReading, ...]
    clip_factor: float
    alarms: tuple[str, ...]
    samples: int
    seconds: float
    limen_version: str
    run: int = 1

    def _check(self) -> None:
        if (self.verdict is None) != (not self.layers):
            raise RecordError(f"verdict is {self.verdict} beside {len(self.layers)} layers, expected both or neither.")
        check_range("clip_factor", self.clip_factor, 0, 1)
        check_range("samples", self.samples, 0, math.inf)
        check_range("run", self.run, 1, math.inf)
        for number, layer in enumerate(self.layers):
            check_range(f"layers[{number}].step", layer.step, -1, math.inf)
            for name in ("median", "low", "high", "factor"):
                check_range(f"layers[{number}].{name}", getattr(layer, name), 0, math.inf)

    def __str__(self) -> str:
        lines = [f"step {self.step}, loss {self.loss:.4g}: {self.sentence}", *self.alarms]
        return visible("\n".join(lines))

    def __repr__(self) -> str:
        return visible(f"<MonitorReading of step {self.step}: {self.sentence}>")
