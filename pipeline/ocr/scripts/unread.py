"""The warnings about lines in scripts that nothing installed reads."""

from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.models import OutcomeWarning, WarningCode
from pipeline.ocr.scripts.registry import SCRIPTS


def unread_warnings(scripts: Iterable[str]) -> Iterator[OutcomeWarning]:
    """A warning for each script; `scripts` has an ISO 15924 code for each unread line."""
    for code, count in sorted(Counter(scripts).items()):
        script = SCRIPTS.get(code)
        name = script.name.capitalize() if script else code
        remedy = f"; to read it, type: {script.remedy}" if script else ""
        yield OutcomeWarning(
            WarningCode.SCRIPT_NOT_READ,
            f"{count} lines look {name}, and nothing installed reads this script{remedy}",
        )
