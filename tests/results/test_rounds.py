"""Rankings with their ties, rounds and proxies: what they mean, how they are told, and damage that is refused."""

import json
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

import limen
from limen._errors import InputError, RecordError
from limen.results import Estimates, Explanation, Proxy, Round, Status
from limen.results.rounds import ranking, simultaneous
from tests.image_records import make_image
from tests.records import make_explanation
from tests.table_records import make_table_explanation

WORDS = "one two three four five six seven eight"


def estimates(values, errors=0.01):
    values = np.array(values, dtype=float)
    errors = np.broadcast_to(np.asarray(errors, dtype=float), values.shape)
    return Estimates(values, errors, values - 1.96 * errors, values + 1.96 * errors)


def test_parts_far_apart_have_a_place_each():
    found = ranking(estimates([0.1, -0.9, 0.5, 0.3]), 3)
    assert found.groups == ((1,), (2,), (3,))
    assert found.order == (1, 2, 3, 0)
    assert found.decided


def test_ties_share_a_place_and_the_last_place_has_all_that_may_belong_to_it():
    found = ranking(estimates([0.9, 0.5, 0.501, 0.3, 0.301, 0.299]), 4)
    assert found.groups == ((0,), (2, 1), (4, 3, 5))
    assert not found.decided
    inside = ranking(estimates([0.9, 0.5, 0.501, 0.3]), 3)
    assert inside.groups == ((0,), (2, 1))
    assert inside.decided  # which three are first is sure, their order is not


def test_signs_do_not_matter_for_places():
    assert ranking(estimates([-0.5, 0.5]), 1).groups == ((0, 1),)


@pytest.mark.parametrize("comparisons", [1, 3, 20])
def test_intervals_that_hold_together_are_stretched_by_bonferronis_rule(comparisons):
    reach = simultaneous(estimates([0.2, 0.1], 0.05), comparisons)
    normal = NormalDist()
    wanted = 0.05 * 1.96 * normal.inv_cdf(1 - 0.025 / comparisons) / normal.inv_cdf(0.975)
    assert reach == pytest.approx([wanted, wanted])


def test_the_intervals_of_a_ranking_hold_for_all_parts_together():
    effects = estimates([0.4, 0.2, 0.1, 0.0])
    found = ranking(effects, 2).intervals
    assert found.high - found.values == pytest.approx(simultaneous(effects, 4))
    assert found.values - found.low == pytest.approx(simultaneous(effects, 4))


def test_a_decided_order_is_seldom_wrong():
    """Of equal parts the order is decided in at most 5 % of draws."""
    generator = np.random.default_rng(0)
    drawn = [estimates(0.5 + 0.02 * generator.normal(size=6), 0.02) for _ in range(400)]
    wrong = sum(len(ranking(one, 1).groups[0]) == 1 for one in drawn)
    assert wrong <= 0.05 * 400 + 9


@pytest.mark.parametrize("count", [0, 5, 1.0, True, None])
def test_wrong_counts(count):
    with pytest.raises(InputError, match=r"count is .*, expected a whole number from 1 to 4"):
        ranking(estimates([0.4, 0.2, 0.1, 0.0]), count)


def test_rounds_are_told_in_a_line():
    assert (
        str(Round(378, 1.7, 900.4, 4.2))
        == "378 rows: 1.70 times too wide, by the root law 900 rows in all and 4 s more"
    )
    assert str(Round(378, 1.7, 900.4, 0.2)).endswith("900 rows in all and less than 1 s more")
    assert str(Round(1701, 0.9, 1701.0, 0.0)) == "1,701 rows: narrow enough"
    assert str(Round(189, np.inf, 600.0, 1.0)) == "189 of 600 rows"
    assert str(Round(600, 2.0, 600.0, 0.0)) == "600 rows: 2.0 times too wide, and the budget is spent"


def told(**changes):
    made = make_explanation(WORDS, [0.9, 0.5, 0.5, 0.3, 0.2, 0.1, 0.05, 0.0], standard_errors=0.005)
    return replace(made, **changes)


