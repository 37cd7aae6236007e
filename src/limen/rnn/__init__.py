"""The recurrent wing: the net of the course with back-propagation through time written out, and gradient flow in torch.

Importing it loads numpy alone.
"""

from limen._errors import ExplosionWarning
from limen.rnn.bptt import Gradients
from limen.rnn.derive import derive
from limen.rnn.net import RNN, Trace
from limen.rnn.optimisers import SGD, Adam, Momentum
from limen.rnn.schedules import Constant, Cosine, StepDecay, Warmup
from limen.rnn.scoring import score
from limen.rnn.tasks import remember
from limen.rnn.text import Alphabet, one_hot, streams, write
from limen.rnn.torch.course import to_torch
from limen.rnn.torch.monitor import Monitor
from limen.rnn.torch.remedies import remedies
from limen.rnn.train import DivergedError, fit

__all__ = [
    "RNN",
    "SGD",
    "Adam",
    "Alphabet",
    "Constant",
    "Cosine",
    "DivergedError",
    "ExplosionWarning",
    "Gradients",
    "Momentum",
    "Monitor",
    "StepDecay",
    "Trace",
    "Warmup",
    "derive",
    "fit",
    "one_hot",
    "remedies",
    "remember",
    "score",
    "streams",
    "to_torch",
    "write",
]
