"""Speed of netlab's servers, load generator and DNS, as ratios to plain C programs and beside well-known peers.

    python benchmarks/run.py [--quick] [--only REGEX] [--rounds N] [--json FILE]

See README.md in this folder for the method and for how to read the tables.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import addresses, dns, http_speed, rounds, single, wire
from bench.processes import RowError
from bench.rounds import Placement, Settings
from bench.sections import SECTIONS
from bench.table import Result, render

FULL = Settings(rounds=13, slice_s=0.25, warmup_s=0.05, quick=False)
QUICK = Settings(rounds=5, slice_s=0.2, warmup_s=0.05, quick=True)

Measure = Callable[[Settings, Placement, Callable[[str], None]], Result]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rows, fewer rounds: three minutes")
    parser.add_argument("--only", metavar="REGEX", default="", help="only sections whose title matches")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of slices (full 13, quick 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every slice there")
    return parser.parse_args()


def build() -> None:
    """C programs and peers; quick when they are there."""
    script = Path(__file__).resolve().parent / "build.sh"
    done = subprocess.run([str(script)], env={**os.environ, "PYTHON": sys.executable}, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)


def sections() -> dict[str, Measure]:
    """Title -> how to measure it, in the order of the report."""
    found: dict[str, Measure] = {section.title: partial(rounds.run, section) for section in SECTIONS}
    found["Memory of a held connection"] = single.memory
    found["Load generator"] = single.load_generator
    found["HTTP parsing"] = http_speed.parsing
    found["HTTP bodies"] = http_speed.bodies
    found["HTTP requests"] = http_speed.requests
    found["Command line start-up"] = single.start_up
    found["Addresses: merge IPv4, against C"] = addresses.merge_fast
    found["Addresses: merge IPv4, against libraries"] = partial(addresses.merge_libraries, 4)
    found["Addresses: merge IPv6, against libraries"] = partial(addresses.merge_libraries, 6)
    found["Addresses: longest match, whole command"] = addresses.lookup
    found["Addresses: longest match, lookups alone"] = addresses.lookup_alone
    found["DNS, cold"] = dns.cold
    found["DNS, warm"] = dns.warm
    found["Wire"] = wire.rates
    return found


def say(text: str) -> None:
    """Progress, on a terminal only."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)


def main() -> int:
    options = arguments()
    settings = QUICK if options.quick else FULL
    if options.rounds:
        settings = Settings(options.rounds, settings.slice_s, settings.warmup_s, settings.quick)
    try:
        wanted = re.compile(options.only, re.IGNORECASE)
    except re.error as error:
        print(f"run.py: --only {options.only!r} is not a regular expression: {error}", file=sys.stderr)
        return 2
    chosen = {title: measure for title, measure in sections().items() if wanted.search(title)}
    if not chosen:
        print(f"run.py: --only {options.only!r} matches none of:", *sections(), sep="\n  ", file=sys.stderr)
        return 2
    build()
    cpus = sorted(os.sched_getaffinity(0))
    placement = Placement(cpus[0], cpus[1] if len(cpus) > 1 else cpus[0])
    host = f"Linux {platform.release()}, CPython {platform.python_version()}, CPUs: {len(cpus)}"
    print(f"{host}; servers on CPU {placement.server}, load on CPU {placement.load}")
    if len(cpus) == 1:
        print("There is only one CPU: server and load share it, which brings every ratio nearer to 1.")
    started = time.monotonic()
    results: list[Result] = []
    for title, measure in chosen.items():
        try:
            result = measure(settings, placement, say)
        except RowError as failure:
            result = Result(title, ("section", "outcome"), [(title, f"failed: {failure}")])
        say("")
        print(render(result), flush=True)
        results.append(result)
    elapsed_s = time.monotonic() - started
    print(f'\n{elapsed_s / 60:.1f} minutes. A "?" after met or missed: the target lies within the 95 % interval')
    print("of the ratio, so this run does not decide it; more --rounds do.")
    if options.json:
        document = {
            "host": host,
            "settings": vars(settings),
            "elapsed_s": elapsed_s,
            "sections": [{"title": result.title, "rows": result.rows, "raw": result.raw} for result in results],
        }
        options.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    # Asked to end, in either way: unwind, so that every server is stopped on the way out.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
