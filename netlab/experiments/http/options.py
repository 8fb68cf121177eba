"""Options that the HTTP commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from netlab.option import Option

TRUST = "Trust"
WAY = "The way there"

Timeout = Annotated[float, Option("So long without a byte.", "S", 0.01, panel=WAY)]
Tls = Annotated[bool, Option("The built-in origin by HTTPS.", panel=TRUST)]
Insecure = Annotated[bool, Option("Any certificate will do.", panel=TRUST)]
Cacert = Annotated[Path | None, Option("Trust these certificates.", "FILE", panel=TRUST)]
