"""What came of holding N connections, as facts, tables and checks."""

from __future__ import annotations

from collections.abc import Iterator

from netlab.experiments.limits.hold import HoldResult
from netlab.experiments.limits.limits_rows import CacheRow, GrowthRow, LatencyRow
from netlab.report.phrase import say
from netlab.report.quantity import Chart, Draft, Evidence, Samples
from netlab.report.rows import table_of
from netlab.report.stats import percentile, ratio
from netlab.servers.counters import Count

LEAST_TO_WEIGH = 5000  # connections; what fewer take is lost in what the machine does besides
_WORTH_A_ROW_BYTES = 100  # a connection; what takes less is shown together
_ROWS = 40
_PERCENTILES = (("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9))


def report(draft: Draft, held: HoldResult, keep_free: int) -> None:
    """All of it; what Ctrl-C has cut off is not there."""
    plan, grown = held.plan, held.grown
    draft.interrupted = held.interrupted
    draft.fact("hold wanted", plan.wanted, "1")
    draft.fact("hold connections", grown.held, "1", "at once, both ends of each on this machine")
    draft.fact("hold set-up time", held.setup_s, "s")
    draft.fact("hold set-up rate", ratio(grown.held, held.setup_s), "1/s")
    draft.fact("hold server processes", plan.workers, "1", say("mode {mode}", mode=plan.mode.name))
    note = say("from {addresses} of 127.0.0.0/8", addresses=held.source_addresses)
    draft.fact("hold client processes", len(plan.holder_cpus), "1", note)
    draft.fact("hold placement", f"the talking connection on CPU {plan.server_cpus[0]}, as its server", "")
    _memory(draft, held)
    _latency(draft, held)
    _growth(draft, held)
    _checks(draft, held)
    _why_not_more(draft, held, keep_free)
    draft.answer = say("{held:,} connections were held at once.", held=held.grown.held)


def _memory(draft: Draft, held: HoldResult) -> None:
    before, after, number = held.at_rest, held.with_all, held.grown.held
    if before is None or after is None or number < LEAST_TO_WEIGH:
        return

    def each(now: int | None, then: int | None) -> float | None:
        return None if now is None or then is None else (now - then) / number

    slab = each(after.kernel.slab, before.kernel.slab)
    listed = _listed(held)
    if slab is not None and listed > slab / 100:
        slab -= listed
        text = (
            "Left out of the kernel's memory: {listed:.1f} KiB a connection that it keeps because somebody has listed "
            "the descriptors of all processes meanwhile (ps, lsof, a monitor): proc_inode_cache."
        )
        draft.warnings.append(say(text, listed=listed / 1024))
    server, clients = each(after.server, before.server), each(after.clients, before.clients)
    caches = list(_caches(held, slab))
    note = "both ends; Slab of /proc/meminfo" + ("" if caches else "; root is told by cache")
    draft.fact("memory kernel per connection", slab, "B", note)
    draft.fact("memory server per connection", server, "B", "what its processes have written (PSS)")
    draft.fact("memory clients per connection", clients, "B")
    draft.fact("memory available before", before.kernel.available, "B")
    draft.fact("memory available with all", after.kernel.available, "B", "the whole machine's, others included")
    note = "of the whole machine: an idle one has nothing"
    draft.fact("memory queued in sockets", after.kernel.tcp_buffers, "B", note)
    if caches:
        draft.tables.append(table_of(CacheRow, caches))
    if slab and server is not None and clients is not None and after.kernel.available:
        text = (
            "A connection that does nothing takes {slab:.1f} KiB of the kernel's memory (both of its ends are here) "
            "and {server:.0f} B of the server's own. What is still available would do for some {more:,.0f} more."
        )
        more = float(f"{after.kernel.available / (slab + server + clients):.2g}")
        draft.finding(say(text, slab=slab / 1024, server=server, more=more))


_CACHES = {
    "TCP": "struct tcp_sock, one at each end",
    "sock_inode_cache": "the socket as a file: its inode",
    "filp": "an open file, which a descriptor refers to",
    "dentry": "the file's name, though it has none",
    "eventpoll_epi": "an entry in epoll's list; the client's port (tcp_bind2_bucket), of the same size",
}
_OF_A_LISTED = ("proc_inode_cache", "dentry", "lsm_inode_cache")  # what /proc/PID/fd/N takes while it is remembered


def _objects(held: HoldResult, name: str) -> float:
    """Objects of a slab cache per connection; 0 where only root may read them."""
    assert held.at_rest and held.with_all
    (before, _), (after, _) = (look.kernel.slabs.get(name, (0, 0)) for look in (held.at_rest, held.with_all))
    return (after - before) / held.grown.held


def _listed(held: HoldResult) -> float:
    """Bytes per connection that the kernel took because its descriptors were listed; 0 where only root may know."""
    assert held.with_all
    sizes = sum(held.with_all.kernel.slabs.get(name, (0, 0))[1] for name in _OF_A_LISTED)
    return max(_objects(held, _OF_A_LISTED[0]), 0.0) * sizes


def _caches(held: HoldResult, slab: float | None) -> Iterator[CacheRow]:
    """Slab caches that have grown with the connections, the largest first; none where only root may read them.

    The kernel merges caches of objects of one size, and shows them under one of their names.
    """
    assert held.with_all
    listed = max(_objects(held, _OF_A_LISTED[0]), 0.0)
    found: list[CacheRow] = []
    for name, (_, size) in held.with_all.kernel.slabs.items():
        objects = _objects(held, name) - (listed if name in _OF_A_LISTED else 0.0)
        if objects * size >= _WORTH_A_ROW_BYTES:
            found.append(CacheRow(name, objects * size, round(objects, 2), size, _CACHES.get(name, "")))
    yield from sorted(found, key=lambda each: each.bytes_, reverse=True)
    if found and slab is not None:
        others = slab - sum(each.bytes_ for each in found)
        yield CacheRow("others", others, None, None, "small ones, and pages partly filled")


def _latency(draft: Draft, held: HoldResult) -> None:
    times = {"alone": held.alone_ns, f"among {held.grown.held:,}": held.among_ns}
    rows: list[LatencyRow] = []
    for name, values in times.items():
        if not values:
            continue
        draft.samples.append(Samples(f"echo, {name}", "s", values, 1e-9))
        ordered = sorted(values)
        rows += [LatencyRow(label, name, (percentile(ordered, q) or 0) * 1e-9) for label, q in _PERCENTILES]
    draft.tables.append(table_of(LatencyRow, rows, shown=False))
    title = "Echo of one connection: alone, and among all"
    draft.charts.append(Chart("bar", title, "echo latency", "percentile", "latency", "connection", log_y=True))


def _growth(draft: Draft, held: HoldResult) -> None:
    step = max(-(-len(held.history) // _ROWS), 1)
    points = dict.fromkeys([*held.history[::step], held.history[-1]])
    rows = [GrowthRow(*each) for each in points]
    draft.tables.append(table_of(GrowthRow, rows, shown=False))
    if len(rows) > 2:
        draft.charts.append(Chart("line", "Connections held", "growth", "time", "connections"))


def _checks(draft: Draft, held: HoldResult) -> None:
    number, row = held.grown.held, Evidence(fact="hold connections")
    if held.available_at_stop is None and not held.interrupted:
        draft.check("as many are held as were to be", "accept(2); epoll(7)", held.plan.connections, number, row)
    if held.server_open is not None and held.established is not None:
        draft.check("the server counts as many open", "counters of both", number, held.server_open, row)
        ends = held.established
        draft.check("all are ESTABLISHED at the server's end", "inet_diag, sock_diag(7)", number, ends[0], row)
        draft.check("and at the client's", "inet_diag, sock_diag(7)", number, ends[1], row)
    if held.asked is not None:
        draft.check("of those, some chosen at random still echo", "RFC 862", held.asked, held.echoed)
    draft.check("every echo of the talking connection came back as it was sent", "RFC 862", held.echoes, held.intact)
    if held.outcome is not None:
        draft.check("the server ended in order (exit code)", "netlab", 0, held.outcome.exit_code)
        draft.check("no server process crashed", "netlab", 0, held.outcome.counts[Count.CRASHED])


def _why_not_more(draft: Draft, held: HoldResult, keep_free: int) -> None:
    """Everything that made them fewer than were asked for, aloud."""
    number = held.grown.held
    draft.warnings += held.plan.reduced
    if (left := held.available_at_stop) is not None:
        text = (
            "Growing was stopped at {at:,} of {wanted:,}: {left:.1f} GiB of memory were available, and {keep:.1f} GiB "
            "are to stay free (--keep-free)."
        )
        wanted, gib = held.plan.connections, 2**30
        draft.warnings.append(say(text, at=number, wanted=wanted, left=left / gib, keep=keep_free / gib))
    if held.refused_at_limit:
        text = "The server refused {refused:,} connections: one of its processes had no descriptor left."
        draft.warnings.append(say(text, refused=held.refused_at_limit))
    for kind, count in held.grown.errors.items():
        draft.warnings.append(say("{count:,} attempts to connect failed: {kind}.", count=count, kind=kind))
