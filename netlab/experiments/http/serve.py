"""`netlab http serve`: the loopback origin in the foreground, for browsers, curl and anybody else.

All of it is this process: Ctrl-C, SIGTERM or even SIGKILL leave nothing behind. Beyond so many lines a second, and
where nobody reads the log, requests are counted instead: a log must not slow the server down.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.options import SERVER, Host
from netlab.http_origin.certificate import server_context
from netlab.http_origin.conversation import Exchange
from netlab.http_origin.listening import OriginPortInUse
from netlab.http_origin.server import OriginServer
from netlab.http_origin.settings import Settings
from netlab.http_origin.site import Site
from netlab.option import Option
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table
from netlab.report.units import human

PORT, TLS_PORT = 8080, 8443
_PORTS_TRIED = 40
_LINES_A_SECOND = 200
_MOST_LINES_WAITING = 1000
_MOST_TARGETS = 1000


WHAT = "What it serves"


@dataclass(frozen=True, slots=True)
class Parameters:
    """`port`, `tls_port` None: 8080 and 8443, or the next that are free. `tls`: with a certificate made now."""

    host: Host = "127.0.0.1"
    port: Annotated[int | None, Option("Port; 0: any free one; else from 8080.", "N", 0, 65535, panel=SERVER)] = None
    tls: Annotated[bool, Option("HTTPS too: a certificate is made now.", panel=SERVER)] = False
    tls_port: Annotated[int | None, Option("Its port; else from 8443.", "N", 0, 65535, panel=SERVER)] = None
    directory: Annotated[Path | None, Option("Files, at / and below.", "DIR", panel=WHAT)] = None
    wire_dir: Annotated[Path | None, Option("Files replayed raw, /wire/file/NAME.", "DIR", panel=WHAT)] = None
    max_connections: Annotated[int, Option("One more gets a 503.", "N", 1, 5000, panel=SERVER)] = 256
    idle_s: Annotated[float, Option("Close who is silent so long.", "S", 0.1, panel=SERVER, name="--idle-timeout")] = (
        15.0
    )
    log: Annotated[bool, Option("No request log.", panel=SERVER, name="--quiet", inverted=True)] = True
    duration_s: Annotated[float | None, Option("End after S seconds.", "S", 0.01, panel=SERVER)] = None


def _settle(parameters: Parameters, written: frozenset[str]) -> Parameters:
    if parameters.tls_port is not None and not parameters.tls:
        raise UsageError("--tls-port is for --tls")
    return parameters


class RequestLog:
    """Exchanges as lines for a Progress, written by a thread of its own; also counts them by target."""

    def __init__(self, progress: Progress, on: bool) -> None:
        self.targets: Counter[str] = Counter()
        self._progress, self._on = progress, on
        self._lines: queue.Queue[str] = queue.Queue(_MOST_LINES_WAITING)
        self._second, self._shown, self._left_out = -1, 0, 0
        if on:
            threading.Thread(target=self._write, daemon=True).start()

    def __call__(self, exchange: Exchange) -> None:
        """Note an exchange; never waits."""
        if exchange.target in self.targets or len(self.targets) < _MOST_TARGETS:
            self.targets[exchange.target[:100]] += 1
        if not self._on:
            return
        second = int(time.monotonic())
        if second != self._second:
            if self._left_out:
                self._put(f"  … {self._left_out:,} requests more")
            self._second, self._shown, self._left_out = second, 0, 0
        self._shown += 1
        if self._shown > _LINES_A_SECOND or not self._put(line(exchange)):
            self._left_out += 1

    def _put(self, text: str) -> bool:
        try:
            self._lines.put_nowait(text)
        except queue.Full:  # nobody reads what we write
            return False
        return True

    def _write(self) -> None:
        while True:
            self._progress(0.0, self._lines.get())
            self._lines.task_done()

    def drain(self, timeout_s: float) -> None:
        """Wait until what there is has been written, if somebody takes it."""
        deadline_s = time.monotonic() + timeout_s
        while self._lines.unfinished_tasks and time.monotonic() < deadline_s:
            time.sleep(0.005)


def line(exchange: Exchange) -> str:
    """127.0.0.1:40000 #1 GET /chunked → 200  312 B  1.2 ms"""
    status = str(exchange.status or "raw bytes")
    words = [
        f"{exchange.client:<21} #{exchange.number:<3} {exchange.method[:20]} {exchange.target[:80]} → {status}",
        human(exchange.sent_bytes, "B"),
        human(exchange.took_s, "s"),
        exchange.note[:100],
    ]
    return "  ".join(word for word in words if word)


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Serve until Ctrl-C, SIGTERM (both come as KeyboardInterrupt) or `duration_s`. Raises UsageError, MachineLacks."""
    for folder in (parameters.directory, parameters.wire_dir):
        if folder is not None and not folder.is_dir():
            raise UsageError(f"{folder} is no folder", "--directory and --wire-dir take one")
    log = RequestLog(progress, parameters.log)
    server, ca = _open(parameters, log)
    urls = _urls(parameters.host, server)
    progress(0.0, f"ready: {' and '.join(urls)}")
    if ca:
        progress(0.0, f"its certificate's authority: curl -o ca.pem {urls[0]}ca.pem; curl --cacert ca.pem {urls[-1]}")
    progress(0.0, f"try: curl -i {urls[0]}chunked    ({urls[0]}endpoints lists the pages; Ctrl-C ends it)")
    started_s = time.monotonic()
    try:
        server.run(parameters.duration_s)
    except KeyboardInterrupt:
        pass  # that is how a server is ended
    finally:
        server.close()
    served_s = time.monotonic() - started_s
    log.drain(0.5)
    return _report(served_s, urls, server.counts, log.targets)


def _open(parameters: Parameters, log: RequestLog) -> tuple[OriginServer, bool]:
    tls, ca_pem = server_context(parameters.host) if parameters.tls else (None, None)
    site = Site(_text(parameters.directory), _text(parameters.wire_dir), ca_pem)
    for attempt in range(_PORTS_TRIED):
        settings = Settings(
            host=parameters.host,
            port=PORT + attempt if parameters.port is None else parameters.port,
            tls_port=(TLS_PORT + attempt if parameters.tls_port is None else parameters.tls_port) if tls else None,
            max_connections=parameters.max_connections,
            idle_s=parameters.idle_s,
        )
        try:
            return OriginServer(settings, site, tls, log), tls is not None
        except OriginPortInUse as error:
            asked_for = {parameters.port, parameters.tls_port if tls else None}
            if error.port in asked_for or attempt == _PORTS_TRIED - 1:
                raise
    raise AssertionError


def _text(folder: Path | None) -> str | None:
    return None if folder is None else str(folder)


def _urls(host: str, server: OriginServer) -> list[str]:
    name = f"[{host}]" if ":" in host else host
    urls = [f"http://{name}:{server.port}/"]
    if server.tls_port is not None:
        urls.append(f"https://{name}:{server.tls_port}/")
    return urls


def _report(served_s: float, urls: list[str], counts: Counter[str], targets: Counter[str]) -> Measurement:
    draft = Draft()
    draft.fact("served for", served_s, "s")
    draft.fact("at", " ".join(urls), "")
    draft.fact("connections", counts["connections"], "1")
    draft.fact("most connections at once", counts["most connections at once"], "1")
    draft.fact("connections turned away", counts["connections shed"], "1", "beyond --max-connections")
    draft.fact("requests", counts["requests"], "1")
    per_connection = counts["requests"] / counts["connections"] if counts["connections"] else None
    draft.fact("requests a connection", per_connection, "1")
    draft.fact("bytes received", counts["bytes received"], "B")
    draft.fact("bytes sent", counts["bytes sent"], "B")
    for title, prefix, heading in (("Responses", "status ", "status"), ("Ends of connections", "ended: ", "how")):
        rows = sorted((name.removeprefix(prefix), n) for name, n in counts.items() if name.startswith(prefix))
        if rows:
            draft.tables.append(Table(title, (Column(heading, ""), Column("times", "1")), tuple(rows)))
    if targets:
        rows = targets.most_common(10)
        draft.tables.append(Table("Asked for", (Column("target", ""), Column("times", "1")), tuple(rows)))
    return draft.finish()


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Run an origin whose pages provoke, one each, what a client must take.

    Chunks, trailers, redirects, ranges, broken responses: / lists them all.
    """,
    examples=(
        "netlab http serve",
        "netlab http serve --tls --directory .",
        "curl -i http://127.0.0.1:8080/wire/obs-fold",
    ),
    plots=False,
    shows="log",
    settle=_settle,
)
