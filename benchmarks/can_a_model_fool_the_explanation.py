"""Can a model hide its rule from an explanation?

From lime's always, from limen's on the manifold not, and the audit tells. The scaffolding attack of Slack et al.
(2020), made for lime or for shap, with one and two columns of chance, on COMPAS and German credit, all rows of 100 that
the biased rule judges (56 to 100 a cell): a column of chance comes first with lime in 398 of 398 rows, with shap's
KernelExplainer in 181 of 260, with `Ball(1)` in 68 of 658 (all of German credit's attack on lime), with `Manifold()` in
none of 658 (goal under 10 %), which puts the sensitive column first in 655. The contributions (one column changed
alone, "alone" in the table) are fooled in 21 where the attack was made for shap. Not all people are judged by the
biased rule ("faithful"): an attack made for lime judges 99 % of new people or more by it, one made for shap 56 to 75 %,
because its forest cannot tell its probes from people well. The alarm (verdict doubtful or bad of the check
"manipulation", 800 rows) is raised in 658 of 658 (goal 95 %), false alarms on honest models (logistic regression,
forest, boosting, MLP on all three data sets, 42 rows each) in none of 504 (goal at most 5 %).

Communities & Crime, all of 100 rows a cell that the biased rule judges: a column of chance comes first with lime, shap
and `Ball(1)` always, with `Manifold()` in none of 360, where the sensitive column never does: its 98 columns say much
the same, and their slopes are not known from 1,000 rows; the contributions put it first in 326. Alarm in all 360.
Limits were set on COMPAS, but for that of lime's probes, which was raised from .25 to .35 after 3 false alarms among
rows of Communities, which were asked again; so these are not held out in full.

Attackers who have read limen (`--parts adapted`), on German credit, 24 rows each (14 where fewer are judged by the
biased rule), made for: Ball and Manifold together: Ball is fooled in all, Manifold in 5 (21 %), 47 % of people are
judged by the biased rule; alarm in all. Ball, with or without sparing lime's probes: Ball is fooled in all, Manifold in
none, 92 to 95 % of people; alarm in all. Ball, innocent on 6 of 10 of its probes only: not fooled; alarm in 71 %.
Manifold, sparing lime's probes: Manifold is fooled in 6 of 14, but 14 % of people only are judged by the biased rule;
alarm in all. No row was fooled without an alarm. Smaller runs of earlier versions were worse: of Manifold, sparing
Ball's and lime's probes, in 7 of 8 (12 % of people), alarm in all; and on COMPAS (12 rows, seed 7) `Manifold()` was
fooled in 2 of 12 in one cell, with 47 of 48 alarms.

2026-11-26, seed 0; rows of one model are not independent, so the rates are those of 12 attacks and 12 honest models.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import limen
from common import heading, show
from limen.results import Grade
from limen.sampling import Ball, Manifold
from scaffolding import SOURCES, Floats, Scaffold, Society, centres_of, gaussian, mixed, of_limen, society

BUDGET = 1000
AUDIT = 800
"""Rows that the detector may ask."""
SAMPLERS = (Ball(1.0), Manifold())
ALARMS = (Grade.DOUBTFUL, Grade.BAD)
ADAPTED = "German credit"
PARTS = ("attacked", "honest", "adapted")
HONEST: dict[str, Callable[[int], Any]] = {
    "logistic regression": lambda _: make_pipeline(StandardScaler(), LogisticRegression()),
    "forest": lambda seed: RandomForestClassifier(100, min_samples_leaf=3, random_state=seed),
    "boosting": lambda seed: GradientBoostingClassifier(random_state=seed),
    "MLP": lambda seed: make_pipeline(StandardScaler(), MLPClassifier((50,), max_iter=300, random_state=seed)),
}


def of_lime(model: Any, people: Society, seed: int) -> Callable[[Floats], int]:
    """The column that lime ranks first."""
    from lime.lime_tabular import LimeTabularExplainer

    explainer = LimeTabularExplainer(
        people.rows, categorical_features=people.binary(), discretize_continuous=False, random_state=seed
    )

    def first(row: Floats) -> int:
        found = explainer.explain_instance(row, model.predict_proba, num_features=len(row), num_samples=2 * BUDGET)
        return int(max(found.as_map()[1], key=lambda pair: abs(pair[1]))[0])

    return first


def of_shap(model: Any, people: Society, seed: int) -> Callable[[Floats], int]:
    """The column that shap's KernelExplainer ranks first."""
    import shap

    explainer = shap.KernelExplainer(lambda rows: model.predict_proba(rows)[:, 1], centres_of(people))

    def first(row: Floats) -> int:
        np.random.seed(seed)  # noqa: NPY002 - shap takes its chance from there
        found = explainer.shap_values(row, nsamples=BUDGET, l1_reg=False, silent=True)
        return int(np.abs(np.asarray(found).ravel()).argmax())

    return first


@dataclass(frozen=True)
class Seen:
    """What one row's explanation shows: the columns whose effect and contribution are largest, and the alarm.

    -1: the answers do not vary, or the budget did not pay for contributions.
    """

    effect: int
    contribution: int
    alarm: bool


def explained(model: Any, people: Society, row: Floats, sampler: Any, ask: bool = True) -> Seen:
    """Explain and audit a row."""
    explainer = limen.Explainer(model, limen.Table(people.rows), sampler=sampler, budget=BUDGET, on_doubt="ignore")
    audit = limen.audit(explainer, row, target=1, rows=AUDIT if ask else 0, checks="manipulation")
    found = audit.explanation
    contributions = None if found.contributions is None else found.contributions.values
    return Seen(first_of(found.effects.values), first_of(contributions), audit["manipulation"].grade in ALARMS)


