"""`netlab dns`: trace, reverse, query, cache, compare, transfer, bench, serve. Thin: options in, one experiment, its
report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from netlab.cli import options
from netlab.cli.help import Command, Group, examples
from netlab.experiments.dns.commands import dns_options, miniature

if TYPE_CHECKING:
    from netlab.report.record import Report

COURSE_NAME = "my.xxsilence.net"  # lecture 1
app = typer.Typer(cls=Group, rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
@examples("netlab dns trace", "netlab dns serve", "netlab dns trace www.163.com --json")
def dns() -> None:
    """DNS from the root to the answer, on a miniature Internet on this machine.

    Exit codes: 0 NOERROR, 5 NXDOMAIN, 6 SERVFAIL, 7 another rcode; 1 a check
    failed, 2 bad input, 3 this machine lacks something, 4 no reply.
    """


@app.command(cls=Command, short_help="A name from the root to the answer, every step of it")
@examples("netlab dns trace", "netlab dns trace www.deep.test --qmin", "netlab dns trace example.com --live")
def trace(
    name: dns_options.Name = COURSE_NAME,
    rtype: dns_options.Type = "A",
    reverse_of: dns_options.Reverse = None,
    batch: dns_options.Batch = None,
    root: dns_options.Roots = None,
    root_hints: dns_options.RootHints = None,
    live: dns_options.Live = False,
    zones: dns_options.Zones = None,
    port: dns_options.Port = None,
    tcp: dns_options.Tcp = False,
    timeout: dns_options.Timeout = 1.0,
    max_queries: dns_options.MaxQueries = 100,
    ipv6: dns_options.Ipv6 = False,
    qmin: dns_options.Qmin = False,
    all_paths: dns_options.AllPaths = False,
    cache: dns_options.KeepCache = False,
    as_json: options.Json = False,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Resolve a name from the root, and show every step and why it was taken.

    Exit codes: 0 NOERROR, 5 NXDOMAIN, 6 SERVFAIL, 7 another rcode.
    """
    given = locals()
    from netlab.errors import UsageError
    from netlab.experiments.dns.trace import ptr_question

    if reverse_of is not None and (batch is not None or name != COURSE_NAME):
        raise UsageError(f"-x and {'--batch' if batch is not None else 'NAME'} exclude each other")
    if batch is not None and name != COURSE_NAME:
        raise UsageError("--batch and NAME exclude each other: the names are in the file")
    questions = [f"{name} {rtype}"]
    if batch is not None:
        from netlab.experiments.dns.commands.batch import read

        questions = read(batch, rtype)
    elif reverse_of is not None:
        questions = [ptr_question(reverse_of)]
    _trace(questions, given)


@app.command(cls=Command, short_help="The name of an IP address, traced the same way")
@examples("netlab dns reverse 192.0.2.80", "netlab dns reverse 2001:db8::80 --json")
def reverse(
    address: dns_options.Address,
    root: dns_options.Roots = None,
    root_hints: dns_options.RootHints = None,
    live: dns_options.Live = False,
    zones: dns_options.Zones = None,
    port: dns_options.Port = None,
    tcp: dns_options.Tcp = False,
    timeout: dns_options.Timeout = 1.0,
    max_queries: dns_options.MaxQueries = 100,
    ipv6: dns_options.Ipv6 = False,
    qmin: dns_options.Qmin = False,
    all_paths: dns_options.AllPaths = False,
    as_json: options.Json = False,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Find the name of an IP address: PTR through in-addr.arpa or ip6.arpa, traced.

    Exit codes: 0 NOERROR, 5 NXDOMAIN, 6 SERVFAIL, 7 another rcode.
    """
    given = locals()
    from netlab.experiments.dns.trace import ptr_question

    _trace([ptr_question(address)], given)


def _trace(questions: list[str], given: dict[str, Any]) -> None:
    from netlab.cli.output import present, progress_bar
    from netlab.experiments.dns.trace import Parameters
    from netlab.registry import find
    from netlab.runner import run

    parameters = Parameters(**dns_options.origin_of(given), questions=tuple(questions), cache=given.get("cache", False))
    with progress_bar() as progress:
        report = run(
            line := find("dns-trace"),
            line.load(),
            parameters,
            seed=given["seed"],
            save=given["save"],
            progress=progress,
        )
    present(report, as_json=given["as_json"])
    raise typer.Exit(_worst(report))


@app.command(cls=Command, short_help="Ask a resolver; the answer as dig shows it")
@examples("netlab dns query my.xxsilence.net", "netlab dns query example.com MX --server 192.0.2.53")
def query(
    name: dns_options.NeededName,
    rtype: dns_options.Type = "A",
    server: dns_options.At = None,
    zones: dns_options.Zones = None,
    tcp: dns_options.Tcp = False,
    timeout: dns_options.Timeout = 5.0,
    as_json: options.Json = False,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Ask a resolver one recursive question, and show its answer as dig does.

    Exit codes: 0 NOERROR, 5 NXDOMAIN, 6 SERVFAIL, 7 another rcode, 4 no reply.
    """
    from netlab.cli.output import present, progress_bar
    from netlab.errors import UsageError
    from netlab.experiments.dns.query import Parameters
    from netlab.registry import find
    from netlab.runner import run

    at = dns_options.ip_and_port(server) if server else None
    if at is not None and zones is not None:
        raise UsageError("--server and --zones exclude each other")
    parameters = Parameters(
        name, rtype, at.host if at else None, at.port if at else None, zones, tcp, timeout, seed
    )  # fmt: skip
    with progress_bar() as progress:
        report = run(line := find("dns-query"), line.load(), parameters, save=save, progress=progress)
    present(report, as_json=as_json)
    raise typer.Exit(_worst(report))


def _worst(report: Report) -> int:
    """The exit code of the worst answer in a report; 130 where Ctrl-C came before there was any."""
    from netlab.cli.failures import INTERRUPTED
    from netlab.experiments.dns.exit_codes import worst_exit_code

    code = worst_exit_code(report.measurement)
    return code if code is not None else INTERRUPTED if report.interrupted else 0


for _command, _short in (
    (miniature.cache, "Which layer remembers a name: browser, system, router, ISP"),
    (miniature.compare, "Recursive against iterative, cold against warm"),
    (miniature.transfer, "A zone from its primary to its secondary"),
    (miniature.bench, "How many names a second"),
    (miniature.serve, "The miniature Internet and a resolver, for dig and others"),
):
    app.command(cls=Command, short_help=_short)(_command)
