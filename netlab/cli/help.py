"""How help looks: plain text, 80 columns, a screen, options in groups, two examples at the end.

A command says its examples once, beside its function:

    @examples("netlab tcp-server --mode epoll", "netlab tcp-server --mode select --idle 900 --json")
    def tcp_server(mode: Mode = "epoll", as_json: Json = False) -> None:
        \"\"\"Run a TCP echo server, load it, and report what was measured.\"\"\"

Options with `rich_help_panel="Load"` are listed under that heading. Rich itself is not used here: importing it would
cost more than printing the help.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

import typer

from netlab.cli.click_parts import AnyCommand, Context, HelpFormatter, TyperCommand, TyperGroup, get_command

# "[x>=1]" is Click's way to say that a number of connections is positive. An error says it where it matters.
_BOUNDS = re.compile(r"  \[(?:[\d.]+<=?)?x[<>]=?[\d.]+\]|; (?:[\d.]+<=?)?x[<>]=?[\d.]+(?=[;\]])")

Function = TypeVar("Function")  # not bound to Callable, whose … is Any


def examples(*lines: str) -> Callable[[Function], Function]:
    """Give a command its examples: whole command lines, shown at the end of its help."""

    def attach(function: Function) -> Function:
        function.__dict__["examples"] = lines
        return function

    return attach


def subcommand(
    app: typer.Typer, name: str | None = None, short_help: str | None = None
) -> Callable[[Function], Function]:
    """Add a function to `app` as a `Command`. Typer's own decorators have no type but Any."""

    def add(function: Function) -> Function:
        app.command(name, cls=NetlabCommand, short_help=short_help)(cast("Callable[..., object]", function))
        return function

    return add


class NetlabCommand(TyperCommand):
    """A command whose help groups its options and ends with its examples."""

    def collect_usage_pieces(self, ctx: Context) -> list[str]:
        """Arguments by their names alone: Typer writes {HOST:PORT}, which no manual page does."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Read the options, and refuse "nan": Click lets it through every range, as it is neither below nor above."""
        rest = super().parse_args(ctx, args)
        for param in self.get_params(ctx):
            value = ctx.params.get(param.name or "")
            if isinstance(value, float) and math.isnan(value):
                raise typer.BadParameter("nan is no number", ctx=ctx, param=param)
        return rest

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Arguments first, then the options, panel by panel in the order of their first option; --help comes last."""
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The examples, each on a line of its own."""
        _write_examples(self, formatter)


class Group(TyperGroup):
    """A command with sub-commands, its help in the same style."""

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """As in a command, and the sub-commands between arguments and options."""
        self.format_commands(ctx, formatter)
        _write_options(self, ctx, formatter)

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The examples, each on a line of its own."""
        _write_examples(self, formatter)


def as_command(name: str, target: Callable[..., Any] | typer.Typer) -> TyperCommand | TyperGroup:
    """The Click command made from a function with Annotated options, or from a Typer application of sub-commands."""
    if isinstance(target, typer.Typer):
        command = get_command(target)
    else:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, cls=NetlabCommand, help=inspect.getdoc(target))(target)
        command = get_command(app)
    assert isinstance(command, (TyperCommand, TyperGroup))
    command.name = name
    return command


def _write_options(command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    sections: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is None:
            continue
        default = "Arguments" if param.param_type_name == "argument" else "Options"
        name, text = record
        heading = getattr(param, "rich_help_panel", None) or default
        sections.setdefault(heading, []).append((name, _BOUNDS.sub("", text)))
    if "Options" in sections:
        sections["Options"] = sections.pop("Options")
    for heading, records in sections.items():
        with formatter.section(heading):
            formatter.write_dl(records)


def examples_of(command: AnyCommand) -> tuple[str, ...]:
    """The command lines that `@examples` gave to the function behind `command`."""
    return getattr(inspect.unwrap(command.callback), "examples", ()) if command.callback else ()


def _write_examples(command: TyperCommand | TyperGroup, formatter: HelpFormatter) -> None:
    lines = examples_of(command)
    if lines:
        with formatter.section("Examples"):
            for line in lines:
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")
