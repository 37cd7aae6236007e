"""How long does a person wait from typing `limen text "..."` in a fresh shell to the answer?

0.43 s (worst of 15: 0.51 s), of which 0.18 s are `import limen` with numpy; lime as a library on the same comment
and model takes 1.71 s, 3.9 times as long.

2026-11-22, 2 shared cores, CPU, files in the system's cache. Goal: under 2 s.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

from common import COURSE, heading, median, show

LIME = f"""
import limen
from lime.lime_text import LimeTextExplainer
explainer = LimeTextExplainer(class_names=["normal", "spam"], random_state=0)
print(explainer.explain_instance({COURSE[0]!r}, limen.zoo.spam()).as_list())
"""
LIMEN = f"import limen; print(limen.explain(limen.zoo.spam(), {COURSE[0]!r}))"
EXPLAINED = (0, 3)  # believed; explained with doubts


def commands() -> dict[str, list[str]]:
    """What is timed, each in processes of its own."""
    script = Path(sys.executable).with_name("limen")
    if not script.exists():
        sys.exit(f"{script} is not there; install limen into this environment first.")
    return {
        f'limen text "{COURSE[0]}"': [str(script), "text", COURSE[0]],
        "limen as a library, same comment": [sys.executable, "-c", LIMEN],
        "lime as a library, same comment, same model": [sys.executable, "-c", LIME],
        "python -c 'import limen'": [sys.executable, "-c", "import limen"],
        "python -c 'import lime.lime_text'": [sys.executable, "-c", "import lime.lime_text"],
        "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }


def timed(command: list[str], repeats: int) -> list[float]:
    """Wall times from start to exit, after one run that leaves files in the system's cache and compiled."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        times.append(time.perf_counter() - start)
        if done.returncode not in EXPLAINED:
            sys.exit(f"{command} ended with {done.returncode}: {done.stderr.strip()}")
    return times[1:]


def import_times(arguments: list[str], count: int) -> list[tuple[str, float, int]]:
    """The packages whose modules take longest to import, themselves only: name, milliseconds, number of modules."""
    done = subprocess.run([sys.executable, "-X", "importtime", *arguments], capture_output=True, text=True)
    spent: dict[str, list[float]] = {}
    for own, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", done.stderr):
        package = name.partition(".")[0].lstrip("_")
        package = "the standard library" if package in sys.stdlib_module_names else package
        spent.setdefault(package, []).append(int(own) / 1000)
    found = [(package, sum(times), len(times)) for package, times in spent.items()]
    return sorted(found, key=lambda entry: -entry[1])[:count]


def main() -> None:
    """Time the command line, the libraries, and show what the imports cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few repeats")
    repeats = 3 if parser.parse_args().quick else 15
    heading("lime", "onnxruntime", "typer", "rich")
    found = {name: timed(command, repeats) for name, command in commands().items()}
    ours = median(next(iter(found.values())))
    rows = [
        [name, f"{median(times):.2f}", f"{max(times):.2f}", f"{median(times) / ours:.2f}"]
        for name, times in found.items()
    ]
    show(["from a fresh process", "median s", "worst s", "ratio to limen text"], rows)
    print(f"{repeats} runs each, files in the system's cache. Goal: limen text under 2 s.\n")
    script = str(Path(sys.executable).with_name("limen"))
    for label, arguments in (("import limen", ["-c", "import limen"]), ("limen text", [script, "text", COURSE[0]])):
        imports = [[name, f"{own:.0f}", modules] for name, own, modules in import_times(arguments, 8)]
        show([f"imports of: {label}", "ms", "modules"], imports)


if __name__ == "__main__":
    main()
