"""`netlab lab`: worksheets, from the list to the page one hands in. Thin: netlab/worksheets/ does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netlab.cli.help import Group, examples, subcommand
from netlab.errors import CheckFailed, UsageError
from netlab.worksheets.commands.lab_options import Lab, Labs, LabsDir, Lang, Question, session_of, settle

app = typer.Typer(cls=Group, rich_markup_mode=None, add_completion=False, invoke_without_command=True)


@app.callback()
@examples("netlab lab start 13", "netlab lab --lang zh", "netlab lab check 13")
def lab(context: typer.Context, lang: Lang = None, labs_dir: LabsDir = None) -> None:
    """Worksheets: predict, run, observe, explain, check. Alone it lists them.

    NAME is a worksheet's name, a part of it, or a lecture's number: of several, the
    one you worked on last. Progress is kept; Ctrl-C loses nothing.
    """
    if context.invoked_subcommand is None:
        from netlab.worksheets import catalogue, messages
        from netlab.worksheets.commands.lab_print import complain_of, print_list

        found = catalogue.sheets(catalogue.folder_of(labs_dir))
        print_list(found, messages.language(lang))
        raise typer.Exit(complain_of(found.broken))


@subcommand(app, "list", short_help="The worksheets, and how far you are")
@examples("netlab lab list", "netlab lab list --lang zh")
def list_(context: typer.Context, lang: Lang = None, labs_dir: LabsDir = None) -> None:
    """List the worksheets by lecture: minutes, what they need, how far you are."""
    from netlab.worksheets.commands.lab_print import complain_of, print_list

    among, language = settle(context, lang, labs_dir)
    print_list(among, language)
    raise typer.Exit(complain_of(among.broken))


@subcommand(app, short_help="Walk through one, from where you left it")
@examples("netlab lab start 13", "netlab lab start four-ways --lang zh")
def start(context: typer.Context, name: Lab, lang: Lang = None, labs_dir: LabsDir = None) -> None:
    """Walk through a worksheet, from its first open step.

    Each step is shown, asked and checked; its command is run here. Ctrl-C or q
    stops, and the same command goes on from there.
    """
    from netlab.worksheets.commands.walk import walk

    raise typer.Exit(walk(session_of(context, name, lang, labs_dir)))


@subcommand(app, "next", short_help="Only its next open step")
@examples("netlab lab next 13", "netlab lab next sockets")
def next_(context: typer.Context, name: Lab, lang: Lang = None, labs_dir: LabsDir = None) -> None:
    """Do the next open step of a worksheet, and stop after it."""
    from netlab.worksheets.commands.walk import walk

    raise typer.Exit(walk(session_of(context, name, lang, labs_dir), steps=1))


@subcommand(app, short_help="A hint for the open step, then the next one")
@examples("netlab lab hint 13", "netlab lab hint sockets")
def hint(context: typer.Context, name: Lab, lang: Lang = None, labs_dir: LabsDir = None) -> None:
    """Show the next hint for the step that is open. Each call shows one more."""
    from netlab.worksheets.commands.lab_print import print_hint

    print_hint(session_of(context, name, lang, labs_dir))


@subcommand(app, short_help="What passes, and what is wrong first")
@examples("netlab lab check 13", "netlab lab check sockets --json")
def check(
    context: typer.Context,
    name: Lab,
    as_json: Annotated[bool, typer.Option("--json", help="All steps as one JSON document.")] = False,
    lang: Lang = None,
    labs_dir: LabsDir = None,
) -> None:
    """Hold a worksheet against your own run records; the first cause comes first.

    Exit codes: 0 all steps pass, 1 one does not, 3 only this machine is in the way.
    """
    from netlab.worksheets.commands.check import print_check

    raise typer.Exit(print_check(session_of(context, name, lang, labs_dir), as_json))


@subcommand(app, short_help="Begin one anew")
@examples("netlab lab reset 13", "netlab lab reset sockets")
def reset(context: typer.Context, name: Lab, lang: Lang = None, labs_dir: LabsDir = None) -> None:
    """Forget answers and hints of a worksheet; runs so far no longer count for it."""
    from netlab.cli.output import write
    from netlab.worksheets import catalogue, learner_progress
    from netlab.worksheets.messages import say
    from netlab.worksheets.session import anything_done

    among, language = settle(context, lang, labs_dir)
    sheet = catalogue.find(name, among)
    if not anything_done(sheet):
        write(say("reset-nothing", language, sheet=sheet.id) + "\n")
        return
    kept = learner_progress.reset(sheet.id)
    write(say("reset" if kept else "reset-runs", language, sheet=sheet.id, path=kept) + "\n")


@subcommand(app, short_help="The worksheet as text")
@examples("netlab lab show 13", "netlab lab show sockets --lang zh | less")
def show(context: typer.Context, name: Lab, lang: Lang = None, labs_dir: LabsDir = None) -> None:
    """Print a whole worksheet, to be followed by hand."""
    from netlab.worksheets.commands.lab_print import print_sheet

    print_sheet(session_of(context, name, lang, labs_dir))


@subcommand(app, short_help="Answer one question by hand")
@examples("netlab lab answer 13.4 28231", "netlab lab answer sockets.1 20 --sure 80")
def answer(
    context: typer.Context,
    question: Question,
    given: Annotated[list[str], typer.Argument(metavar="ANSWER...", help="A number, a letter, words, or an order.")],
    sure: Annotated[float | None, typer.Option("--sure", metavar="%", min=50, max=100, help="Of a prediction.")] = None,
    lang: Lang = None,
    labs_dir: LabsDir = None,
) -> None:
    """Answer a step, as the walker would ask it. Exit code 1 if it is wrong."""
    from netlab.cli.output import write
    from netlab.worksheets import catalogue
    from netlab.worksheets.answers import NotAnAnswer
    from netlab.worksheets.commands.lab_print import heading_of, print_verdict, strong
    from netlab.worksheets.grade import State
    from netlab.worksheets.messages import say
    from netlab.worksheets.session import Session

    among, language = settle(context, lang, labs_dir)
    sheet, number = catalogue.question(question, among)
    step = sheet.steps[number - 1]
    if not step.asks:
        raise UsageError(f"step {number} of {sheet.id} asks nothing: it is one to run", f"netlab lab show {sheet.id}")
    session = Session(sheet, language)
    try:
        verdict = session.answer(step, " ".join(given), None if sure is None else sure / 100)
    except NotAnAnswer as error:
        raise UsageError(say(str(error), language, items=", ".join(step.items))) from None
    write(f"{strong(f'{sheet.id} · {heading_of(session, step)}')}\n")
    print_verdict(session, verdict)
    raise typer.Exit(CheckFailed.exit_code if verdict.state is State.WRONG else 0)


@subcommand(app, short_help="What you did: in words, or a page to hand in")
@examples("netlab lab report 13", "netlab lab report 13 --html four-ways.html")
def report(
    context: typer.Context,
    name: Lab,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="A page of it, in one file.")] = None,
    lang: Lang = None,
    labs_dir: LabsDir = None,
) -> None:
    """Say what was predicted, measured and explained, and how sure you were."""
    from netlab.worksheets import catalogue
    from netlab.worksheets.commands.check import print_report, write_page
    from netlab.worksheets.session import Session

    among, language = settle(context, lang, labs_dir)
    session = Session(catalogue.find(name, among), language)
    if html is None:
        print_report(session, among)
    else:
        write_page(session, among, html)


@subcommand(app, short_help="For authors: is a worksheet sound?")
@examples("netlab lab verify four-ways", "netlab lab verify --labs-dir my-labs")
def verify(
    context: typer.Context,
    names: Labs = None,
    static: Annotated[bool, typer.Option("--static", help="Only read them; run nothing.")] = False,
    lang: Lang = None,
    labs_dir: LabsDir = None,
) -> None:
    """Check worksheets: run their commands, fail empty sheets, pass right answers.

    Each wrong option must have its own feedback, both languages the same steps,
    links must resolve. Exit code 1 if anything is amiss.
    """
    from netlab.worksheets import catalogue
    from netlab.worksheets.commands.lab_print import complain_of, print_problems

    among, _ = settle(context, lang, labs_dir)
    chosen = [catalogue.find(name, among) for name in names or ()] or among
    amiss = print_problems(chosen, static)
    unread = 0 if names else complain_of(among.broken)
    raise typer.Exit(unread or (CheckFailed.exit_code if amiss else 0))
