"""The root of the command line: commands from the registry and by hand, each imported only when it is called."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from typing import Annotated, NoReturn

import typer

from netlab.cli import failures
from netlab.cli.click_parts import (
    AnyCommand,
    CompletionItem,
    Context,
    HelpFormatter,
    NoArgsIsHelpError,
    TyperOption,
    get_command,
)
from netlab.cli.commands import COMMANDS, load
from netlab.cli.help import Group, as_command, examples


class Root(Group):
    """`netlab`: looks its commands up in the table."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Their names, in the order of the table."""
        return [line.name for line in COMMANDS]

    def get_command(self, ctx: Context, cmd_name: str) -> AnyCommand | None:
        """Import the file of this one command."""
        return next((as_command(line.name, load(line)) for line in COMMANDS if line.name == cmd_name), None)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, AnyCommand | None, list[str]]:
        """As in Click, but an unknown command is answered with the nearest one there is."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-"):
            near = get_close_matches(args[0], names, 1)
            raise failures.UsageError(
                f"there is no command '{args[0]}'", f"netlab {near[0]}" if near else "netlab --help lists them"
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """The table, section by section, without importing any of it."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for line in COMMANDS:
            sections.setdefault(line.section, []).append((line.name, line.help))
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Names and help from the table: pressing Tab must not import every command."""
        if incomplete.startswith("-"):
            return super(Group, self).shell_complete(ctx, incomplete)
        return [CompletionItem(line.name, help=line.help) for line in COMMANDS if line.name.startswith(incomplete)]


def _show_version(wanted: bool) -> None:
    if wanted:
        from netlab import __version__

        print(f"netlab {__version__}")
        raise typer.Exit


app = typer.Typer(cls=Root, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
@examples("netlab tcp-server --mode epoll", "netlab tcp-compare --modes select,epoll --idle 0,100,900")
def root(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Run the network-protocols course on your own machine: real sockets, and every number measured."""


def command() -> Group:
    """The whole command tree, as Click sees it."""
    root_command = get_command(app)
    assert isinstance(root_command, Root)
    for param in root_command.params:
        if isinstance(param, TyperOption) and param.name == "show_completion":
            param.help = "Show that completion instead."  # Typer's own words take two lines
    return root_command


def run() -> NoReturn:
    """Entry point: do what the command line says and exit with the code of errors.py."""
    sys.exit(failures.guarded(_main))


def _main() -> int:
    tree = command()
    if "_NETLAB_COMPLETE" in os.environ:  # a shell is asking what could come next
        tree.main(prog_name="netlab")
    try:
        with tree.make_context("netlab", sys.argv[1:]) as context:
            tree.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    except NoArgsIsHelpError as error:
        print(error.ctx.get_help() if error.ctx else "")
    return 0
