"""`netlab runs` lists and shows records of every experiment from the record alone: no engine is imported for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "records_v1"
ENGINES = ("addressing", "child", "dns", "http", "http_origin", "linux", "load", "network", "runner", "servers")
HEAVY = ("asyncio", "dns", "h11", "matplotlib", "psutil", "ssl", "typer")

_SHOW = """
import gzip, json, os, sys
from dataclasses import replace
from pathlib import Path
from netlab import registry
from netlab.report import as_json, listing, store, table
folder = store.runs_folder()
folder.mkdir(parents=True)
for path in Path(sys.argv[1]).glob("*.json.gz"):
    (folder / path.name.removesuffix(".gz")).write_bytes(gzip.decompress(path.read_bytes()))
lines = listing.listing(store.ids(), 100, width=80).splitlines()
for name in store.ids():
    report = store.load(name)
    line = registry.known(report.experiment)
    table.render(replace(report, record=name), width=80, sections=line.sections())
    line.figure(report.measurement)
print(json.dumps([len(lines), sorted(sys.modules)]))
"""


def test_no_engine_is_imported_to_list_and_show_records() -> None:
    done = subprocess.run([sys.executable, "-c", _SHOW, str(FOLDER)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines, modules = json.loads(done.stdout)
    assert lines > 49
    engines = {name for name in modules if name.startswith(tuple(f"netlab.{each}" for each in ENGINES))}
    assert not engines and not {name.partition(".")[0] for name in modules} & set(HEAVY)
    own = [name for name in modules if name.startswith("netlab.experiments.") and name.count(".") > 2]
    assert all(name.endswith(("_view", "_rows")) for name in own), own
