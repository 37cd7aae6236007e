"""Where tests of devices run: on the GPU that torch finds, else on the CPU, so that they run everywhere."""

import torch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def random_states():
    """Torch's random states, of the CPU and of the GPU if there is one."""
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state()] if DEVICE == "cuda" else [])]
