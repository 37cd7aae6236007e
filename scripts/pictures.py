"""Draw the pictures of the README with limen's own model and plots: `python scripts/pictures.py`."""

from pathlib import Path

import limen

FOLDER = Path(__file__).parents[1] / "docs" / "images"
COMMENT = "For Christmas Song visit our channel!"


def main() -> None:
    """Write docs/images/comment.png, comment-dark.png and flow.png (which needs torch)."""
    comments()
    flow()


def flow() -> None:
    """The gradient of default LSTMs, by lag, with a forget bias of 0 and of 1."""
    import torch
    from matplotlib import pyplot as plt

    figure, both = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained", dpi=150, sharey=True)
    for axes, bias in zip(both, (0.0, 1.0), strict=True):
        torch.manual_seed(0)
        model, x = torch.nn.LSTM(16, 64), torch.randn(80, 16, 16)
        with torch.no_grad():
            model.bias_ih_l0[64:128] += bias
        found = limen.gradient_flow(model, x, loss=lambda output: output[0][-1].square().sum())
        limen.plots.gradient_norms(found, ax=axes)
        axes.set_title(f"LSTM, forget bias {bias:g}: {found.verdict.name.lower()}", loc="left")
    figure.savefig(FOLDER / "flow.png")
    plt.close(figure)
    print(FOLDER / "flow.png")


def comments() -> None:
    """The comment of the course, on light and on dark."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    explanation = limen.explain(limen.zoo.spam(), COMMENT)
    for name, style in (("comment.png", "default"), ("comment-dark.png", "dark_background")):
        with mpl.style.context(style):
            figure, (above, below) = plt.subplots(
                2, 1, figsize=(8, 4.6), height_ratios=(1, 2), layout="constrained", dpi=150
            )
            limen.plots.tokens(explanation, ax=above)
            limen.plots.bars(explanation, ax=below)
            below.set_title("", loc="left")
            figure.savefig(FOLDER / name)
            plt.close(figure)
        print(FOLDER / name)


if __name__ == "__main__":
    main()
