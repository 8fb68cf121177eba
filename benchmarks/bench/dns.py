"""DNS: cold resolution against a plain loop of dnspython's `dns.query.udp`, and warm answers against NSD.

Both sides of each comparison ask the same servers, round by round in turn: the miniature Internet in a process of its
own. Warm answers are asked for by our own closed loop (netlab/dns/transport/volley.py) and, where it is installed, by
dnsperf, which is quicker and so the better judge. NSD is Debian's, with the same record and, like ours, one process.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.query

from netlab.dns import message
from netlab.dns.cache import Cache
from netlab.dns.iterate import Resolution
from netlab.dns.loop import Loop
from netlab.dns.message import RD
from netlab.dns.mini_internet import MiniInternet, ResolverProcess
from netlab.dns.names import from_text
from netlab.dns.records import NOERROR, A
from netlab.dns.resolver import Resolver, ResolverPolicy
from netlab.dns.topology import EMBEDDED
from netlab.dns.transport import Upstream, Where, volley
from netlab.errors import NetlabError

from .processes import RowError
from .ratios import Target, spread, verdict
from .rounds import Placement, Settings
from .table import Result, number

Say = Callable[[str], None]
Way = Callable[[float], float]  # for so many seconds; gives names a second

NAME = "my.xxsilence.net."
ADDRESS = "192.0.2.80"
QUERIES = 3  # from the root to the answer
PLAIN, NSD = "dns.query.udp, three times", "NSD"
HEADINGS = ("who", "names/s", "ratio", "min–max", "target", "met")


def cold(settings: Settings, placement: Placement, say: Say) -> Result:
    """Iterative resolution, one name after the other.

    One query is under way at a time, so whoever asks and whoever answers never work at once: they share a CPU. On two,
    most of what one measures is how long it takes to wake the other up.
    """
    result = Result("DNS, cold: three upstream queries a name, ratio to a plain loop of dnspython", HEADINGS)
    target = Target("≥ 2", 2.0)
    with _servers(placement.load, placement.load) as net:
        loop = Loop()
        upstream = Upstream(loop)
        try:
            ways: dict[str, Way] = {
                PLAIN: lambda seconds: _timed(seconds, lambda: _plain(net)),
                "netlab, cache off": _ours(net, loop, upstream, remember=False),
                "netlab, cache on": _ours(net, loop, upstream, remember=True),
            }
            _compare(result, ways, PLAIN, target, settings, say)
        finally:
            upstream.close()
            loop.close()
    return result


def warm(settings: Settings, placement: Placement, say: Say) -> Result:
    """A recursive resolver's answer from its cache over UDP, beside an authoritative answer of NSD."""
    result = Result("DNS, warm: one record over UDP, ratio to NSD's authoritative answer", HEADINGS)
    if shutil.which("nsd") is None:
        raise RowError("NSD is not installed (apt install nsd)")
    query = message.write_query(1, from_text(NAME), A, flags=RD, udp_size=1232)
    with _servers(placement.server, placement.load) as net, ResolverProcess(net) as resolver, _nsd(placement) as nsd:
        os.sched_setaffinity(resolver.pid, {placement.server})
        judges: dict[str, Callable[[Where, float], float]] = {
            "16 queries under way": lambda where, seconds: _volley(where, query, seconds, 16),
            "1 query under way": lambda where, seconds: _volley(where, query, seconds, 1),
        }
        if shutil.which("dnsperf"):
            judges = {"dnsperf": _dnsperf, **judges}
        else:
            result.notes.append("dnsperf is not installed: it is the quicker load generator, and the better judge")
        for judge, ask in judges.items():
            ground = f"{NSD}, {judge}"
            ways: dict[str, Way] = {
                ground: lambda seconds, ask=ask: ask(nsd, seconds),  # type: ignore[misc]
                f"netlab resolver, {judge}": lambda seconds, ask=ask: ask(resolver.where, seconds),  # type: ignore[misc]
            }
            _compare(result, ways, ground, Target("≥ 0.5", 0.5), settings, say)
    return result


def _compare(result: Result, ways: dict[str, Way], ground: str, target: Target, settings: Settings, say: Say) -> None:
    """All ways in each round, in a new order; ratios within a round: what disturbs the machine disturbs all."""
    for way in ways.values():
        way(settings.warmup_s)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    order, shuffler = list(ways), random.Random(1)
    for turn in range(settings.rounds):
        say(f"{result.title[:9]}: {ground}, round {turn + 1}/{settings.rounds}")
        shuffler.shuffle(order)
        for name in order:
            rates[name].append(ways[name](settings.slice_s))
    for name, found in rates.items():
        ratios = spread([rate / base for rate, base in zip(found, rates[ground], strict=True)])
        judged = name != ground
        result.rows.append(
            (
                name,
                number(statistics.median(found)),
                number(ratios.middle),
                f"{ratios.smallest:.2f}–{ratios.largest:.2f}" if judged else "",
                target.text if judged else "",
                verdict(ratios, target) if judged else "",
            )
        )
    result.raw.update({name: {"per_second": found} for name, found in rates.items()})


