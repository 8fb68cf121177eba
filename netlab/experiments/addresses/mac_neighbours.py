"""`netlab mac neighbours`: who is on our wires, as the kernel's ARP and ND table has it (course, lectures 3 and 6)."""

from __future__ import annotations

from dataclasses import dataclass

from netlab.addressing import oui
from netlab.experiment import Experiment
from netlab.linux.neighbours import neighbours
from netlab.progress import Progress
from netlab.report.quantity import Column, Draft, Measurement, Table


@dataclass(frozen=True, slots=True)
class Parameters:
    """Nothing to ask."""


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """A row for each neighbour; raises MachineLacks where netlink is forbidden."""
    draft = Draft()
    registry = oui.registry()
    rows = []
    for each in neighbours():
        owner = registry.find(each.mac) if each.mac else None
        vendor = owner.owner if owner else "made up locally" if each.mac and each.mac.is_local else None
        address, mac = each.address.text_of(each.address.value), str(each.mac) if each.mac else None
        rows.append((address, mac, each.interface, each.state, vendor))
    columns = tuple(Column(name, "") for name in ("address", "MAC", "interface", "state", "vendor"))
    draft.tables.append(Table("Neighbours", columns, tuple(rows)))
    if not rows:
        draft.findings.append("The table is empty: nobody on our wires was asked for lately.")
    draft.fact("registry date", registry.date, "")
    return draft.finish()


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="List whom the kernel knows on our wires, by ARP and by Neighbour Discovery.",
    examples=("netlab mac neighbours", "netlab mac neighbours --json"),
    plots=False,
    saves=False,
)
