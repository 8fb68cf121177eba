"""DNS: cold resolution against a plain loop of dnspython's `dns.query.udp`, and warm answers against NSD.

    python benchmarks/dns_rates.py [--rounds 7] [--names 400]

Everything is measured in one run, round by round in turn, and said as ratios; the servers are the miniature Internet
in a
process of its own for both sides. Warm answers are counted by dnsperf where there is one, and by our own closed loop
(netlab/dns/transport/volley.py); NSD is Debian's, with the same record and as many server processes as we have: one.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import dns.message
import dns.query
import dns.rdatatype

from netlab.dns import message
from netlab.dns.iterate import Resolution
from netlab.dns.loop import Loop
from netlab.dns.message import RD
from netlab.dns.mini_internet import MiniInternet, ResolverProcess
from netlab.dns.names import from_text
from netlab.dns.records import NOERROR, A
from netlab.dns.resolver import Policy, Resolver
from netlab.dns.transport import Upstream, volley

NAME = "my.xxsilence.net."
NSD_PORT = 5453


def plain_loop(net: MiniInternet, count: int) -> float:
    """Three queries by dns.query.udp, following referral and glue by hand; seconds."""
    began = time.perf_counter()
    for _ in range(count):
        server = net.roots[0][1]
        for _ in range(3):
            reply = dns.query.udp(dns.message.make_query(NAME, "A", use_edns=0), server, timeout=2, port=net.port)
            if reply.answer:
                break
            server = reply.additional[0][0].address
        assert reply.answer[0][0].address == "192.0.2.80"
    return time.perf_counter() - began


def ours(net: MiniInternet, loop: Loop, upstream: Upstream, count: int, cache: bool) -> float:
    """The same by netlab, three queries a name. With the cache on it is filled and looked into, and then made to
    forget."""
    resolver = Resolver(net.hints, random.SystemRandom(), Policy(port=net.port))
    name = from_text(NAME)
    began = time.perf_counter()
    for _ in range(count):
        if cache:
            resolver.cache.clear()
        else:
            resolver = Resolver(net.hints, resolver.rng, resolver.policy)
        resolution = Resolution(resolver, name, A, loop.now_s())
        answer = upstream.resolve(resolution.run())
        assert answer.rcode == NOERROR and resolution.sent == 3
    return time.perf_counter() - began


@contextmanager
def nsd() -> Iterator[int | None]:
    """NSD with xxsilence.net on 127.0.0.1; its port, or None where there is no NSD."""
    if shutil.which("nsd") is None:
        yield None
        return
    from netlab.dns.topology import EMBEDDED

    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder, "nsd.conf")
        conf.write_text(
            f'server:\n ip-address: 127.0.0.1@{NSD_PORT}\n zonesdir: {folder}\n pidfile: {folder}/pid\n database: ""\n'
            f' xfrdfile: {folder}/xfrd\n zonelistfile: {folder}/list\n username: ""\n'
            " server-count: 1\n rrl-ratelimit: 0\n"
            "remote-control:\n control-enable: no\nzone:\n name: xxsilence.net\n"
            f" zonefile: {EMBEDDED}/xxsilence.net.zone\n"
        )
        process = subprocess.Popen(["nsd", "-d", "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            query = message.write_query(1, from_text(NAME), A, udp_size=1232)
            for _ in range(50):
                if volley(("127.0.0.1", NSD_PORT), [query], 1).answered:
                    break
                time.sleep(0.1)
            yield NSD_PORT
        finally:
            process.terminate()
            process.wait(5)


def dnsperf(where: tuple[str, int], seconds: float) -> float | None:
    """Queries a second by dnsperf, or None where there is none."""
    if shutil.which("dnsperf") is None:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(f"{NAME} A\n")
        file.flush()
        said = subprocess.run(
            ["dnsperf", "-s", where[0], "-p", str(where[1]), "-d", file.name, "-l", str(seconds), "-c", "1", "-q",
            "50", "-e"],
            capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip
    found = re.search(r"Queries per second:\s+([\d.]+)", said)
    return float(found[1]) if found else None


def show(title: str, rows: dict[str, list[float]], ground: str) -> None:
    """Median rates, and ratios round by round: what disturbs the machine disturbs both."""
    print(f"\n{title}")
    for name, rates in rows.items():
        ratios = sorted(rate / base for rate, base in zip(rates, rows[ground], strict=True))
        print(
            f"  {name:<34} {median(rates):>9,.0f}/s   × {median(ratios):5.2f}   ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


def main() -> None:
    """Run it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--names", type=int, default=400)
    given = options.parse_args()
    cold: dict[str, list[float]] = {
        "dns.query.udp, three times": [],
        "netlab, cache off": [],
        "netlab, cache on": [],
    }
    warm: dict[str, list[float]] = {}
    query = message.write_query(1, from_text(NAME), A, flags=RD, udp_size=1232)
    loop = Loop()
    upstream = Upstream(loop)
    with MiniInternet() as net, ResolverProcess(net) as resolver, nsd() as nsd_port:
        volley(resolver.where, [query], 1)
        plain_loop(net, 20)
        ours(net, loop, upstream, 20, True)
        for _ in range(given.rounds):
            cold["dns.query.udp, three times"].append(given.names / plain_loop(net, given.names))
            cold["netlab, cache off"].append(given.names / ours(net, loop, upstream, given.names, False))
            cold["netlab, cache on"].append(given.names / ours(net, loop, upstream, given.names, True))
            places = {"NSD": ("127.0.0.1", nsd_port), "netlab resolver, warm": resolver.where} if nsd_port else {}
            for name, where in places.items():
                for depth in (1, 16):
                    result = volley(where, [query], given.names * 10, depth)
                    warm.setdefault(f"{name}, {depth} under way", []).append(result.answered / result.seconds)
                rate = dnsperf(where, 0.5)
                if rate is not None:
                    warm.setdefault(f"{name}, dnsperf", []).append(rate)
    show("Cold: three upstream queries a name, one name after the other", cold, "dns.query.udp, three times")
    if not warm:
        print("\nWarm: skipped, there is no NSD here (apt install nsd)")
    for kind in ("1 under way", "16 under way", "dnsperf"):
        rows = {name: rates for name, rates in warm.items() if name.endswith(kind)}
        if rows:
            show(f"Warm: one record over UDP, {kind}", rows, f"NSD, {kind}")
    upstream.close()
    loop.close()


if __name__ == "__main__":
    sys.exit(main())
