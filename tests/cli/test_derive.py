"""Commands made from experiments: what is written on the command line, and what the experiment is given."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import pytest
import typer

from netlab.cli import derive
from netlab.cli.click_parts import ClickException
from netlab.cli.derive import Given
from netlab.cli.help import as_command
from netlab.errors import UsageError
from netlab.experiment import Experiment, ExperimentName
from netlab.experiments.wire.options import Pcap
from netlab.notation import counts
from netlab.option import Argument, Option, leaves
from netlab.progress import Progress
from netlab.registry import EXPERIMENTS, Line
from netlab.report.quantity import Draft, Measurement


@dataclass(frozen=True, slots=True)
class Where:
    port: Annotated[int, Option("Port.", "N", 0, 65535, shown="")] = 0


@dataclass(frozen=True, slots=True)
class Parameters:
    urls: Annotated[tuple[str, ...], Argument("What to get.", "[URL]...", shown="")] = ("/",)
    where: Where = field(default_factory=Where)
    serve: Annotated[bool, Option("Stay up.")] = False
    share: Annotated[bool, Option("Share it.")] = True
    ipv6: Annotated[bool, Option("Ask by IPv6.", pair=True)] = False
    log: Annotated[bool, Option("No log.", name="--quiet", inverted=True)] = True
    idle: Annotated[tuple[int, ...], Option("How many.", "LIST", parse=counts)] = (0, 900)
    header: Annotated[tuple[str, ...], Option("A field.", "TEXT", short="-H")] = ()
    kind: Annotated[str, Option("Which.", "NAME", choices=("one", "two"))] = "one"
    pcap: Pcap = None
    unseen: int = 3


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    draft = Draft()
    draft.fact("failed", parameters.serve, "")
    return draft.finish()


def settle(parameters: Parameters, written: frozenset[str]) -> Parameters:
    if parameters.serve and "idle" in written:
        raise UsageError("--idle has no effect with --serve")
    return replace(parameters, unseen=4)


FAKE = Experiment(Parameters, measure, settle=settle, exit_code=lambda found: 4 if found.fact("failed").value else 0)
LINE = Line("fake", "fake", "A fake experiment")


def given(words: str, experiment: Experiment[Parameters] = FAKE) -> Given[Parameters]:
    """What the command line comes to."""
    seen: list[Given[Parameters]] = []

    def start(line: ExperimentName, experiment: Experiment[Parameters], told: Given[Parameters]) -> None:
        seen.append(told)

    command = as_command("fake", derive.command(LINE, experiment, start))
    command.main(shlex.split(words), prog_name="fake", standalone_mode=False)
    return seen[0]


def test_without_options_the_experiment_has_its_defaults() -> None:
    told = given("", replace(FAKE, settle=None))
    assert told == Given(Parameters(), frozenset(), (), as_json=False, plot=None, save=True)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("/a /b", {"urls": ("/a", "/b")}),
        ("--port 80", {"where": Where(80)}),
        ("--serve", {"serve": True}),
        ("--no-share", {"share": False}),
        ("--ipv6", {"ipv6": True}),
        ("--quiet", {"log": False}),
        ("--idle 1,2k", {"idle": (1, 2000)}),
        ("--header a:b -H c:d", {"header": ("a:b", "c:d")}),
        ("--kind two", {"kind": "two"}),
        ("--pcap x.pcap", {"pcap": Path("x.pcap")}),
    ],
)
def test_an_option_sets_its_field(words: str, wanted: dict[str, object]) -> None:
    assert given(words, replace(FAKE, settle=None)).parameters == replace(Parameters(), **wanted)  # type: ignore[arg-type]


def test_what_was_written_is_known_also_where_it_is_the_default() -> None:
    assert given("--port 0 --no-save --kind one").written == {"port", "save", "kind"}
    assert given("").parameters.unseen == 4
    with pytest.raises(UsageError, match="--idle has no effect"):
        given("--serve --idle 0,900")


@pytest.mark.parametrize("words", ["--port 65536", "--idle x", "--no-serve", "--unseen 3", "--share 1x --port"])
def test_what_the_options_do_not_allow_is_refused(words: str) -> None:
    with pytest.raises(ClickException):
        given(words)


def test_a_choice_is_one_of_those_there_are() -> None:
    with pytest.raises(UsageError, match="--kind three: one of one, two"):
        given("--kind three")


def test_the_report_is_shown_and_the_exit_code_is_the_experiments_own(capsys: pytest.CaptureFixture[str]) -> None:
    command = as_command("fake", derive.command(LINE, FAKE, derive.run_and_show))
    command.main(["--no-save", "--pcap", "x.pcap"], prog_name="fake", standalone_mode=False)
    shown = capsys.readouterr()
    assert "A fake experiment" in shown.out and shown.err == "frames in x.pcap\n"
    with pytest.raises(typer.Exit) as ended, command.make_context("fake", ["--serve", "--no-save"]) as context:
        command.invoke(context)
    assert ended.value.exit_code == 4


@pytest.mark.parametrize("line", EXPERIMENTS, ids=lambda line: line.name)
def test_every_experiment_says_what_its_command_tells(line: Line) -> None:
    experiment = line.load()
    assert experiment.parameters.__dataclass_params__.frozen
    if not line.section and not line.group:
        return  # another command runs it
    assert line.help and experiment.about and len(experiment.examples) >= 2
    names = [leaf.name for leaf in leaves(experiment.parameters)]
    assert len(names) == len(set(names)), "two options of one name"
