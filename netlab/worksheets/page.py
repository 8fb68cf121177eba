"""`netlab lab report --html`: what a learner did, as one page that needs nothing else: no script, no font, no network.

Predictions with their confidence, what was measured, charts of the runs, explanations, calibration, machine, time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from netlab import __version__
from netlab.report import svg
from netlab.report.plot import Plot, plot_of
from netlab.report.prose_html import html
from netlab.report.quantity import Chart, Column, Table
from netlab.report.record import Report
from netlab.report.units import brief
from netlab.worksheets.calibration import Calibration
from netlab.worksheets.grade import State, StepGrade
from netlab.worksheets.learner_progress import now
from netlab.worksheets.messages import say, source_words
from netlab.worksheets.model import Step
from netlab.worksheets.page_style import STYLE
from netlab.worksheets.prose import option_text
from netlab.worksheets.session import Session

_MARKS = {State.PASSED: "✓", State.WRONG: "✗", State.TODO: "○", State.INCONCLUSIVE: "?"}
_MOST_CHARTS = 2  # of one run


def page_of(session: Session, calibration: Calibration | None) -> str:
    lang, sheet = session.lang, session.sheet
    verdicts = session.verdicts()
    title = escape(sheet.title[lang])
    parts = [
        f'<header><p class="small">netlab · {say("lecture", lang, n=sheet.lecture)}</p><h1>{title}</h1>',
        f'<p class="lead">{escape(sheet.question[lang])}</p>{_score(session, verdicts)}</header>',
    ]
    parts += [_step(session, verdict) for verdict in verdicts]
    parts += [_calibration(calibration, lang), _provenance(verdicts, lang)]
    return (
        f'<!doctype html>\n<html lang="{"zh-Hans" if lang == "zh" else "en"}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n" + "\n".join(parts) + "\n</main>\n</body>\n</html>\n"
    )


def _score(session: Session, verdicts: tuple[StepGrade, ...]) -> str:
    passed = sum(verdict.state is State.PASSED for verdict in verdicts)
    scored = [verdict.hit for verdict in verdicts if verdict.hit is not None and not verdict.late]
    said = [session.say("tally", passed=passed, all=len(verdicts))]
    said.append(session.say("tries", n=session.first_tries(), hints=sum(session.progress.hints.values())))
    if scored:
        said.append(session.say("predictions-held", held=sum(scored), all=len(scored)))
    late = sum(verdict.late for verdict in verdicts)
    if late:
        said.append(session.say("late-tally", n=late))
    return f'<p class="score">{escape(" · ".join(said))}</p>'


def _step(session: Session, verdict: StepGrade) -> str:
    step, lang = verdict.step, session.lang
    section = session.sheet.section(step, lang)
    state, mark = verdict.state.value, _MARKS[verdict.state]
    if verdict.late:
        state, mark = "late", "–"
    elif verdict.hit is False:
        state, mark = "missed", "≠"
    parts = [
        f'<section class="step {state}">',
        f'<h2><span class="mark">{mark}</span> {step.number}. {escape(section.heading)} '
        f'<span class="kind">{say(step.kind, lang)}</span></h2>',
        f'<div class="asked">{html(section.body)}</div>',
        *_outcome(session, verdict),
    ]
    if verdict.report is not None and not step.asks:
        parts += _charts(verdict.report)
    settled = verdict.hit is not None or (verdict.state is State.PASSED and step.kind not in ("predict", "run"))
    if settled and step.why:
        parts.append(f'<div class="why"><p><b>{say("why", lang)}</b></p>{html(step.why[lang])}')
        if step.tempting:
            parts.append(f"<p><b>{say('tempting', lang)}</b></p>{html(step.tempting[lang])}")
        sources = escape(source_words(step.source, lang))
        parts.append(f'<p class="small">{say("source", lang)}{say("colon", lang)}{sources}</p></div>')
    return "\n".join((*parts, "</section>"))


def _outcome(session: Session, verdict: StepGrade) -> Iterator[str]:
    """Answer, confidence, measured value, run: a line each."""
    lang = session.lang
    rows: list[tuple[str, str]] = []
    answer = session.progress.answers.get(verdict.step.id)
    if answer is not None:
        name = "your-prediction" if verdict.step.kind == "predict" else "your-answer"
        rows.append((say(name, lang), _as_given(session, verdict.step, answer.given)))
        if answer.confidence is not None:
            rows.append((say("confidence", lang), f"{answer.confidence:.0%}"))
    elif verdict.step.asks:
        rows.append((say("your-answer", lang), say("not-done", lang)))
    if verdict.hit is not None or (verdict.measured and verdict.step.kind == "blank"):
        rows.append((say("measured-value", lang), verdict.measured))
    if verdict.report is not None and not verdict.step.asks:
        report = verdict.report
        took = say("took", lang, s=f"{report.elapsed_s:.1f}")
        rows.append((say("your-run", lang), f"{report.id} · {took}"))
    if rows:
        cells = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
        yield f"<dl>{cells}</dl>"
    said = list(
        verdict.said[1:] if verdict.hit is not None else verdict.said
    )  # of a prediction, the values stand above
    if verdict.state is State.PASSED and verdict.hit is None:
        said = []
    if said:
        yield f'<p class="said">{escape(say("between", lang).join(said))}</p>'


def _as_given(session: Session, step: Step, given: str) -> str:
    """An answer with its unit, a letter with its option."""
    if step.type == "choice":
        words = option_text(session.sheet.section(step, session.lang).body, given.strip().lower())
        return f"{given}) {words}" if words else given
    bare = step.type == "number" and step.unit and given[-1:].isdigit()
    return f"{given} {step.unit}" if bare else given


def _charts(report: Report) -> Iterator[str]:
    found = report.measurement
    plots = [plot for chart in found.charts if (plot := plot_of(chart, found.tables)) is not None]
    for plot in plots[:_MOST_CHARTS]:
        yield _figure(plot, f"{report.experiment} · {report.started_at}")


def _figure(plot: Plot, footer: str) -> str:
    """The chart inline. Its width and height go: the style sheet fits it to the page."""
    drawn = svg.document([plot], footer)
    drawn = re.sub(r'<svg xmlns="[^"]*" width="\d+" height="\d+"', "<svg", drawn, count=1)
    return f'<figure class="wide">{drawn}</figure>'


def _calibration(found: Calibration | None, lang: str) -> str:
    parts = [f"<section><h2>{say('calibration', lang)}</h2>"]
    if found is None:
        return "\n".join((*parts, f"<p>{say('calibration-none', lang)}</p></section>"))
    mean = say("calibration-mean", lang, said=f"{100 * found.said:.0f}", held=f"{100 * found.held:.0f}", n=found.count)
    parts.append(f"<p>{say('calibration-text', lang)}</p>")
    head = "".join(f"<th>{say(name, lang)}</th>" for name in ("confidence", "predictions", "held"))
    rows = "".join(f"<tr><td>{level:.0%}</td><td>{n}</td><td>{held / n:.0%}</td></tr>" for level, n, held in found.rows)
    parts.append(f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>')
    parts.append(f"<p>{mean}{say('between', lang)}{say('brier', lang, score=f'{found.brier:.2f}')}</p>")
    if len(found.rows) > 1:
        table = Table(
            "calibration",
            (Column(say("confidence", lang), "%"), Column(say("held", lang), "%")),
            tuple((100 * level, 100 * held / n) for level, n, held in found.rows),
        )
        chart = Chart("bar", say("calibration", lang), table.name, table.columns[0].name, table.columns[1].name)
        plot = plot_of(chart, [table])
        if plot is not None:
            parts.append(_figure(plot, f"netlab {__version__}"))
    return "\n".join((*parts, "</section>"))


def _provenance(verdicts: tuple[StepGrade, ...], lang: str) -> str:
    report = next((verdict.report for verdict in verdicts if verdict.report is not None), None)
    host = (
        " · ".join(f"{name} {brief(value)}" for name, value in report.host.items())
        if report
        else f"netlab {__version__}"
    )
    return (
        f'<footer class="small"><p>{say("machine", lang)}{say("colon", lang)}{escape(host)}</p>'
        f"<p>{say('made', lang)}{say('colon', lang)}{now()}</p></footer>"
    )