@pytest.mark.parametrize("show", [str, Explanation._repr_html_], ids=["text", "html"])
def test_views_tell_of_proxy_tolerance_rounds_and_ties(show):
    rounds = (Round(63, 3.1, 600.0, 1.0, 0.2), Round(189, 0.9, 189.0, 0.0, 0.2))
    found = " ".join(show(told(proxy=Proxy("process", 12.3), rounds=rounds, status=Status.CONVERGED)).split())
    assert "A proxy that learnt from the answers made these rows worth about 12 times as many." in found
    assert "CONVERGED: Every 95 % interval is narrower than 0.2 times the largest effect, as was asked." in found
    assert "63, then 189 rows: narrow enough" in found
    assert "places 2-3 are not decided (95 %)" in found
    plain = " ".join(show(told(proxy=Proxy("process", 1.1))).split())
    assert "proxy" not in plain
    assert "times as many" not in plain
    top = " ".join(show(told(rounds=(Round(63, 0.9, 63.0, 0.0, top=1),), status=Status.CONVERGED)).split())
    assert "CONVERGED: It is decided (95 %) which part is the first, as was asked." in top


def test_a_cheaper_model_is_told_with_what_it_took():
    found = " ".join(str(told(proxy=Proxy("twin", 3.14, 4096, 1.5))).split())
    assert "A cheaper model of the same task (4,096 rows of its own, 1.50 s) made these rows worth" in found
    assert "about 3.1 times as many" in found


def test_decided_orders_exact_answers_and_rows_of_tables():
    apart = make_explanation(WORDS, [0.9, 0.8, 0.7, 0.6, 0.5, 0.1, 0.05, 0.0], standard_errors=0.001)
    assert "the order of the first 5 is decided (95 %)" in str(apart)
    assert "none of the 8 places is decided (95 %)" in str(make_explanation(WORDS, [0.1] * 8, standard_errors=0.05))
    for silent in (make_explanation(WORDS, [0.5] * 8, standard_errors=0.0), make_table_explanation()):
        assert "decided" not in str(silent)


def test_bars_tell_ties_in_words():
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    for made in (told(), make_image([0.5, 0.2, 0.2, 0.1], standard_errors=0.005)):
        assert "places 2-3 are not decided (95 %)" in limen.plots.bars(made).get_xlabel()
    plt.close("all")


RECORD = told(proxy=Proxy("process", 12.3), rounds=(Round(63, np.inf, 600.0, 1.0), Round(189, 0.9, 189.0, 0.0)))
DAMAGE = [
    (("proxy", "name"), "oracle"),
    (("proxy", "gain"), "nan"),
    (("proxy", "gain"), 0),
    (("proxy", "gain"), "inf"),
    (("proxy", "twin_rows"), -1),
    (("proxy", "twin_rows"), 2.5),
    (("proxy", "twin_seconds"), -0.5),
    (("proxy",), {"name": "process"}),
    (("proxy",), "process"),
    (("rounds",), None),
    (("rounds", 0, "rows"), 0),
    (("rounds", 1, "rows"), 63),
    (("rounds", 1, "rows"), "many"),
    (("rounds", 0, "too_wide"), "nan"),
    (("rounds", 0, "too_wide"), -1),
    (("rounds", 0, "rows_needed"), "inf"),
    (("rounds", 0, "seconds_needed"), "nan"),
    (("rounds", 0, "tolerance"), -0.1),
    (("rounds", 0, "top"), -1),
    (("rounds", 0), {}),
]


def test_rounds_and_proxies_survive_json():
    assert limen.Explanation.from_json(RECORD.to_json()) == RECORD


@pytest.mark.parametrize(("path", "junk"), DAMAGE, ids=str)
def test_damage_is_refused(path, junk):
    plain = json.loads(RECORD.to_json())
    part = plain
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = junk
    with pytest.raises(RecordError):
        limen.Explanation.from_json(json.dumps(plain))


def test_a_twin_that_saved_nothing_is_told():
    useless = replace(make_explanation("a b c", (0.3, 0.2, 0.1)), proxy=Proxy("process", 3.0, 400, 0.25))
    told = " ".join(str(useless).split())
    assert "twin The cheaper model (400 rows of its own, 0.25 s) saved nothing." in told
    assert "A proxy that learnt from the answers made these rows worth about 3.0 times as many." in told
