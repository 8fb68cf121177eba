"""`netlab dns cache`, `compare`, `transfer`, `bench`, `serve`: experiments on the miniature Internet, and the
Internet itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from netlab.cli import options
from netlab.cli.help import examples
from netlab.experiments.dns.commands import dns_options

SERVE = "Server"
Listen = Annotated[
    str | None, typer.Option("--listen", metavar="IP:PORT", help="Where the resolver is.", rich_help_panel=SERVE)
]
ResolverOnly = Annotated[
    bool, typer.Option("--resolver-only", help="No servers: resolve from --root.", rich_help_panel=SERVE)
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No query log.", rich_help_panel=SERVE)]
ServeFor = Annotated[
    float | None, typer.Option("--duration", metavar="S", min=0.01, help="End after S seconds.", rich_help_panel=SERVE)
]
Zone = Annotated[str, typer.Argument(metavar="[ZONE]", help="A zone of the miniature Internet with a primary.")]
BadIxfr = Annotated[bool, typer.Option("--bad-ixfr", help="A primary whose IXFR is no good.")]
Names = Annotated[int, typer.Option("--names", metavar="N", min=1, max=1_000_000, help="Resolutions a round.")]


@examples("netlab dns cache", "netlab dns cache www.163.com --json")
def cache(
    name: dns_options.Name = "my.xxsilence.net",
    rtype: dns_options.Type = "A",
    zones: dns_options.Zones = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Look a name up as a browser does: which layer remembers it, and for how long.

    Browser, system, router, ISP, iteration: first, again, and after it expired.
    """
    from netlab.experiments.dns.layered_cache import Parameters

    _run("dns-cache", Parameters(name, rtype, zones, seed), locals())


@examples("netlab dns compare", "netlab dns compare www.deep.test --rounds 50")
def compare(
    name: dns_options.Name = "my.xxsilence.net",
    rtype: dns_options.Type = "A",
    rounds: dns_options.Rounds = 20,
    zones: dns_options.Zones = None,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Recursive against iterative: who sends how many messages; cold against warm."""
    from netlab.experiments.dns.recursion_cost import Parameters

    _run("dns-compare", Parameters(name, rtype, rounds, zones, seed), locals())


@examples("netlab dns transfer", "netlab dns transfer xxsilence.net --bad-ixfr")
def transfer(
    zone: Zone = "xxsilence.net",
    bad_ixfr: BadIxfr = False,
    zones: dns_options.Zones = None,
    as_json: options.Json = False,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Copy a zone from its primary to a secondary, change it, and follow the change.

    AXFR, NOTIFY, IXFR; then the primary goes away: refresh, retry, expire.
    """
    from netlab.experiments.dns.transfer import Parameters

    _run("dns-transfer", Parameters(zone, bad_ixfr, zones, seed), locals())


@examples("netlab dns bench", "netlab dns bench my.xxsilence.net --names 5000 --rounds 5")
def bench(
    name: dns_options.Name = "my.xxsilence.net",
    rtype: dns_options.Type = "A",
    names: Names = 1000,
    rounds: dns_options.Rounds = 3,
    as_json: options.Json = False,
    plot: options.Plot = None,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """How many names a second: cold and warm, and the queries each of them takes."""
    from netlab.experiments.dns.bench import Parameters

    _run("dns-bench", Parameters(name, rtype, names, rounds, seed), locals())


@examples(
    "netlab dns serve",
    "netlab dns serve --zones my-zones",
    "netlab dns serve --resolver-only --root 127.0.0.1 --port 5300",
)
def serve(
    listen: Listen = None,
    resolver_only: ResolverOnly = False,
    quiet: Quiet = False,
    duration: ServeFor = None,
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
    as_json: options.Json = False,
    save: options.Save = True,
    seed: options.Seed = None,
) -> None:
    """Run the miniature Internet and a recursive resolver until Ctrl-C, with a query log."""
    given = locals()
    from netlab.cli.live import log_lines
    from netlab.cli.output import present
    from netlab.errors import UsageError
    from netlab.experiments.dns.serve import Parameters
    from netlab.registry import find
    from netlab.runner import run

    if (root or root_hints or live) and not resolver_only:
        raise UsageError("--root, --root-hints and --live are for --resolver-only")
    if resolver_only and not (root or root_hints or live):
        raise UsageError("--resolver-only needs to know where the root is", "--root IP, --root-hints FILE or --live")
    if resolver_only and zones is not None:
        raise UsageError("--resolver-only serves no --zones")
    at = dns_options.ip_and_port(listen, 5353) if listen else None
    parameters = Parameters(
        **dns_options.origin_of(given),
        listen_host=at.host if at else None,
        listen_port=at.port if at else None,
        resolver_only=resolver_only,
        log=not quiet,
        duration_s=duration,
    )
    with log_lines() as progress:
        report = run(line := find("dns-serve"), line.load(), parameters, seed=seed, save=save, progress=progress)
    present(report, as_json=as_json)


def _run(experiment: str, parameters: Any, given: dict[str, Any]) -> None:
    from netlab.cli.output import present, progress_bar
    from netlab.registry import find
    from netlab.runner import run

    with progress_bar() as progress:
        report = run(line := find(experiment), line.load(), parameters, save=given["save"], progress=progress)
    present(report, as_json=given["as_json"], plot=given.get("plot"))
