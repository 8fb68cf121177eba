"""The root of the command line: a literal table of commands, each imported only when it is called."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated, NoReturn

import typer
from typer._click.core import Command as AnyCommand
from typer._click.core import Context
from typer._click.exceptions import NoArgsIsHelpError
from typer._click.formatting import HelpFormatter
from typer._click.shell_completion import CompletionItem
from typer.core import TyperOption
from typer.main import get_command

from netlab.cli import failures
from netlab.cli.help import Group, as_command, examples


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: the command, the function (or Typer application) it is, what it is for, and its help."""

    name: str
    module: str
    attribute: str
    section: str
    help: str


COMMANDS: tuple[Line, ...] = (
    Line(
        "tcp-server",
        "experiments.servers.commands.servers",
        "tcp_server",
        "Servers",
        "Run a TCP echo server in one of its modes, and measure it",
    ),
    Line("udp-server", "experiments.servers.commands.servers", "udp_server", "Servers", "The same for UDP"),
    Line(
        "tcp-compare",
        "experiments.servers.commands.servers",
        "tcp_compare",
        "Servers",
        "TCP modes side by side: which waits best, and where",
    ),
    Line("udp-compare", "experiments.servers.commands.servers", "udp_compare", "Servers", "UDP modes side by side"),
    Line(
        "modes",
        "experiments.servers.commands.modes",
        "modes",
        "Servers",
        "What each mode is, and the source of its loop",
    ),
    Line(
        "tcp-client",
        "experiments.servers.commands.clients",
        "tcp_client",
        "Clients",
        "Load any TCP echo server, and measure it from outside",
    ),
    Line(
        "udp-client",
        "experiments.servers.commands.clients",
        "udp_client",
        "Clients",
        "The same for UDP: loss, reordering, duplicates",
    ),
    Line(
        "journey",
        "experiments.journey.commands.journey",
        "journey",
        "On the wire",
        "Lecture 1: from the address bar to the shop, hop by hop",
    ),
    Line(
        "tcp-handshake",
        "experiments.tcp.commands.two_hosts",
        "tcp_handshake",
        "On the wire",
        "How a connection is opened, in four views",
    ),
    Line(
        "tcp-teardown",
        "experiments.tcp.commands.two_hosts",
        "tcp_teardown",
        "On the wire",
        "How it ends: four-way, at once, by reset, by one side",
    ),
    Line(
        "tcp-states",
        "experiments.tcp.commands.two_hosts",
        "tcp_states",
        "On the wire",
        "All eleven states, reached and seen",
    ),
    Line(
        "tcp-backlog",
        "experiments.tcp.commands.two_hosts",
        "tcp_backlog",
        "On the wire",
        "The two queues of listen(), filled until they turn away",
    ),
    Line(
        "tcp-limits",
        "experiments.limits.commands.limits",
        "tcp_limits",
        "On the wire",
        "How many connections: ports, descriptors, a million",
    ),
    Line(
        "tcp-retransmit",
        "experiments.tcp.commands.two_hosts",
        "tcp_retransmit",
        "On the wire",
        "Loss: what is sent again, when, and how it is noticed",
    ),
    Line(
        "tcp-flow",
        "experiments.tcp.commands.flow",
        "tcp_flow",
        "On the wire",
        "A reader that stops: the window, probes, and who waits",
    ),
    Line(
        "tcp-nagle",
        "experiments.tcp.commands.nagle",
        "tcp_nagle",
        "On the wire",
        "Small writes: who waits for whom, and the remedies",
    ),
    Line(
        "tcp-congestion",
        "experiments.tcp.commands.congestion",
        "tcp_congestion",
        "On the wire",
        "reno, cubic, bbr over one bottleneck",
    ),
    Line(
        "udp-behaviour",
        "experiments.udp.commands.behaviour",
        "udp_behaviour",
        "On the wire",
        "What UDP promises, and what it does not",
    ),
    Line(
        "capture",
        "experiments.packets.commands.packets",
        "capture",
        "On the wire",
        "What a command sends and receives, without root",
    ),
    Line(
        "dissect",
        "experiments.packets.commands.packets",
        "dissect",
        "On the wire",
        "Take packets apart: every header, every field, as boxes",
    ),
    Line(
        "cidr",
        "experiments.addresses.commands.cidr",
        "app",
        "Addresses",
        "Explain IP addresses; split, merge and look up prefixes",
    ),
    Line("mac", "experiments.addresses.commands.mac", "app", "Addresses", "Explain MAC addresses; vendors, neighbours"),
    Line(
        "dns",
        "experiments.dns.commands.dns",
        "app",
        "Names and pages",
        "DNS from the root to the answer, on a miniature Internet of your own",
    ),
    Line(
        "http",
        "experiments.http.commands.http",
        "app",
        "Names and pages",
        "HTTP/1.1 byte by byte, against an origin of your own or any other",
    ),
    Line(
        "lab",
        "worksheets.commands.lab",
        "app",
        "Worksheets",
        "Follow a worksheet: predict, run, observe, explain, check",
    ),
    Line(
        "doctor",
        "experiments.machine.commands.doctor",
        "doctor",
        "This machine",
        "What this machine can do, and how to get what it lacks",
    ),
    Line("runs", "experiments.machine.commands.runs", "app", "This machine", "What you have measured so far"),
)


class Root(Group):
    """`netlab`: looks its commands up in the table."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Their names, in the order of the table."""
        return [line.name for line in COMMANDS]

    def get_command(self, ctx: Context, cmd_name: str) -> AnyCommand | None:
        """Import the file of this one command."""
        for line in COMMANDS:
            if line.name == cmd_name:
                target = getattr(import_module(f"netlab.{line.module}"), line.attribute)
                return as_command(line.name, target)
        return None

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
