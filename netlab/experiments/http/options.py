"""Options that the HTTP commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from netlab.option import Option

REQUEST = "Request"
WAY = "The way there"
TRUST = "Trust"
SHOW = "Show"

Patience = Annotated[float, Option("So long without a byte.", "S", 0.01, panel=WAY)]
AnswerTo = Annotated[str, Option("The request that it answers.", "NAME", panel=REQUEST, name="--method", short="-X")]
Lenient = Annotated[bool, Option("Let more pass, and say what.", panel=TRUST)]
Raw = Annotated[bool, Option("Hex and text of both directions.", panel=SHOW)]
Tls = Annotated[bool, Option("The built-in origin by HTTPS.", panel=TRUST)]
Insecure = Annotated[bool, Option("Any certificate will do.", panel=TRUST)]
Cacert = Annotated[Path | None, Option("Trust these certificates.", "FILE", panel=TRUST)]