def _timed(seconds: float, once: Callable[[], None]) -> float:
    count, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds or not count:
        once()
        count += 1
    return count / elapsed


def _plain(net: MiniInternet) -> None:
    """Three queries by dns.query.udp, following referral and glue by hand."""
    server = net.roots[0][1]
    for _ in range(QUERIES):
        reply = dns.query.udp(dns.message.make_query(NAME, "A", use_edns=0), server, timeout=5, port=net.port)
        if reply.answer:
            break
        server = reply.additional[0][0].address
    if reply.answer[0][0].address != ADDRESS:
        raise RowError(f"dnspython found {reply.answer}")


def _ours(net: MiniInternet, loop: Loop, upstream: Upstream, remember: bool) -> Way:
    """The same by netlab. With the cache on it is looked into and filled each time, and then made to forget: only so
    are there three queries. With it off, nothing can be put into it."""
    resolver = Resolver(net.hints, random.SystemRandom(), ResolverPolicy(port=net.port))
    name = from_text(NAME)

    def once() -> None:
        if remember:
            resolver.cache.clear()
        else:
            resolver.cache = Cache(max_entries=0)
        resolution = Resolution(resolver, name, A, loop.now_s())
        answer = upstream.resolve(resolution.run())
        if answer.rcode != NOERROR or resolution.sent != QUERIES:
            raise RowError(f"rcode {answer.rcode} after {resolution.sent} queries")

    return lambda seconds: _timed(seconds, once)


def _volley(where: Where, query: bytes, seconds: float, under_way: int) -> float:
    """Some to learn how many fit into the time, and then so many."""
    trial = volley(where, [query], 200, under_way)
    count = max(200, int(seconds * trial.answered / trial.seconds))
    found = volley(where, [query], count, under_way)
    if found.lost:
        raise RowError(f"{found.lost} queries were not answered")
    return found.answered / found.seconds


def _dnsperf(where: Where, seconds: float) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(f"{NAME} A\n")
        file.flush()
        command = ["dnsperf", "-s", where[0], "-p", str(where[1]), "-d", file.name, "-l", str(seconds), "-c", "1"]
        said = subprocess.run([*command, "-q", "50", "-e"], capture_output=True, text=True, check=False)
    found = re.search(r"Queries per second:\s+([\d.]+)", said.stdout)
    if found is None:
        raise RowError(f"dnsperf: {said.stderr.strip() or said.stdout.strip()}")
    return float(found[1])


@contextmanager
def _servers(server: int, load: int) -> Iterator[MiniInternet]:
    """The miniature Internet on one CPU, this process on another; and back where it was at the end."""
    allowed = os.sched_getaffinity(0)
    try:
        with MiniInternet() as net:
            os.sched_setaffinity(net.pid, {server})
            os.sched_setaffinity(0, {load})
            yield net
    except NetlabError as error:
        raise RowError(error.message) from None
    finally:
        os.sched_setaffinity(0, allowed)


@contextmanager
def _nsd(placement: Placement) -> Iterator[Where]:
    """NSD with xxsilence.net on 127.0.0.1 and a free port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        where: Where = free.getsockname()
    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder, "nsd.conf")
        conf.write_text(
            f"server:\n ip-address: {where[0]}@{where[1]}\n zonesdir: {folder}\n pidfile: {folder}/pid\n"
            f' database: ""\n xfrdfile: {folder}/xfrd\n zonelistfile: {folder}/list\n username: ""\n'
            " server-count: 1\n rrl-ratelimit: 0\nremote-control:\n control-enable: no\n"
            f"zone:\n name: xxsilence.net\n zonefile: {EMBEDDED}/xxsilence.net.zone\n"
        )
        command = ["taskset", "-c", str(placement.server), "nsd", "-d", "-c", str(conf)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            query = message.write_query(1, from_text(NAME), A, udp_size=1232)
            for _ in range(300):  # half a minute, on a busy machine
                if volley(where, [query], 1).answered:
                    break
                time.sleep(0.1)
            else:
                raise RowError("NSD did not start")
            yield where
        finally:
            process.terminate()
            process.wait(10)
