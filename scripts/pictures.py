"""Draw the pictures of the README with limen's own model and plots: `python scripts/pictures.py`."""

from pathlib import Path

import limen

FOLDER = Path(__file__).parents[1] / "docs" / "images"
COMMENT = "For Christmas Song visit our channel!"


def main() -> None:
    """Write docs/images/comment.png and comment-dark.png."""
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
