"""Limen and its peers on games of masks: all get the same parts, the same fill and the same model.

A peer gets a game as an input of d numbers, 1 = kept and 0 = hidden, so nothing but masks can differ.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np

import limen
from limen.models.base import Adapter
from photos import ROWS, Answer, Floats, Masks, Pixels


def limen_effects(
    answer: Answer, d: int, rows: int, seed: int, sampler: Any = None, surrogate: Any = None, twin: Any = None
) -> limen.Explanation:
    """Limen's explanation of a game: of an image of d pixels, each a part, whose model takes masks.

    twin: the answers of a cheaper model, and how many masks it is asked about for each one of the model's.
    """

    def of_masks(answer: Answer) -> Adapter:
        def both(masks: Masks) -> Floats:
            p = answer(masks)
            return np.stack([1 - p, p], axis=1)

        return Adapter(both, ("other", "target"), kind="probability", painter=lambda _: lambda masks: masks)

    labels = np.arange(d).repeat(16).reshape(d, 16).T
    model: Any = of_masks(answer)
    image = np.broadcast_to(labels[..., None] % 251, (16, d, 3)).astype(np.uint8)
    return limen.explain(
        model if twin is None else limen.models.Twin(model, of_masks(twin[0]), twin[1]),
        image,
        domain=limen.Image(labels),
        target="target",
        sampler=sampler,
        surrogate=surrogate or "auto",
        budget=rows,
        seed=seed,
        on_doubt="ignore",
    )


def lime_effects(answer: Answer, d: int, rows: int, seed: int) -> Floats:
    """Lime's effects (d), of an image of one line of d pixels that are white, or black where they are hidden."""
    from lime.lime_image import LimeImageExplainer

    def both(images: Pixels) -> Floats:
        p = answer(images[:, 0, :, 0] > 0)
        return np.stack([1 - p, p], axis=1)

    explainer = LimeImageExplainer(random_state=seed, feature_selection="none")
    with contextlib.redirect_stderr(io.StringIO()):  # its bar
        found = explainer.explain_instance(
            np.full((1, d, 3), 255, dtype=np.uint8),
            both,
            labels=(1,),
            top_labels=None,
            hide_color=0,
            num_samples=rows,
            segmentation_fn=lambda _: np.arange(d)[None],
        )
    effects = np.zeros(d)
    for part, weight in found.local_exp[1]:
        effects[part] = weight
    return effects


def captum_effects(answer: Answer, d: int, rows: int, seed: int, kind: str) -> Floats:
    """Captum's effects (d) of ones against zeros. kind: "KernelShap"; "Lime", as it comes; "Lime, lime's law"."""
    import torch
    from captum._utils.models.linear_model import SkLearnLinearRegression
    from captum.attr import KernelShap, Lime
    from captum.attr._core.lime import get_exp_kernel_similarity_function as similar

    def forward(masks: Any) -> Any:
        return torch.from_numpy(answer(masks.numpy() > 0.5))

    torch.manual_seed(seed)
    if kind == "KernelShap":
        explainer = KernelShap(forward)
    elif kind == "Lime":
        explainer = Lime(forward)
    else:
        explainer = Lime(forward, SkLearnLinearRegression(), similar("cosine", kernel_width=0.25))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = explainer.attribute(torch.ones(1, d), torch.zeros(1, d), n_samples=rows, perturbations_per_eval=ROWS)
    return found.numpy().ravel().astype(np.float64)


def shap_effects(answer: Answer, d: int, rows: int, seed: int) -> Floats:
    """Shapley values (d) by shap's KernelExplainer, which draws by numpy's global state."""
    import shap

    np.random.seed(seed)  # noqa: NPY002 - it takes no generator
    explainer = shap.KernelExplainer(lambda masks: answer(masks > 0.5), np.zeros((1, d)))
    found = explainer.shap_values(np.ones((1, d)), nsamples=rows, l1_reg=False, silent=True)
    return np.asarray(found, dtype=np.float64).ravel()
