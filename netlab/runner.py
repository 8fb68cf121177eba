"""What every experiment goes through: timing, provenance, summaries, the run record."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from netlab.clock import monotonic_ns
from netlab.errors import Doubt
from netlab.experiment import Experiment, ExperimentName, P
from netlab.progress import Progress, silent
from netlab.report import store
from netlab.report.record import Report, new_id, plain_parameters, this_command, this_host
from netlab.report.summary import summarize


def run(
    line: ExperimentName,
    experiment: Experiment[P],
    parameters: P,
    *,
    seed: int | None = None,
    save: bool = True,
    progress: Progress = silent,
) -> Report:
    """Run an experiment and return its report, saved under the name of its `line` unless told not to.

    `seed` is by default the field of `parameters` of that name. A record that cannot be written is no failure of the
    run: the report says so in `unsaved`. Raises NetlabError where the experiment cannot run.
    """
    started = datetime.now(UTC)
    start_ns = monotonic_ns()
    with doubts() as doubted:
        found = experiment.measure(parameters, progress)
    elapsed_s = (monotonic_ns() - start_ns) / 1e9
    report = Report(
        id=new_id(line.name, started),
        experiment=line.name,
        title=line.title,
        parameters=plain_parameters(parameters),
        seed=seed if seed is not None else getattr(parameters, "seed", None),
        started_at=f"{started:%Y-%m-%dT%H:%M:%SZ}",
        elapsed_s=elapsed_s,
        host=this_host(),
        measurement=replace(found, samples=(), warnings=(*found.warnings, *doubted)),
        samples=tuple(summarize(samples) for samples in found.samples),
        argv=this_command(),
    )
    if not save:
        return report
    try:
        return replace(report, record=str(store.save(report)))
    except OSError as error:
        return replace(report, unsaved=f"{error.filename or store.runs_folder()}: {error.strerror or error}")


@contextmanager
def doubts() -> Iterator[list[str]]:
    """What is doubted meanwhile, each once. Other warnings go their usual way."""
    found: list[str] = []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", Doubt)
        try:
            yield found
        finally:
            found += dict.fromkeys(str(each.message) for each in told if issubclass(each.category, Doubt))
    for each in told:
        if not issubclass(each.category, Doubt):
            warnings.showwarning(each.message, each.category, each.filename, each.lineno, each.file, each.line)
