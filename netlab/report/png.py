"""The same charts as PNG, drawn by Matplotlib where it is installed. SVG needs nothing, and is what we recommend."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from netlab.errors import MachineLacks
from netlab.report.plot import Axis, Plot


def require() -> None:
    """Raise MachineLacks if Matplotlib is not here; cheap, so that a long run need not end in this."""
    if find_spec("matplotlib") is None:
        raise MachineLacks("a PNG needs Matplotlib", "pip install 'netlab[plot]', or --plot FILE.svg")


def save(plots: Sequence[Plot], footer: str, path: Path) -> None:
    """Draw all plots under each other; raises OSError if `path` cannot be written."""
    require()
    # Without pyplot: it would look for a screen, and keep the figure for ever.
    figure = import_module("matplotlib.figure").Figure(figsize=(8, 4.6 * len(plots)), layout="constrained")
    figure.supxlabel(footer, x=0.99, ha="right", fontsize=7, color="#5f6b7a")
    for number, plot in enumerate(plots):
        axes = figure.add_subplot(len(plots), 1, number + 1)
        _draw(axes, plot)
    figure.savefig(path, format="png", dpi=160)


def _draw(axes: Any, plot: Plot) -> None:
    axes.set_title(plot.title, loc="left")
    axes.set_ylabel(plot.y.label)
    axes.set_xlabel(plot.x.label)
    axes.grid(axis="y", alpha=0.3)
    if plot.categories:
        width = 0.8 / len(plot.series)
        for index, series in enumerate(plot.series):
            shift = (index - (len(plot.series) - 1) / 2) * width
            axes.bar([x + shift for x, _ in series.points], [y for _, y in series.points], width, label=series.name)
        axes.set_xticks(range(len(plot.categories)), plot.categories, rotation=30 if len(plot.categories) > 6 else 0)
    else:
        style = "o-" if plot.marked else "-"
        for series in plot.series:
            # Places, not values: a logarithmic axis of ours can show 0, and Matplotlib's cannot.
            axes.plot([plot.x.at(x) for x, _ in series.points], [y for _, y in series.points], style, label=series.name)
        axes.set_xticks(*_ticks(plot.x))
    if plot.y.log:
        axes.set_yscale("log")
        axes.minorticks_off()
    axes.set_yticks([value for value, _ in plot.y.ticks if value or not plot.y.log])
    axes.set_yticklabels([label for value, label in plot.y.ticks if value or not plot.y.log])
    if not plot.y.log:
        axes.set_ylim(plot.y.low, plot.y.high)
    if len(plot.series) > 1:
        axes.legend(fontsize=8)


def _ticks(axis: Axis) -> tuple[list[float], list[str]]:
    return [axis.at(value) for value, _ in axis.ticks], [label for _, label in axis.ticks]
