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
    Context,
    NoArgsIsHelpError,
    TyperOption,
    get_command,
)
from netlab.cli.commands import COMMANDS
from netlab.cli.help import Group, examples
from netlab.cli.subcommands import TableGroup


class Root(TableGroup):
    """`netlab`."""

    subs = COMMANDS

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, AnyCommand | None, list[str]]:
        """As in Click, but an unknown command is answered with the nearest one there is."""
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-"):
            near = get_close_matches(args[0], names, 1)
            raise failures.UsageError(
                f"there is no command '{args[0]}'", f"netlab {near[0]}" if near else "netlab --help lists them"
            )
        return super().resolve_command(ctx, args)


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
