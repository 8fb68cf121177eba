"""`--plot FILE`: a report's charts as a file, SVG or PNG by its name. A report without charts shows its samples."""

from __future__ import annotations

from pathlib import Path

from netlab.errors import UsageError
from netlab.report import png, svg
from netlab.report.plot import Plot, plot_of
from netlab.report.quantity import Chart, Column, Table
from netlab.report.record import Report
from netlab.report.summary import BUCKETS_PER_DECADE, SampleSummary, bucket_at
from netlab.report.svg import Figure
from netlab.report.units import human


def check(path: Path) -> None:
    """Raise now what `save` would raise after the run: UsageError for the name, MachineLacks without Matplotlib."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise UsageError(f"--plot {path}: neither .svg nor .png", f"--plot {path.with_suffix('.svg')}")
    if path.is_dir():
        raise UsageError(f"--plot {path}: is a folder", f"--plot {path / 'run.svg'}")
    if not path.parent.is_dir():
        raise UsageError(f"--plot {path}: there is no folder {path.parent}")
    if path.suffix.lower() == ".png":
        png.require()


def save(report: Report, path: Path, figure: Figure | None = None) -> None:
    """Draw what `report` has to show into `path`; UsageError if there is nothing, or no writing there.

    `figure`: the experiment's own drawing, above the charts.
    """
    check(path)
    plots = _plots(report)
    if not plots and figure and path.suffix.lower() == ".png":
        raise UsageError(f"{report.experiment} is drawn as SVG only", f"--plot {path.with_suffix('.svg')}")
    if not plots and not figure:
        raise UsageError(f"{report.experiment} has measured nothing that could be drawn")
    host = report.host
    footer = f"{report.experiment} · {report.started_at} · {host.get('kernel')} · netlab {host.get('netlab')}"
    try:
        if path.suffix.lower() == ".png":
            png.save(plots, footer, path)
        else:
            path.write_text(svg.document(plots, footer, figure), encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"--plot {path}: {error.strerror or error}") from None


def _plots(report: Report) -> list[Plot]:
    found = report.measurement
    plots = [plot_of(chart, found.tables) for chart in found.charts]
    if not found.charts:
        plots = [_distribution(summary) for summary in report.samples]
    return [plot for plot in plots if plot is not None]


def _distribution(summary: SampleSummary) -> Plot | None:
    """A histogram: how many samples lie in each bucket, by the bucket's upper bound."""
    counts = {bucket_at(bound) if bound else None: count for bound, count in summary.histogram}
    used = [number for number in counts if number is not None]
    rows = [("0", counts[None])] if None in counts else []
    rows += [
        (human(10 ** (number / BUCKETS_PER_DECADE), summary.unit), counts.get(number, 0))
        for number in (range(min(used), max(used) + 1) if used else ())  # the empty ones too
    ]
    table = Table("histogram", (Column("up to", ""), Column("samples", "1")), tuple(rows))
    title = f"{summary.name[:1].upper()}{summary.name[1:]}: {summary.count:,} samples"
    return plot_of(Chart("bar", title, table.name, "up to", "samples"), [table])
