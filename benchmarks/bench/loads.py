"""The loads: the C generators (and the server's CPU time during them), held connections, netlab's client."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .processes import Child, RowError
from .servers import BUILD, HOST, Running, netlab_command, netlab_environment

SETUP_PATIENCE_S = 45.0

# One measured slice: what the load generator printed, "server_cpu_us" (the server's CPU time a message) and
# "load_busy" (which part of the time the load generator itself was on its CPU).
Slice = dict[str, float]


@dataclass(frozen=True)
class Load:
    """What one slice does to a server. `rate`: open loop, UDP only; 0 is a closed loop."""

    connections: int
    size: int
    churn: bool = False
    rate: float = 0.0


def _c_load(program: str, server: Running, *arguments: object) -> list[str]:
    """Return a command line: connections, bytes of a message and seconds, then options."""
    return [str(BUILD / program), HOST, str(server.port), *map(str, arguments)]


def run_c_load(server: Running, load: Load, seconds: float, warmup_s: float, cpu: int) -> Slice:
    """One slice by tcp_load or udp_load. Raises RowError if it met any error: such a number is none."""
    program = "tcp_load" if server.server.transport == "tcp" else "udp_load"
    command = _c_load(program, server, load.connections, load.size, seconds, "--warmup", warmup_s)
    if load.churn:
        command.append("--churn")
    if load.rate:
        command += ["--rate", str(load.rate)]
    deadline = time.monotonic() + SETUP_PATIENCE_S + warmup_s + seconds
    child = Child(command, {cpu})
    try:
        if (said := child.error_line(deadline)) != "measuring":
            raise RowError(said)
        before_s = server.cpu_s()
        result: Slice = json.loads(child.line(deadline))
        spent_s = server.cpu_s() - before_s
    finally:
        child.stop()
    if result["errors"]:
        raise RowError(f"{result['errors']:.0f} of the load's connections failed")
    if not result["messages"]:
        raise RowError("nothing was echoed")
    result["server_cpu_us"] = spent_s / result["messages"] * 1e6
    result["load_busy"] = result["cpu_seconds"] / result["seconds"]
    if "sent" in result:
        result["loss"] = result["lost"] / max(1.0, result["sent"])
        result["sent_per_second"] = result["sent"] / result["seconds"]
    return result


@contextmanager
def held(server: Running, connections: int, cpu: int) -> Iterator[None]:
    """While inside, `connections` connections are open, have each exchanged a byte, and are silent."""
    if connections == 0:
        yield
        return
    child = Child(_c_load("tcp_load", server, 0, 1, 3600, "--idle", connections, "--warmup", 0), {cpu})
    try:
        if (said := child.error_line(time.monotonic() + SETUP_PATIENCE_S)) != "measuring":
            raise RowError(said)
        yield
        if not child.running:
            raise RowError("the held connections were lost")
    finally:
        child.stop()


def facts_of(report: dict[str, Any]) -> Slice:
    """What we compare, out of a netlab report; an error where it is not. SI units there, µs here."""
    measurement = report["measurement"]
    rate = next(fact["value"] for fact in measurement["facts"] if fact["name"] == "messages per second")
    latency = next(summary for summary in measurement["samples"] if summary["name"] == "latency")
    return {"per_second": rate, "p50_us": latency["p50"] * 1e6, "p99_us": latency["p99"] * 1e6}


def run_netlab_client(server: Running, load: Load, seconds: float, cpu: int) -> Slice:
    """One slice by netlab's own load generator."""
    command = netlab_command(
        f"{server.server.transport}-client",
        f"{HOST}:{server.port}",
        "--connections",
        str(load.connections),
        "--size",
        str(load.size),
        "--duration",
        str(seconds),
        "--cpus",
        str(cpu),
        "--json",
        "--no-save",
    )
    child = Child(command, None, netlab_environment())
    try:
        text = child.all_output(time.monotonic() + SETUP_PATIENCE_S + seconds)
    finally:
        child.stop()
    try:
        return facts_of(json.loads(text))
    except (ValueError, KeyError, StopIteration, TypeError) as error:
        raise RowError(f"netlab's JSON is not as expected: {error!r}") from None
