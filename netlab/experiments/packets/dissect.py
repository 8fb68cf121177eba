"""`netlab dissect`: a capture file or hex digits, taken apart layer by layer."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from netlab.errors import UsageError
from netlab.experiment import Experiment
from netlab.experiments.packets.options import Fields, Packets
from netlab.experiments.wire.packet_numbers import numbers
from netlab.experiments.wire.packet_story import PacketTables
from netlab.option import Argument, Option
from netlab.packets import hexdump, pcap
from netlab.packets.capture_file import Capture, CapturedFrame
from netlab.progress import Progress
from netlab.report.phrase import count as packet_count
from netlab.report.phrase import say
from netlab.report.quantity import Draft, Measurement

LINKS = {"auto": None, "ethernet": 1, "ip": 101}
MOST_BYTES = 1 << 28  # of a file


@dataclass(frozen=True, slots=True)
class Parameters:
    """`source` is a file, hex digits, or "-". `packets`: which to take apart, "2" or "1,5-7" or "all". `fields`: as a
    list with meanings, not as boxes."""

    source: Annotated[str, Argument("pcap, pcapng, or hex digits; - is stdin.", "FILE|HEX|-")]
    packets: Packets = None
    fields: Fields = False
    link: Annotated[str, Option("What HEX begins with: ethernet, ip.", "KIND", choices=tuple(LINKS))] = "auto"


def measure(parameters: Parameters, progress: Progress) -> Measurement:
    """Read and dissect. Raises UsageError for what is neither a capture nor hex."""
    capture = load(parameters.source, parameters.link)
    count = len(capture.records)
    wanted = numbers(parameters.packets, count)
    draft, tables = Draft(), PacketTables()
    for number, record in enumerate(capture.records, start=1):
        if number % 1000 == 1:
            progress(number / count, f"packet {number:,}")
        tables.add(record, number in wanted)
    draft.fact("format", capture.format, "")
    draft.fact("packets", count, "1")
    draft.fact("dissected in part", sum(row.stopped_at is not None for row in tables.packets), "1")
    draft.fact("with notes", sum(bool(row.notes) for row in tables.packets), "1")
    draft.answer = packet_count(count, "One packet.", "{n:,} packets.")
    draft.show(fields=parameters.fields)
    draft.tables += tables.tables()
    if stopped := capture.stopped:
        text = "The file ends or lies at byte {at:,}: {why}. Shown is what comes before."
        draft.warnings.append(say(text, at=stopped.at, why=stopped.why))
    return draft.finish()


def load(source: str, link: str) -> Capture:
    """What `source` is or names. Raises UsageError."""
    data = _bytes_of(source)
    if data is not None and pcap.is_capture(data):
        return pcap.read(data)
    try:
        text = source if data is None else data.decode("ascii")
        frame = hexdump.parse(text)
    except UnicodeDecodeError:
        raise UsageError(f"{source} is neither pcap nor pcapng nor hex digits") from None
    except ValueError as error:
        if data is None:
            raise UsageError(f"'{_brief(source)}' is no file, and no hex: {error}") from None
        raise UsageError(f"{source} is neither pcap nor pcapng nor hex digits: {error}") from None
    if not frame:
        raise UsageError("no bytes to dissect")
    return Capture("hex", [CapturedFrame(None, frame, len(frame), LINKS[link] or hexdump.link_of(frame))])


def _bytes_of(source: str) -> bytes | None:
    """The content of the file or of stdin; None where `source` is no file."""
    if source == "-":
        return sys.stdin.buffer.read(MOST_BYTES)
    try:
        path = Path(source)
        if not source.strip() or not path.exists():
            return None
        with path.open("rb") as file:
            return file.read(MOST_BYTES)
    except ValueError:
        return None
    except OSError as error:
        if error.strerror == "File name too long":
            return None
        raise UsageError(f"{_brief(source)}: {error.strerror}") from None


def _brief(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:38]}…"


EXPERIMENT = Experiment(
    Parameters,
    measure,
    about="""Take packets apart: every header as the boxes of its RFC, every field, every checksum.

    Bytes that are missing and lengths that lie end it where they stand.
    """,
    examples=(
        "netlab dissect trace.pcap",
        "netlab dissect trace.pcapng --packet 1,4-6 --fields",
        "netlab dissect 4500001c00000000400166df0a0000010a0000020800f7fd00010001",
        "tcpdump -c1 -xx | netlab dissect -",
    ),
    plots=False,
    saves=False,
)
