"""A report as a person reads it, on 40 columns or more: what ran, what was found, whether it held, how to see it again.

Composed with Rich's Text (never its markup, so nothing in a report can be taken for a tag), one line at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import StringIO

from rich.console import Console
from rich.text import Text

from netlab.report import chart, facts, grid
from netlab.report.glyphs import BULLET, CROSS, TICK, printable
from netlab.report.quantity import Check, Measurement
from netlab.report.record import Json, Report
from netlab.report.units import brief, human
from netlab.report.wrap import flowing, wrapped

Sections = Callable[[Measurement, int], Iterator[Iterator[Text]]]

NARROWEST, WIDEST = 40, 120

MOST_VALUES = 20  # of a parameter, in the heading


def render(report: Report, *, width: int = 80, colour: bool = False, sections: Sections | None = None) -> str:
    """The whole report as text that ends in a newline; with ANSI colours if asked for.

    `sections` composes what is told in place of facts and tables.
    """
    width = min(max(width, NARROWEST), WIDEST)
    out = StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    for line in lines(report, width, sections):
        line.rstrip()
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
    return out.getvalue()


def lines(report: Report, width: int, told: Sections | None = None) -> Iterator[Text]:
    """The report, line by line, section by section."""
    found = report.measurement
    yield from _heading(report, width)
    for section in (
        *(told(found, width) if told else ()),
        *(() if told else (facts.lines(found.facts, width),)),
        grid.samples(report.samples, width),
        *(() if told else (grid.table(each, width) for each in found.tables if each.shown)),
        *(chart.lines(each, found.tables, width) for each in found.charts),
        _paragraphs("Findings", BULLET, "", found.findings, width),
        _paragraphs("Warnings", "!", "yellow", found.warnings, width),
        _checks(found, width),
        _footer(report, width),
    ):
        yield from _spaced(section)


def _spaced(section: Iterator[Text]) -> Iterator[Text]:
    """The section after an empty line; nothing at all where it is empty."""
    for number, line in enumerate(section):
        if number == 0:
            yield Text()
        yield line


def _heading(report: Report, width: int) -> Iterator[Text]:
    yield Text(printable(report.title), style="bold")
    said = [_parameter(name, value) for name, value in report.parameters.items() if _says(value)]
    if report.seed is not None and "seed" not in report.parameters:
        said.append(f"seed {report.seed}")
    yield from flowing(said, width, "dim")
    if report.interrupted:
        yield from wrapped("Interrupted: this is what was measured until then.", width, style="yellow")
    if report.measurement.lacking:
        text = f"Not all of it could run: {report.measurement.lacking.what}."
        yield from wrapped(text, width, style="yellow")


def _parameter(name: str, value: Json) -> str:
    """ "duration_s": 2.0 is "duration 2 s". A long list is cut."""
    if isinstance(value, list) and len(value) > MOST_VALUES:
        return f"{name.replace('_', '-')} {brief(value[:MOST_VALUES])} and {len(value) - MOST_VALUES} more"
    if name.endswith("_s"):
        return f"{name[:-2].replace('_', '-')} {brief(value)} s"
    return f"{name.replace('_', '-')} {brief(value)}"


def _says(value: Json) -> bool:
    """False for what was left at "none of it", which only makes the line longer."""
    return value is not None and value is not False and value != "" and value != [] and value != 0


def _paragraphs(heading: str, mark: str, style: str, texts: Sequence[str], width: int) -> Iterator[Text]:
    if texts:
        yield Text(heading, style="bold")
    for text in texts:
        yield from wrapped(text, width, first=f"  {mark} ", mark_style=style or "cyan")


def _checks(found: Measurement, width: int) -> Iterator[Text]:
    if found.checks:
        passed = sum(check.passed for check in found.checks)
        yield Text.assemble(("Checks", "bold"), (f"  {passed} of {len(found.checks)} hold", "dim"))
    for check in found.checks:
        yield from _check(check, width)


def _check(check: Check, width: int) -> Iterator[Text]:
    mark, style = (TICK, "green") if check.passed else (CROSS, "bold red")
    source = f"  [{check.source}]" if check.source else ""
    for line in wrapped(check.claim + source, width, first=f"  {mark} ", mark_style=style):
        at = line.plain.rfind(source.strip()) if source else -1
        if at >= 0:
            line.stylize("dim", at)
        yield line
    if not check.passed:
        text = f"expected {human(check.expected, '1')}, observed {human(check.observed, '1')}"
        yield from wrapped(text, width, first="    ", style="red")


def _footer(report: Report, width: int) -> Iterator[Text]:
    took = human(round(report.elapsed_s, 2), "s")
    if report.record:
        again = f"see it again: netlab runs show {report.id[-4:]}"
        yield from flowing([took, f"run {report.id}", again], width, "dim")
    else:
        yield from flowing([took, "not recorded"], width, "dim")