def first_of(values: Floats | None) -> int:
    """The place of the largest of some values (d), which is the number of its column; -1: there is none."""
    return -1 if values is None or not values.any() else int(np.abs(values).argmax())


def shares(people: Society, firsts: Sequence[int]) -> str:
    """How often the sensitive column is first, and how often a column of chance."""
    counts = Counter("s" if one == people.sensitive else "c" if one in people.chance else "o" for one in firsts)
    return f"{100 * counts['s'] / len(firsts):.0f} / {100 * counts['c'] / len(firsts):.0f}"


def percent(values: Sequence[bool]) -> str:
    """How often."""
    return f"{100 * float(np.mean(values)):.0f}" if len(values) else "-"


def judged(model: Scaffold, people: Society, count: int) -> Floats:
    """Rows (k, m) that the biased rule answers; to others the rule that is shown does apply."""
    return people.unseen[model.like_data(people.unseen)][:count]


def attacked(name: str, chance: int, seed: int, count: int) -> list[list[object]]:
    """A line for each of the two attackers."""
    people, lines = society(name, seed, chance), []
    for peer, guess in (("lime", gaussian), ("shap", mixed)):
        model = Scaffold(people, guess(people), seed)
        rows = judged(model, people, count)
        first = (of_lime if peer == "lime" else of_shap)(model, people, seed)
        theirs = [first(row) for row in rows]
        ball, manifold = ([explained(model, people, row, one, one is SAMPLERS[0]) for row in rows] for one in SAMPLERS)
        firsts = (
            theirs,
            [one.effect for one in ball],
            [one.effect for one in manifold],
            [one.contribution for one in ball],
        )
        faithful = percent(list(model.like_data(people.unseen)))
        cells = [shares(people, found) for found in firsts]
        lines.append([f"{name}, {chance}", peer, len(rows), faithful, *cells, percent([one.alarm for one in ball])])
        print(*lines[-1], sep=" | ", flush=True)
    return lines


def blamed(name: str, seed: int, count: int) -> list[list[object]]:
    """A line for each honest model."""
    people, lines = society(name, seed, 1), []
    for kind, make in HONEST.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a net that has not converged is a model too
            model = make(seed).fit(people.rows, people.outcomes)
        alarms = [explained(model, people, row, SAMPLERS[0]).alarm for row in people.unseen[:count]]
        lines.append([name, kind, len(alarms), sum(alarms)])
        print(*lines[-1], sep=" | ", flush=True)
    return lines


def adapted(name: str, seed: int, count: int) -> list[list[object]]:
    """A line for each attacker who has read limen, explained and audited under both laws."""
    people, lines = society(name, seed, 1), []
    attackers = {
        "Ball and Manifold": (SAMPLERS, None, 1.0),
        "Ball": (SAMPLERS[:1], None, 1.0),
        "Ball, sparing lime's": (SAMPLERS[:1], gaussian(people), 1.0),
        "Ball, 6 of 10, sparing lime's": (SAMPLERS[:1], gaussian(people), 0.6),
        "Manifold, sparing lime's": (SAMPLERS[1:], gaussian(people), 1.0),
    }
    for told, (laws, spared, share) in attackers.items():
        model = Scaffold(people, of_limen(people, *laws), seed, spared, share)
        rows = judged(model, people, count)
        cells: list[object] = []
        for sampler in SAMPLERS:
            found = [explained(model, people, row, sampler) for row in rows]
            fooled = [one.alarm for one in found if one.effect in people.chance]
            alarms = percent([one.alarm for one in found]), percent(fooled)
            cells += [shares(people, [one.effect for one in found]), *alarms]
        lines.append([told, len(rows), percent(list(model.like_data(people.unseen))), *cells])
        print(*lines[-1], sep=" | ", flush=True)
    return lines


MADE, AUDITED = ("data, columns of chance", "made for", "rows", "faithful %"), ("alarms %", "where fooled")
ATTACKED = (*MADE, "lime or shap", "Ball", "Manifold", "alone", "alarms %")
ADAPTIVE = ("attacker", "rows", "faithful %", "Ball", *AUDITED, "Manifold", *AUDITED)


def main() -> None:
    """Attack, blame, adapt; every line is printed as soon as it is known, and once more in a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100, help="rows to explain in each cell, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", nargs="*", default=list(SOURCES), choices=SOURCES)
    parser.add_argument("--parts", nargs="*", default=list(PARTS), choices=PARTS)
    options = parser.parse_args()
    heading("lime", "shap", "scikit-learn")
    data, seed, rows = options.data, options.seed, options.rows
    tables: list[tuple[Sequence[str], list[list[object]]]] = []
    if "attacked" in options.parts:
        tables.append(
            (ATTACKED, [line for name in data for chance in (1, 2) for line in attacked(name, chance, seed, rows)])
        )
    if "honest" in options.parts:
        tables.append(
            (("honest", "model", "rows", "alarms"), [line for name in data for line in blamed(name, seed, rows)])
        )
    if "adapted" in options.parts:
        tables.append((ADAPTIVE, adapted(ADAPTED, seed, rows)))
    print()
    for columns, found in tables:
        show(columns, found)
        print()


if __name__ == "__main__":
    main()
