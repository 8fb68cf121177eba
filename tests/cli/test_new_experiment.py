"""What CONTRIBUTING promises: a new experiment is one folder with one file, and one line in the registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "netlab"

EXPERIMENT = '''
"""`netlab coin`: how often a coin shows heads."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Annotated

from netlab.experiment import Experiment
from netlab.experiments.options import Seed
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.quantity import Draft, Measurement


@dataclass(frozen=True, slots=True)
class Parameters:
    """`tosses` of a coin that shows heads by `chance`."""

    tosses: Annotated[int, Option("Toss the coin N times.", "N", 1, 1000, panel="Coin")] = 100
    chance: Annotated[float, Option("Probability of heads.", "P", 0.0, 1.0, panel="Coin")] = 0.5
    metal: Annotated[str, Option("What it is made of.", "NAME", choices=("gold", "silver"))] = "gold"
    pause_s: Annotated[float, Option("Pause after a toss.", "S", 0.0)] = 0.0
    seed: Seed = 0


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Toss it."""
    rng, draft = random.Random(parameters.seed), Draft()
    heads = sum(rng.random() < parameters.chance for _ in range(parameters.tosses))
    draft.fact("heads", heads, "1")
    draft.check("no more heads than tosses", "arithmetic", True, heads <= parameters.tosses)
    return draft.finish()


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="Toss a coin, and count heads.",
    examples=("netlab coin", "netlab coin --tosses 1000 --seed 4"),
)
'''
LINE = '    Line("coin", "chance.coin", "Heads or tails", section="On the wire", help="Toss a coin"),\n'
FIRST = "EXPERIMENTS: tuple[Line, ...] = (\n"

HELP = """\
Usage: netlab coin [OPTIONS]

  Toss a coin, and count heads.

Coin:
  --tosses N  Toss the coin N times.  [default: 100]
  --chance P  Probability of heads.  [default: 0.5]

Report:
  --json              Print the report as one JSON document.
  --plot FILE         Draw it, too: FILE.svg or FILE.png.
  --save / --no-save  Record the run for 'netlab runs'.  [default: save]
  --seed N            Seed of the random choices, to repeat them.

Options:
  --metal NAME  What it is made of.  [default: gold]
  --pause S     Pause after a toss.  [default: 0.0]
  --help        Show this message and exit.

Examples:
  netlab coin
  netlab coin --tosses 1000 --seed 4
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree that is netlab's, but for a new folder in experiments/ and a new line in the registry."""
    root = tmp_path_factory.mktemp("tree")
    (root / "netlab" / "experiments" / "chance").mkdir(parents=True)
    for there in PACKAGE.iterdir():
        if there.name not in ("experiments", "registry.py", "__pycache__"):
            (root / "netlab" / there.name).symlink_to(there)
    for there in (PACKAGE / "experiments").iterdir():
        if there.name != "__pycache__":
            (root / "netlab" / "experiments" / there.name).symlink_to(there)
    (root / "netlab" / "experiments" / "chance" / "coin.py").write_text(EXPERIMENT)
    registry = (PACKAGE / "registry.py").read_text()
    assert registry.count(FIRST) == 1
    (root / "netlab" / "registry.py").write_text(registry.replace(FIRST, FIRST + LINE))
    return root


def run(tree: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "netlab", *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "XDG_STATE_HOME": str(tree / "state"), **variables},
    )


def test_it_has_its_help_and_a_line_in_that_of_netlab(tree: Path) -> None:
    assert run(tree, "coin", "--help").stdout == HELP
    assert "  coin            Toss a coin\n" in run(tree, "--help").stdout


def test_it_runs_and_its_report_can_be_seen_again(tree: Path) -> None:
    shown = run(tree, "coin", "--tosses", "10", "--seed", "4")
    assert shown.returncode == 0, shown.stderr
    assert "Heads or tails" in shown.stdout and "✓ no more heads than tosses" in shown.stdout
    assert "Heads or tails" in run(tree, "runs", "show", "last").stdout


def test_it_gives_json(tree: Path) -> None:
    document = json.loads(run(tree, "coin", "--json", "--no-save", "--chance", "1").stdout)
    assert document["experiment"] == "coin"
    assert document["parameters"] == {"tosses": 100, "chance": 1.0, "metal": "gold", "pause_s": 0.0, "seed": 0}
    assert document["measurement"]["facts"][0]["value"] == 100


@pytest.mark.parametrize(
    ("words", "offered"),
    [("netlab coi", "coin"), ("netlab coin --tos", "--tosses"), ("netlab coin --metal s", "silver")],
)
def test_the_shell_completes_it(tree: Path, words: str, offered: str) -> None:
    done = run(tree, COMP_WORDS=words, COMP_CWORD=str(words.count(" ")), _NETLAB_COMPLETE="complete_bash")
    assert done.stdout.split() == [offered]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--tosses", "0"), "invalid value for '--tosses': 0 is not in the range 1<=x<=1000"),
        (("--metal", "tin"), "--metal tin: one of gold, silver"),
        (("--tosse", "3"), "there is no option '--tosse'"),
    ],
)
def test_what_is_wrong_is_said_in_words(tree: Path, words: tuple[str, ...], complaint: str) -> None:
    done = run(tree, "coin", *words)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, f"netlab: {complaint}")


BROKEN = """
from __future__ import annotations

from dataclasses import dataclass

from netlab.experiment import Experiment
from netlab.progress import Progress
from netlab.report.quantity import Draft, Measurement


@dataclass(frozen=True, slots=True)
class Parameters:
    tosses: int = 100


@dataclass(frozen=True, slots=True)
class OtherParameters:
    throws: int = 100


def measure(parameters: OtherParameters, progress: Progress) -> Measurement:
    return Draft().finish()


EXPERIMENT = Experiment(Parameters, measure)
RIGHT = Experiment(OtherParameters, measure)
"""


def test_mypy_sees_that_measure_does_not_take_the_parameters(tmp_path: Path) -> None:
    sample = tmp_path / "broken.py"
    sample.write_text(BROKEN)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--cache-dir", str(tmp_path), str(sample)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=PACKAGE.parent,
        env={**os.environ, "MYPYPATH": ""},
    )
    wrong = [line for line in done.stdout.splitlines() if ": error:" in line]
    number = BROKEN.splitlines().index("EXPERIMENT = Experiment(Parameters, measure)") + 1
    assert len(wrong) == 1, done.stdout + done.stderr
    assert wrong[0].startswith(f"{sample}:{number}: error:") and "OtherParameters" in wrong[0]
