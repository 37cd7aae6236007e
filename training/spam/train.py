"""Train the spam classifier that ships with limen: `--evaluate` judges the recipe, `--export` makes the model.

    python training/spam/train.py --evaluate --export

`--evaluate` leaves each video out in turn, for several seeds, and writes `figures.json`. `--export` trains on all
comments and writes `model.onnx` and `tokenizer.json`, with the temperature that the evaluation found; then `card.md` is
written from `card.in.md` and the figures.
"""

import argparse
import json
import string
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from data import COURSE_SENTENCES, ROOT, Comments, unlabelled, youtube
from evaluate import Judged, baselines, best_temperature, calibration, leave_one_out, order, probability
from export import export
from fit import Recipe, fit, predict
from tokens import MOST_TOKENS

HERE = Path(__file__).parent
SHIPPED = ROOT / "src/limen/zoo/spam"


def evaluate_seed(seed: int) -> dict[str, Judged]:
    """All five splits for one seed; runs in a process of its own, on one thread, so that sums have one order."""
    torch.set_num_threads(1)
    return leave_one_out(youtube(), unlabelled(), Recipe(), seed)


def evaluate(comments: Comments, seeds: list[int], workers: int) -> dict[str, object]:
    """The figures of the recipe: accuracy a video (mean over seeds), the baselines, calibration and temperature."""
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        rounds = list(pool.map(evaluate_seed, seeds))
    ours = {video: round(float(np.mean([judged[video].accuracy for judged in rounds])), 4) for video in rounds[0]}
    means = [float(np.mean([part.accuracy for part in judged.values()])) for judged in rounds]
    lowest = min((judged[video].accuracy, video) for judged in rounds for video in judged)
    others = {kind: {v: round(a, 4) for v, a in figures.items()} for kind, figures in baselines(comments).items()}
    temperatures = [best_temperature(list(judged.values())) for judged in rounds]
    return {
        "comments": {video: int(np.sum(comments.videos == video)) for video in ours},
        "seeds": seeds,
        "accuracy": ours,
        "accuracy_mean": round(float(np.mean(means)), 4),
        "accuracy_mean_of_each_seed": [round(mean, 4) for mean in means],
        "accuracy_spread_over_seeds": round(float(np.std(means, ddof=1)), 4) if len(means) > 1 else None,
        "accuracy_worst": round(min(ours.values()), 4),
        "accuracy_worst_of_any_seed": {"video": lowest[1], "accuracy": round(lowest[0], 4)},
        "baseline": others,
        "baseline_mean": {kind: round(float(np.mean(list(figures.values()))), 4) for kind, figures in others.items()},
        "calibration": calibration(rounds),
        "temperature": round(float(np.mean(temperatures)), 2),
        "recipe": asdict(Recipe()),
    }


def ship(comments: Comments, figures: dict[str, object], folder: Path, seed: int) -> None:
    """Train on all comments, write model and tokenizer, and add the figures of this one model."""
    torch.set_num_threads(1)
    start = time.perf_counter()
    model, tokenizer = fit(comments, unlabelled(), Recipe(), seed)
    temperature = float(str(figures["temperature"]))
    trial = ["", *COURSE_SENTENCES, "check it out " * 200, *comments.texts[:40]]
    export(model, tokenizer, temperature, folder, trial)
    spam = probability(predict(model, tokenizer, [*COURSE_SENTENCES, ""]), temperature)
    learned = Judged(predict(model, tokenizer, list(comments.texts)), comments.labels)
    figures["shipped"] = {
        "seed": seed,
        "trained_on": len(comments.texts),
        "accuracy_on_training_texts": round(learned.accuracy, 4),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "vocabulary": tokenizer.get_vocab_size(),
        "most_tokens": MOST_TOKENS,
        "bytes": sum((folder / name).stat().st_size for name in ("model.onnx", "tokenizer.json")),
        "probability_of_spam": dict(zip([*COURSE_SENTENCES, ""], spam.round(4).tolist(), strict=True)),
        "order": order(lambda texts: probability(predict(model, tokenizer, texts), temperature), comments),
        "minutes_to_train": round((time.perf_counter() - start) / 60, 1),
    }


def card(figures: dict, folder: Path) -> None:
    """Write `card.md` from the template and the figures, so that the two cannot disagree."""
    rows = [
        f"| {video} | {count} | {figures['accuracy'][video]:.3f} | {figures['baseline']['tfidf'][video]:.3f} "
        f"| {figures['baseline']['tfidf_pairs'][video]:.3f} |"
        for video, count in figures["comments"].items()
    ]
    shipped, base = figures["shipped"], figures["baseline_mean"]
    values = {
        "rows": "\n".join(rows),
        "mean": f"{figures['accuracy_mean']:.3f}",
        "spread": f"{figures['accuracy_spread_over_seeds']:.3f}",
        "seeds": str(len(figures["seeds"])),
        "worst": f"{figures['accuracy_worst']:.3f}",
        "worst_run": f"{figures['accuracy_worst_of_any_seed']['accuracy']:.3f}",
        "worst_video": figures["accuracy_worst_of_any_seed"]["video"],
        "tfidf": f"{base['tfidf']:.3f}",
        "pairs": f"{base['tfidf_pairs']:.3f}",
        "brier": f"{figures['calibration']['brier']:.3f}",
        "ece": f"{figures['calibration']['expected_calibration_error']:.3f}",
        "temperature": f"{figures['temperature']:.2f}",
        "trained_on": f"{shipped['trained_on']:,}",
        "parameters": f"{shipped['parameters']:,}",
        "vocabulary": f"{shipped['vocabulary']:,}",
        "tokens": str(shipped["most_tokens"]),
        "megabytes": f"{shipped['bytes'] / 1e6:.2f}",
        "christmas": f"{shipped['probability_of_spam'][COURSE_SENTENCES[0]]:.3f}",
        "cute": f"{shipped['probability_of_spam'][COURSE_SENTENCES[1]]:.3f}",
        "moved": f"{shipped['order']['moved_by_more_than_0.05']:.1%}",
        "turned": f"{shipped['order']['class_changed']:.1%}",
        "teach_share": f"{figures['recipe']['teacher']:.0%}",
        "empty": f"{shipped['probability_of_spam']['']:.3f}",
    }
    template = string.Template((HERE / "card.in.md").read_text(encoding="utf-8"))
    (folder / "card.md").write_text(template.substitute(values), encoding="utf-8")


def main() -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluate", action="store_true", help="leave each video out in turn; writes figures.json")
    parser.add_argument("--export", action="store_true", help="train on everything; needs the figures")
    parser.add_argument("--seed", type=int, default=0, help="the first seed, and the seed of the shipped model")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds are averaged by --evaluate")
    parser.add_argument("--workers", type=int, default=2, help="processes of --evaluate")
    parser.add_argument("--folder", type=Path, default=SHIPPED, help="where the files go")
    options = parser.parse_args()
    if not (options.evaluate or options.export):
        parser.error("say --evaluate, --export, or both")
    options.folder.mkdir(parents=True, exist_ok=True)
    path, comments = options.folder / "figures.json", youtube()
    figures = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if options.evaluate:
        shipped = figures.get("shipped")
        seeds = list(range(options.seed, options.seed + options.seeds))
        figures = evaluate(comments, seeds, options.workers) | ({"shipped": shipped} if shipped else {})
    if options.export:
        if not figures:
            parser.error(f"--export needs the temperature in {path.name}: run --evaluate first, or both together")
        ship(comments, figures, options.folder, options.seed)
    path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if "shipped" in figures:
        card(figures, options.folder)
    print(json.dumps(figures, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
