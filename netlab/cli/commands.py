"""All commands: those of the registry, and those that are written by hand. Each is imported only when it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from netlab import registry

if TYPE_CHECKING:
    import typer


@dataclass(frozen=True, slots=True)
class Command:
    """A line of `netlab --help`, or of a group's. It is made from `experiment`; or `by_hand` is the function, or the
    Typer application, behind it, as "module:attribute".
    """

    name: str
    section: str
    help: str
    by_hand: str = ""
    experiment: str = ""


SECTIONS = ("Servers", "Clients", "On the wire", "Addresses", "Names and pages", "Worksheets", "This machine")

BY_HAND = (
    Command(
        "modes", "Servers", "What each mode is, and the source of its loop", "experiments.servers.commands.modes:modes"
    ),
    Command(
        "cidr",
        "Addresses",
        "Explain IP addresses; split, merge and look up prefixes",
        "experiments.addresses.commands.cidr:app",
    ),
    Command("mac", "Addresses", "Explain MAC addresses; vendors, neighbours", "experiments.addresses.commands.mac:app"),
    Command(
        "dns",
        "Names and pages",
        "DNS from the root to the answer, on a miniature Internet of your own",
        "experiments.dns.commands.dns:app",
    ),
    Command(
        "http",
        "Names and pages",
        "HTTP/1.1 byte by byte, against an origin of your own or any other",
        "experiments.http.commands.http:app",
    ),
    Command(
        "lab", "Worksheets", "Follow a worksheet: predict, run, observe, explain, check", "worksheets.commands.lab:app"
    ),
    Command("runs", "This machine", "What you have measured so far", "experiments.machine.commands.runs:app"),
)
"""Groups of commands, and what is no experiment."""

INSTEAD = {
    "tcp-server": "experiments.servers.commands.servers:start",
    "udp-server": "experiments.servers.commands.servers:start",
    "http-get": "experiments.http.commands.get:start",
    "cidr": "experiments.addresses.commands.calculated:start",
    "cidr-same-net": "experiments.addresses.commands.calculated:start",
    "mac": "experiments.addresses.commands.calculated:start",
}
"""What a command does in place of one run and its report."""


def _all() -> Iterator[Command]:
    for line in registry.EXPERIMENTS:
        if line.section:
            yield Command(line.name, line.section, line.help, experiment=line.name)
    yield from BY_HAND


_ORDER = {section: number for number, section in enumerate(SECTIONS)}
COMMANDS = tuple(sorted(_all(), key=lambda command: _ORDER.get(command.section, len(_ORDER))))


def of_group(group: str) -> tuple[Command, ...]:
    """The sub-commands of `group` that are made from experiments: dns-trace is `netlab dns trace`; the one that has the
    group's own name is its `address`.
    """
    return tuple(
        Command(line.name.removeprefix(group).strip("-") or "address", "Commands", line.help, experiment=line.name)
        for line in registry.EXPERIMENTS
        if line.group == group
    )


def load(command: Command) -> Callable[..., Any] | typer.Typer:
    """What Typer makes the command from."""
    if command.by_hand:
        by_hand: Callable[..., Any] | typer.Typer = _attribute(command.by_hand)
        return by_hand
    from netlab.cli import derive

    line = registry.find(command.experiment)
    instead = INSTEAD.get(line.name)
    return derive.command(line, line.load(), _attribute(instead) if instead else derive.run_and_show)


def _attribute(named: str) -> Any:
    module, _, attribute = named.partition(":")
    return getattr(import_module(f"netlab.{module}"), attribute)
