"""`netlab mac`: the MAC addresses of this machine's interfaces, and who made them. (course, lecture 3)"""

from __future__ import annotations

from dataclasses import dataclass

from netlab.addressing import oui
from netlab.experiment import Experiment
from netlab.linux.interfaces import interfaces
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table


@dataclass(frozen=True, slots=True)
class Parameters:
    """Nothing to ask."""


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    draft = Draft()
    registry = oui.registry()
    rows = []
    for each in interfaces():
        text = str(each.mac) if each.mac else None
        mac = each.mac if each.mac and each.mac.value else None
        owner = registry.find(mac) if mac else None
        kind = ("local" if mac.is_local else "universal") if mac else None
        state = "up" if each.up else "down"
        rows.append((each.name, text, kind, owner.owner if owner else None, each.mtu_bytes, state))
    units = {"interface": "", "MAC": "", "U/L": "", "vendor": "", "MTU in bytes": "1", "state": ""}
    columns = tuple(Column(name, unit) for name, unit in units.items())
    draft.tables.append(Table("Interfaces", columns, tuple(rows)))
    draft.fact("registry date", registry.date, "")
    return draft.finish()


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="List the MAC addresses of this machine's interfaces.",
    examples=("netlab mac", "netlab mac interfaces --json"),
    plots=False,
    saves=False,
)
