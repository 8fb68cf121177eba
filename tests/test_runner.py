"""What every experiment goes through, seen with an experiment made for the purpose."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from netlab import registry, runner
from netlab.errors import Doubt, UsageError
from netlab.experiment import Experiment
from netlab.experiments.servers.options import Load
from netlab.progress import Progress
from netlab.report import as_json, store
from netlab.report.quantity import Draft, Measurement, Samples
from netlab.report.record import Report


@dataclass(frozen=True, slots=True)
class Parameters:
    modes: tuple[str, ...] = ("select", "epoll")
    file: Path = Path("/tmp/x")
    seed: int | None = 42


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    progress(0.5, "half")
    draft = Draft()
    draft.fact("modes", len(parameters.modes), "1")
    draft.samples.append(Samples("latency", "s", [1e-3, 2e-3, 3e-3]))
    draft.check("it ran", "this test", True, True)
    progress(1.0, "done")
    return draft.finish()


LINE = registry.Line("fake", "fake", "A fake experiment")
FAKE = Experiment(Parameters, measure)


def test_a_run_is_reported_and_recorded() -> None:
    steps: list[float] = []
    report = runner.run(LINE, FAKE, Parameters(), progress=lambda done, text: steps.append(done))
    assert steps == [0.5, 1.0]
    assert (report.experiment, report.title, report.seed, report.passed) == ("fake", "A fake experiment", 42, True)
    assert report.parameters == {"modes": ["select", "epoll"], "file": "/tmp/x", "seed": 42}
    assert report.measurement.samples == () and report.samples[0].p50 == 2e-3
    assert report.elapsed_s > 0
    assert store.load(report.id) == report
    assert report.record == str(store.runs_folder() / f"{report.id}.json")


def test_a_run_fits_the_schema_and_does_not_tell_the_name_of_the_machine() -> None:
    schema = json.loads((Path(__file__).parents[1] / "docs" / "report.schema.json").read_text())
    report = runner.run(LINE, FAKE, Parameters(), save=False)
    jsonschema.validate(json.loads(as_json.dumps(report)), schema)
    assert set(report.host) == {"netlab", "python", "kernel", "machine", "cpus"}
    assert store.ids() == [] and report.record is None and report.unsaved is None


def test_a_full_disk_does_not_fail_the_run(own_state_folder: Path) -> None:
    own_state_folder.write_text("a file where a folder should be")
    report = runner.run(LINE, FAKE, Parameters())
    assert report.record is None
    assert report.unsaved and str(own_state_folder) in report.unsaved


def test_an_unknown_experiment_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as raised:
        registry.find("tcp-sever")
    assert raised.value.hint == "did you mean tcp-server?"


def test_every_line_of_the_registry_is_an_experiment() -> None:
    for line in registry.EXPERIMENTS:
        experiment = line.load()
        assert callable(experiment.measure) and experiment.parameters.__dataclass_params__.frozen, line.name
        assert line.title and " " not in line.name


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_real_run_fits_the_schema(transport: str) -> None:
    schema = json.loads((Path(__file__).parents[1] / "docs" / "report.schema.json").read_text())
    line = registry.find(f"{transport}-server")
    experiment = line.load()
    parameters = experiment.parameters(load=Load(connections=2, duration_s=0.1, warmup_s=0.0))
    report = runner.run(line, experiment, parameters)
    jsonschema.validate(json.loads(as_json.dumps(report)), schema)
    assert store.load(report.id) == report
    assert report.samples[0].count > 0


def test_the_doctor_fits_the_schema() -> None:
    schema = json.loads((Path(__file__).parents[1] / "docs" / "report.schema.json").read_text())
    from netlab.experiments.machine import doctor

    report = runner.run(registry.find("doctor"), doctor.EXPERIMENT, doctor.Parameters())
    jsonschema.validate(json.loads(as_json.dumps(report)), schema)
    assert store.load(report.id) == report
    assert isinstance(report, Report) and report.passed
    states = {row[1] for table in report.measurement.tables[:3] for row in table.rows}
    assert states <= {doctor.OK, doctor.LIMITED, doctor.MISSING}


def test_a_doubt_told_from_anywhere_is_among_the_warnings_once() -> None:
    def doubtful(parameters: Parameters, progress: Progress) -> Measurement:
        for _ in range(2):
            warnings.warn("it was too busy", Doubt, stacklevel=1)
        return measure(parameters, progress)

    report = runner.run(LINE, Experiment(Parameters, doubtful), Parameters(), save=False)
    assert report.measurement.warnings == ("it was too busy",)
