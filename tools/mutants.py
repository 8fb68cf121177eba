"""Alter one thing after the other in code that judges, tells or draws, and see whether a fast test notices.

    .venv/bin/python tools/mutants.py [--update] [MODULE ...]

mutation.py says what a mutant is, mutants.toml which modules and tests. Those that no test notices are listed in
tests/mutants.txt, which only gets shorter: a survivor that is not listed fails. `--update` takes out what is noticed
by now. The tests are collected once for each module; each mutant is put into a process forked from there.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import tomllib
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from mutation import Mutant, mutants

ROOT = Path(__file__).parents[1]
LISTED = ROOT / "tests" / "mutants.txt"
AT_ONCE = len(os.sched_getaffinity(0))
TARGETS: dict[str, list[str]] = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text())


class Alterations:
    """A plugin of pytest: in the place of running the tests, run them for each mutant, until one fails."""

    def __init__(self, module: str, patience_s: float) -> None:
        self.module, self.patience_s = module, patience_s
        self.survivors: list[Mutant] = []
        self.count = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Once as they are, to see how long that takes; then with each mutant, as many at once as there are CPUs."""
        module = import_module(f"netlab.{self.module}")
        began_s = time.monotonic()
        if os.waitpid(self._fork(session, None, module), 0)[1]:
            raise pytest.UsageError(f"{self.module}: its tests fail as it is")
        limit_s = self.patience_s + 4 * (time.monotonic() - began_s)
        running: dict[int, tuple[Mutant, float]] = {}
        waiting = list(mutants(Path(str(module.__file__))))
        self.count = len(waiting)
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                mutant = waiting.pop(0)
                running[self._fork(session, mutant, module)] = mutant, time.monotonic() + limit_s
            for pid, (mutant, until_s) in list(running.items()):
                ended, status = os.waitpid(pid, os.WNOHANG)
                if not ended and time.monotonic() > until_s:
                    os.kill(pid, 9)  # it goes round and round: that is noticed
                    ended, status = os.waitpid(pid, 0)
                if ended:
                    del running[pid]
                    if status == 0:
                        self.survivors.append(mutant)
            time.sleep(0.002)
        return True

    def _fork(self, session: pytest.Session, mutant: Mutant | None, module: Any) -> int:
        pid = os.fork()
        if pid:
            return pid
        quiet = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(quiet, fd)
        try:
            if mutant is not None:
                functions(module)[mutant.function].__code__ = mutant.code()
            for item, following in zip(session.items, [*session.items[1:], None], strict=True):
                session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if session.testsfailed:
                    os._exit(1)
            os._exit(0)
        except BaseException:
            os._exit(1)


def functions(module: Any) -> dict[str, FunctionType]:
    """The functions and methods of a module, by qualified name."""
    found: dict[str, FunctionType] = {}

    def add(value: Any) -> None:
        value = getattr(value, "fget", None) or getattr(value, "__func__", None) or getattr(value, "__wrapped__", value)
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            found[value.__qualname__] = value

    for value in vars(module).values():
        add(value)
        for inner in vars(value).values() if isinstance(value, type) and value.__module__ == module.__name__ else ():
            add(inner)
    return found


def listed() -> list[str]:
    """Survivors that are known."""
    return LISTED.read_text().splitlines() if LISTED.exists() else []


def main() -> int:
    """Try the modules that were named, or all; 1 if a mutant survived that is not listed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(TARGETS))
    parser.add_argument("--update", action="store_true", help="take out of the list what a test notices by now")
    parser.add_argument("--patience", type=float, default=5.0, help="seconds for a mutant, beyond its tests (5)")
    options = parser.parse_args()
    known, alive, count, tried = set(listed()), [], 0, options.modules or list(TARGETS)
    for module in tried:
        began_s, plugin = time.monotonic(), Alterations(module, options.patience)
        without = [word for name in ("terminal", "cacheprovider", "xdist") for word in ("-p", f"no:{name}")]
        if pytest.main([*without, "-s", *(f"tests/{path}" for path in TARGETS[module])], plugins=[plugin]):
            print(f"{module}: its tests could not be run")
            return 1
        count += plugin.count
        alive += [f"{module}: {mutant}" for mutant in plugin.survivors]
        noticed = plugin.count - len(plugin.survivors)
        print(f"{module}: {noticed} of {plugin.count} noticed, {time.monotonic() - began_s:.0f} s", flush=True)
    print(f"{count - len(alive)} of {count} mutants are noticed")
    new = [each for each in alive if each not in known]
    gone = [each for each in known if each.partition(": ")[0] in tried and each not in alive]
    for each in new:
        print(f"survives, and is not in tests/mutants.txt: {each}")
    if gone and options.update:
        LISTED.write_text("".join(f"{each}\n" for each in listed() if each not in gone))
    elif gone:
        print(f"{len(gone)} lines of tests/mutants.txt are noticed by now: --update takes them out")
    return 1 if new else 0


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
