"""What `netlab http get` does around its experiment: it keeps credentials out of records, and doubts before it asks."""

from __future__ import annotations

from netlab.cli import derive
from netlab.cli.derive import Given
from netlab.cli.failures import complain
from netlab.experiment import Experiment, ExperimentName
from netlab.experiments.http.get import Parameters
from netlab.http.request import field_from_text
from netlab.http.request_framing import doubts

CREDENTIALS = {"authorization", "proxy-authorization", "cookie"}
"""Fields that are not written into a run record unless --save asks for it."""


def start(line: ExperimentName, experiment: Experiment[Parameters], given: Given[Parameters]) -> None:
    """One run, not recorded where it carries a secret."""
    fields = given.parameters.header
    secret = next((name for name in map(_name_of, fields) if name.lower() in CREDENTIALS), None)
    if secret and given.save and "save" not in given.written:
        given = given.unsaved()
        complain(f"this run is not recorded: its {secret} field is nobody else's business", "--save records it")
    for doubt in doubts(map(field_from_text, fields), given.parameters.data or b""):
        complain(doubt, "it is sent as you wrote it")  # before the wait that it may cause
    derive.run_and_show(line, experiment, given)


def _name_of(field: str) -> str:
    return field.partition(":")[0].strip()
