"""Chapter 4, where to look: the laws of the neighbourhood, and the designs that spend the calls on them."""

from limen.sampling._boundary_crossing import Crossing
from limen.sampling.ball import Ball
from limen.sampling.base import Sampler
from limen.sampling.boundary import Boundary
from limen.sampling.designs import enumerate_masks, reference_masks, stratified_masks
from limen.sampling.growth import grown_masks
from limen.sampling.laws import Lime, Shapley, SizeLaw, Sizes, SizeSampler, Uniform
from limen.sampling.manifold import Manifold
from limen.sampling.stopping import Top
from limen.sampling.table import TableSampler

__all__ = [
    "Ball",
    "Boundary",
    "Crossing",
    "Lime",
    "Manifold",
    "Sampler",
    "Shapley",
    "SizeLaw",
    "SizeSampler",
    "Sizes",
    "TableSampler",
    "Top",
    "Uniform",
    "enumerate_masks",
    "grown_masks",
    "reference_masks",
    "stratified_masks",
]
