"""Help: 80 columns, words for every option, two examples that work, and no change that nobody has seen.

`UPDATE_SNAPSHOTS=1 make test` accepts the help texts as they are now.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from netlab.cli import app
from netlab.cli.click_parts import AnyCommand as Command
from netlab.cli.click_parts import Context, TyperGroup, TyperOption
from netlab.cli.commands import COMMANDS as TABLE
from netlab.cli.help import examples_of

SNAPSHOTS = Path(__file__).parent / "snapshots"


def _tree() -> Iterator[tuple[str, Command, Context]]:
    """Every command there is, by its full name."""
    root = app.command()
    context = Context(root, info_name="netlab")
    yield "netlab", root, context
    for line in TABLE:
        found = root.get_command(context, line.name)
        assert found is not None
        yield from _walk(found, Context(found, info_name=line.name, parent=context))


def _walk(command: Command, context: Context) -> Iterator[tuple[str, Command, Context]]:
    yield context.command_path, command, context
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from _walk(child, Context(child, info_name=name, parent=context))


COMMANDS = list(_tree())
NAMES = [path for path, _, _ in COMMANDS]
every_command = pytest.mark.parametrize(("path", "command", "context"), COMMANDS, ids=NAMES)


@every_command
def test_help_has_not_changed_unseen(path: str, command: Command, context: Context) -> None:
    text = command.get_help(context) + "\n"
    file = SNAPSHOTS / f"{path.replace(' ', '_')}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text)
    assert file.exists() and text == file.read_text(), f"{file.name} differs; UPDATE_SNAPSHOTS=1 accepts the new text"


@every_command
def test_help_fits_a_terminal(path: str, command: Command, context: Context) -> None:
    lines = command.get_help(context).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 60


@every_command
def test_every_option_has_words(path: str, command: Command, context: Context) -> None:
    for param in command.get_params(context):
        assert getattr(param, "help", None), f"{path} {param.name}"
        if isinstance(param, TyperOption):
            assert all(option.startswith("-") for option in param.opts)


@every_command
def test_help_ends_with_two_examples_that_can_be_typed(path: str, command: Command, context: Context) -> None:
    lines = examples_of(command)
    assert len(lines) >= 2, f"{path} has {len(lines)} examples"
    assert command.get_help(context).splitlines()[-len(lines) :] == [f"  {line}" for line in lines]
    root = app.command()
    for line in lines:
        words = shlex.split(line.split("|")[0].split(">")[0].split("$(")[0])
        if "netlab" not in words:
            continue
        words = words[words.index("netlab") + 1 :]
        _parses(root, words)


def _parses(root: TyperGroup, words: list[str]) -> None:
    """The words are a command line that is understood; nothing is run."""
    known = {path.split()[1] for path in NAMES if " " in path}
    if words and not words[0].startswith("-") and words[0] not in known:
        return  # a command of a part that is not built yet
    context: Context | None = None
    command: Command = root
    name = "netlab"
    while True:
        context = command.make_context(name, list(words), parent=context)
        rest = [*context._protected_args, *context.args]
        if not isinstance(command, TyperGroup) or not rest:
            return
        name, child, words = command.resolve_command(context, rest)  # type: ignore[assignment]
        assert child is not None
        command = child


def test_no_snapshot_is_left_over() -> None:
    assert {file.stem for file in SNAPSHOTS.glob("*.txt")} == {name.replace(" ", "_") for name in NAMES}
