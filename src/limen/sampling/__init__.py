"""Chapter 4, where to look: the laws of the neighbourhood, and the designs that spend the calls on them."""

from limen.sampling.designs import enumerate_masks, stratified_masks
from limen.sampling.laws import Lime, Sampler, Shapley, SizeLaw, Sizes, Uniform

__all__ = ["Lime", "Sampler", "Shapley", "SizeLaw", "Sizes", "Uniform", "enumerate_masks", "stratified_masks"]
