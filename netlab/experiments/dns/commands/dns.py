"""`netlab dns`: the group of the DNS commands, which are made from their experiments."""

from __future__ import annotations

import typer

from netlab.cli.commands import Command, of_group
from netlab.cli.help import examples
from netlab.cli.subcommands import TableGroup

_TRACE, *_OTHERS = of_group("dns")


class DnsGroup(TableGroup):
    subs = (
        _TRACE,
        Command(
            "reverse",
            "Commands",
            "The name of an IP address, traced the same way",
            by_hand="experiments.dns.commands.reverse:reverse",
        ),
        *_OTHERS,
    )


app = typer.Typer(cls=DnsGroup, rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
@examples("netlab dns trace", "netlab dns serve", "netlab dns trace www.163.com --json")
def dns() -> None:
    """DNS from the root to the answer, on a miniature Internet on this machine.

    Exit codes: 0 NOERROR, 5 NXDOMAIN, 6 SERVFAIL, 7 another rcode; 1 a check
    failed, 2 bad input, 3 this machine lacks something, 4 no reply.
    """
