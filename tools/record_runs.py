"""Record runs of experiments anew, and find for each check a value that makes it fail when it is wrong.

    .venv/bin/python tools/record_runs.py [--judge-only] [--seconds S] [NAME ...]

Run it when a scene returns something else than before, or an experiment checks something new. It needs what the
experiments need: user namespaces. The recordings are in tests/experiments/recorded/, beside the values that
tests/experiments/test_recorded_checks.py tries (NAME.cases.json). `--judge-only` keeps the recordings and looks for
values only.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "experiments"))

from corruption import save, search
from recorded_runs import RUNS, record


def main() -> int:
    """Record what was named, or all; 1 if a check has no value that makes it fail."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(run.name for run in RUNS))
    parser.add_argument("--judge-only", action="store_true", help="keep the recordings")
    parser.add_argument("--seconds", type=float, default=120, help="for the values of one run (120)")
    options = parser.parse_args()
    lacking = 0
    for run in RUNS:
        if options.names and run.name not in options.names:
            continue
        if not options.judge_only:
            failed = [check.claim for check in record(run).checks if not check.passed]
            if failed:
                print(f"{run.name}: a check failed in the run itself, record it again: {failed}")
                lacking += 1
                continue
        found, missing = search(run, options.seconds)
        save(run, found)
        lacking += len(missing)
        together = [each.fails for each in found if len(each.fails) > 1]
        print(f"{run.name}: {len(found)} values; no value for {missing}; together: {together}", flush=True)
    return min(lacking, 1)


if __name__ == "__main__":
    sys.exit(main())
