"""The sections that are not "servers under one load": memory, netlab's load generator, start-up."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from .loads import Load, Slice, held, run_c_load, run_netlab_client
from .processes import Child, RowError
from .ratios import Spread, Target, spread, verdict
from .rounds import Placement, Settings
from .servers import Running, c_tcp, netlab, netlab_command, netlab_environment, peer
from .table import Result, number

Say = Callable[[str], None]
KIB = 1024

# (server, connections held, target): fewer where each is a process or a thread.
HELD = (
    (c_tcp(), 10_000, None, ""),
    (netlab("tcp", "epoll"), 10_000, Target("≤ 1.5 KiB", 1.5, at_most=True), "0.1–0.5"),
    (peer("uvloop Protocol", "tcp_uvloop_protocol"), 2000, None, ""),
    (peer("asyncio streams", "tcp_asyncio_streams"), 2000, None, ""),
    (netlab("tcp", "thread"), 500, None, "30–42"),
    (netlab("tcp", "fork"), 200, None, "640–850"),
)


def memory(settings: Settings, placement: Placement, say: Say) -> Result:
    """Growth of the server's PSS, over its whole process tree, by connections that are held."""
    result = Result(
        "Memory of a held TCP connection: user space (PSS) of all server processes",
        ("server", "connections", "KiB each", "min–max", "target", "met"),
    )
    for server, connections, target, seen in HELD:
        values = []
        try:
            for _ in range(2 if settings.quick else 3):
                say(f"memory: {server.name}")
                running = Running(server, placement.server)
                try:
                    # Ten come and go first: what only the first connection costs is not each one's.
                    with held(running, 10, placement.load):
                        pass
                    time.sleep(0.3)
                    before = running.pss_bytes()
                    with held(running, connections, placement.load):
                        values.append((running.pss_bytes() - before) / connections / KIB)
                finally:
                    running.stop()
        except RowError as failure:
            result.rows.append((server.name, f"failed: {failure}"))
            result.raw[server.name] = {"KiB": values, "failures": [str(failure)]}
            continue
        found = spread(values)
        text = "\n".join(filter(None, [target.text if target else "", f"(seen: {seen})" if seen else ""]))
        row = (server.name, f"{connections:,}", *_spread(found), text)
        result.rows.append((*row, verdict(found, target) if target else ""))
        result.raw[server.name] = {"connections": connections, "KiB": values}
    return result


def load_generator(settings: Settings, placement: Placement, say: Say) -> Result:
    """netlab's client and the C client take turns at the same C server."""
    result = Result(
        "Load generator: netlab's client against the C client, same C epoll server, 100 connections, 64 B",
        ("metric", "C client", "netlab", "netlab / C", "min–max", "target", "met"),
    )
    load, seconds = Load(100, 64), max(0.5, 2 * settings.slice_s)
    mine: list[Slice] = []
    theirs: list[Slice] = []
    failure_text = ""
    try:
        running = Running(c_tcp(), placement.server)
        try:
            for number_of_round in range(settings.rounds):
                say(f"load generator: round {number_of_round + 1}/{settings.rounds}")
                # A C slice before and after each of netlab's: their mean is what it is compared with.
                before = run_c_load(running, load, seconds / 2, settings.warmup_s, placement.load)
                own = run_netlab_client(running, load, seconds, placement.load)
                after = run_c_load(running, load, seconds / 2, settings.warmup_s, placement.load)
                mine.append(own)
                theirs.append({key: (before[key] + after[key]) / 2 for key in own})
        finally:
            running.stop()
    except RowError as failure:
        failure_text = str(failure)
    result.raw = {"netlab": mine, "C": theirs, "failure": failure_text}
    if failure_text:
        result.rows.append(("netlab", f"failed: {failure_text}"))
    if not mine:
        return result
    for key, heading, targets in (
        ("per_second", "messages/s", (Target("≥ 0.8", 0.8),)),
        ("p50_us", "p50 µs", (Target("≥ 0.85", 0.85), Target("≤ 1.15", 1.15, at_most=True))),
        ("p99_us", "p99 µs", (Target("≥ 0.85", 0.85), Target("≤ 1.15", 1.15, at_most=True))),
    ):
        found = spread([own[key] / c[key] for own, c in zip(mine, theirs, strict=True)])
        middles = [number(statistics.median(each[key] for each in slices)) for slices in (theirs, mine)]
        ratio = (f"{found.middle:.3f}", f"{found.smallest:.2f}–{found.largest:.2f}")
        wanted = "\n".join(target.text for target in targets)
        result.rows.append((heading, *middles, *ratio, wanted, "\n".join(verdict(found, each) for each in targets)))
    return result


def _spread(found: Spread) -> tuple[str, str]:
    return number(found.middle), f"{number(found.smallest)}–{number(found.largest)}"


@dataclass(frozen=True)
class Start:
    """A command that is timed. `most_ms`: what it may take, over Python's own start if `over_python`."""

    line: str
    most_ms: float
    over_python: bool = False
    times: int = 15

    @property
    def target(self) -> Target:
        return Target(f"≤ {self.most_ms:g} ms" + " over python" * self.over_python, self.most_ms, at_most=True)


STARTS = (
    Start("--version", 30.0, over_python=True),
    Start("cidr 10.100.122.2/24", 90.0),
    Start("mac 00:1b:21:aa:bb:cc", 165.0),
    Start("tcp-server --mode epoll --duration 2 --no-save", 3500.0, times=3),
)


def start_up(settings: Settings, placement: Placement, say: Say) -> Result:
    """Wall time of whole commands. Python itself is interleaved, and subtracted where a target says so."""
    result = Result("Command line start-up: wall time", ("command", "ms", "min–max", "over python ms", "target", "met"))
    bare = "python -c pass"
    commands: dict[str, tuple[list[str], Start | None]] = {bare: ([netlab_command()[0], "-c", "pass"], None)}
    commands |= {f"netlab {start.line}": (netlab_command(*start.line.split()), start) for start in STARTS}
    walls: dict[str, list[float]] = {name: [] for name in commands}
    failures: dict[str, str] = {}
    for turn in range(15):
        for name, (command, start) in commands.items():
            times = start.times if start else 15
            if turn >= (times if not settings.quick else (times + 2) // 3) or name in failures:
                continue
            say(f"start-up: {name}")
            try:
                walls[name].append(_wall_ms(command))
            except RowError as failure:
                failures[name] = str(failure)
    bare_ms = statistics.median(walls[bare]) if walls[bare] else None
    for name, (_, start) in commands.items():
        result.raw[name] = {"ms": walls[name], "failure": failures.get(name)}
        if name in failures or bare_ms is None:
            result.rows.append((name, f"failed: {failures.get(name, 'python itself did not start')}"))
            continue
        found = spread(walls[name])
        judged = spread([wall - bare_ms for wall in walls[name]]) if start and start.over_python else found
        target = start.target if start else None
        row = (name, *_spread(found), number(found.middle - bare_ms))
        result.rows.append((*row, target.text if target else "", verdict(judged, target) if target else ""))
    return result


def _wall_ms(command: list[str]) -> float:
    started = time.monotonic()
    environment = netlab_environment()
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed netlab is compiled
    child = Child(command, None, environment)
    try:
        child.all_output(started + 30.0)
        return (time.monotonic() - started) * 1e3
    finally:
        child.stop()
