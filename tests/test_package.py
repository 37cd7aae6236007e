"""The package as a user meets it: public names, and what an import costs."""

import json
import subprocess
import sys

import pytest

import limen

PUBLIC = [
    "Audit",
    "Explainer",
    "Explanation",
    "GradientFlow",
    "Image",
    "LimenError",
    "Linear",
    "Quadratic",
    "Table",
    "Text",
    "audit",
    "explain",
    "gradient_flow",
]


def test_all_is_the_sorted_public_names():
    assert limen.__all__ == PUBLIC
    assert limen.__all__ == sorted(limen.__all__)
    assert all(hasattr(limen, name) for name in limen.__all__)


def loaded_after(code: str) -> set[str]:
    """The top-level modules in `sys.modules` of a fresh interpreter after running `code`."""
    script = (
        f"import sys, json; before = set(sys.modules)\n{code}\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(answer.stdout)}


def third_party(modules: set[str]) -> set[str]:
    return {name for name in modules if name not in sys.stdlib_module_names and not name.startswith("_")}


def test_import_loads_numpy_alone():
    assert third_party(loaded_after("import limen")) == {"limen", "numpy"}


@pytest.mark.parametrize("name", ["errors", "models", "plots", "report", "rnn", "sampling", "zoo"])
def test_submodules_come_by_attribute_and_stay_light(name):
    assert third_party(loaded_after(f"import limen; limen.{name}")) == {"limen", "numpy"}


def test_an_explanation_of_a_function_stays_light():
    code = (
        "import limen, numpy\n"
        "limen.explain(lambda texts: numpy.array([[len(t) / 20] for t in texts]), 'one two three four')"
    )
    assert third_party(loaded_after(code)) == {"limen", "numpy", "regex", "threadpoolctl"}


def test_an_unknown_attribute_names_the_submodules():
    with pytest.raises(AttributeError, match="errors, models, plots, report, rnn, sampling, zoo"):
        limen.nothing  # noqa: B018
