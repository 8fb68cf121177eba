"""`netlab http`: get, check, explain, serve, keepalive. Thin: options in, one experiment, its report."""

from __future__ import annotations

import typer

from netlab.cli import derive, options
from netlab.cli.failures import complain
from netlab.cli.help import Command, Group, examples
from netlab.experiments.http import keepalive
from netlab.experiments.http.commands import http_options, serve
from netlab.registry import find

CREDENTIALS = {"authorization", "proxy-authorization", "cookie"}
"""Fields that are not written into a run record unless --save asks for it."""

app = typer.Typer(cls=Group, rich_markup_mode=None, add_completion=False, no_args_is_help=True)


@app.callback()
@examples("netlab http get", "netlab http get http://127.0.0.1:8080/ --timing")
def http() -> None:
    """HTTP/1.1 byte by byte: what was sent, what came, and why it was believed."""


@app.command(cls=Command, short_help="An exchange byte by byte: boxes, framing, times")
@examples(
    "netlab http get", "netlab http get /chunked --tls --timing", "netlab http get http://127.0.0.1:8080/ -X HEAD"
)
def get(
    context: typer.Context,
    urls: http_options.Urls = None,
    method: http_options.Method = None,
    header: http_options.Header = None,
    data: http_options.Data = None,
    data_file: http_options.DataFile = None,
    json_data: http_options.JsonData = None,
    resolve: http_options.Resolve = None,
    resolver: http_options.Resolver = "system",
    max_redirects: http_options.MaxRedirects = 10,
    allow_downgrade: http_options.Downgrade = False,
    timeout: http_options.Timeout = 10.0,
    max_time: http_options.MaxTime = 60.0,
    tls: http_options.Tls = False,
    insecure: http_options.Insecure = False,
    cacert: http_options.Cacert = None,
    lenient: http_options.Lenient = False,
    raw: http_options.Raw = False,
    timing: http_options.Timing = False,
    output: http_options.Output = None,
    as_json: options.Json = False,
    save: options.Save = True,
) -> None:
    """Ask for a URL, and show every byte of it: what was sent, what came, and why."""
    from netlab.cli.output import present, progress_bar
    from netlab.errors import PeerError
    from netlab.experiments.http.get import BARE, Body, Parameters
    from netlab.http.request import field_from_text
    from netlab.http.request_framing import doubts
    from netlab.registry import find
    from netlab.runner import run

    body, content_type = http_options.body_of(data, data_file, json_data)
    parameters = Parameters(
        urls=tuple(urls or BARE),
        method=method,
        header=tuple(header or ()),
        data=None if body is None else Body(body),
        content_type=content_type,
        tls=tls,
        insecure=insecure,
        cacert=cacert,
        resolve=tuple(resolve or ()),
        resolver=resolver,
        max_redirects=max_redirects,
        allow_downgrade=allow_downgrade,
        lenient=lenient,
        timeout_s=timeout,
        max_time_s=max_time,
        raw=raw,
        timing=timing,
        output=output,
    )
    secret = next((name for name in map(_name_of, parameters.header) if name.lower() in CREDENTIALS), None)
    if secret and save and not options.was_written(context, "save"):
        save = False
        complain(f"this run is not recorded: its {secret} field is nobody else's business", "--save records it")
    for doubt in doubts(map(field_from_text, parameters.header), body or b""):
        complain(doubt, "it is sent as you wrote it")  # before the wait that it may cause
    with progress_bar() as progress:
        report = run(line := find("http-get"), line.load(), parameters, save=save, progress=progress)
    present(report, as_json=as_json)
    if report.interrupted:
        return  # what came is shown, and that it is not all is nobody's mistake
    if any(fact.name in ("problem", "failed") and fact.value for fact in report.measurement.facts):
        raise typer.Exit(PeerError.exit_code)


def _name_of(field: str) -> str:
    return field.partition(":")[0].strip()


@app.command(cls=Command, short_help="One response, three parsers: where they differ")
@examples(
    "netlab http check /chunked",
    "netlab http check response.bin",
    "printf 'HTTP/1.1 200 OK\\r\\n\\r\\n' | netlab http check -",
)
def check(
    target: http_options.Target,
    method: http_options.AnswerTo = "GET",
    insecure: http_options.Insecure = False,
    cacert: http_options.Cacert = None,
    timeout: http_options.Timeout = 5.0,
    as_json: options.Json = False,
    save: options.Save = True,
) -> None:
    """Read the same response by netlab, by h11 and by http.client, side by side.

    A path that is no file is a page of the built-in origin.
    """
    from pathlib import Path

    from netlab.cli.output import present, progress_bar
    from netlab.experiments.http.check import Parameters
    from netlab.experiments.http.get import Body
    from netlab.registry import find
    from netlab.runner import run

    page = target.startswith("/") and not Path(target).is_file()
    data = None if "://" in target or page else Body(http_options.read_file(target))
    with progress_bar() as progress:
        parameters = Parameters(target, data, method, insecure, cacert, timeout)
        report = run(line := find("http-check"), line.load(), parameters, save=save, progress=progress)
    present(report, as_json=as_json)


@app.command(cls=Command, short_help="Bytes of a response: their boxes, or what is wrong")
@examples("netlab http explain response.bin", "printf 'HTTP/1.1 200 OK\\r\\nA : b\\r\\n\\r\\n' | netlab http explain -")
def explain(
    file: http_options.File,
    method: http_options.AnswerTo = "GET",
    responses: http_options.Responses = 1,
    crlf: http_options.Crlf = False,
    lenient: http_options.Lenient = False,
    raw: http_options.Raw = False,
    as_json: options.Json = False,
    save: options.Save = True,
) -> None:
    """Explain bytes: every part with its place, or the first byte that is wrong.

    Exit code 4 where they are refused, or incomplete.
    """
    from netlab.cli.output import present
    from netlab.errors import PeerError
    from netlab.experiments.http.explain import Parameters
    from netlab.experiments.http.get import Body
    from netlab.registry import find
    from netlab.runner import run

    data = Body(http_options.read_file(file))
    report = run(
        line := find("http-explain"),
        line.load(),
        Parameters(file, data, method, responses, lenient, crlf, raw),
        save=save,
    )
    present(report, as_json=as_json)
    if report.measurement.fact("problem").value:
        raise typer.Exit(PeerError.exit_code)


# Sub-commands in files of their own are added here, a line each: app.command(cls=Command, short_help=…)(function)
app.command(cls=Command, short_help="The origin: pages for each behaviour, and broken ones")(serve.serve)
app.command("keepalive", cls=Command, short_help="One connection for all requests, or a new one each")(
    derive.command(find("http-keepalive"), keepalive.EXPERIMENT, derive.run_and_show)
)
