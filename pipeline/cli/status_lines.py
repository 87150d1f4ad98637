"""States of uploads as lines for people and for programs, the summary and the exit code."""

import json
import shlex
import sys
from collections import Counter
from collections.abc import Iterator

import typer
from rich.console import Console

from pipeline.errors import meaning
from pipeline.operations.status import State, UploadStatus

_COLOURS = {State.DONE: "green", State.WAITING: "yellow", State.STALE: "yellow"}


def write(found: Iterator[UploadStatus], redeliver: str, *, as_json: bool) -> Counter[State]:
    """Writes one line for each upload to standard output; returns how many have each state.

    `redeliver` is the command that announces uploads of these buckets again.
    """
    counts = Counter[State]()
    for each in found:
        counts[each.state] += 1
        if as_json:
            sys.stdout.write(json.dumps(_fields(each, redeliver)) + "\n")
        else:
            typer.echo(_line(each))
    return counts


def summarise(counts: Counter[State], retry: str) -> None:
    """Writes the counts to standard error, and what to type where some failed."""
    console = Console(stderr=True)
    console.print(", ".join(f"{counts[state]} {state}" for state in State if counts[state]))
    if counts[State.FAILED]:
        console.print(f"to try again:  {retry}", markup=False, soft_wrap=True, highlight=False)


def exit_code(counts: Counter[State]) -> int:
    """2 if an upload is missing, else 3 if one still waits, else 1 if one failed, else 0."""
    if counts[State.MISSING]:
        return 2
    if counts[State.WAITING] or counts[State.STALE]:
        return 3
    return 1 if counts[State.FAILED] else 0


def retry_command(redeliver: str, prefix: str) -> str:
    """The command that announces again the failed uploads under a prefix."""
    only = f" --prefix {_shell_word(prefix)}" if prefix else ""
    return f"{redeliver} --failed --minutes 0{only}"


def escaped(text: str) -> str:
    """The text in printable characters; a control character is written as in a Python string."""
    return "".join(
        c if c.isprintable() and c != "\\" else c.encode("unicode_escape").decode() for c in text
    )


def _line(each: UploadStatus) -> str:
    since = f"{each.since:%Y-%m-%d %H:%M:%S}" if each.since else "-"
    colour = _COLOURS.get(each.state, "red")
    state = typer.style(f"{each.state:8}", fg=colour)
    return "  ".join(
        part for part in (f"{state}{since:19}", escaped(each.source.uri), _detail(each)) if part
    )


def _detail(each: UploadStatus) -> str:
    if each.state is State.FAILED:
        return ": ".join(filter(None, (each.code, meaning(each.code)))) or "its document says why"
    if each.state is State.DONE:
        return " ".join(filter(None, (each.status, each.languages)))
    if each.state is State.STALE:
        return "the document is of an older generation"
    return "no such object" if each.state is State.MISSING else ""


def _fields(each: UploadStatus, redeliver: str) -> dict[str, str | list[str] | None]:
    is_failed = each.state is State.FAILED
    return {
        "uri": each.source.uri,
        "generation": str(each.source.generation) if each.source.generation else None,
        "state": str(each.state),
        "since": each.since.isoformat() if each.since else None,
        "status": each.status or None,
        "languages": each.languages.split(",") if each.languages else [],
        "code": each.code or None,
        "meaning": meaning(each.code) or None,
        "document": each.document or None,
        "retry": retry_command(redeliver, each.source.name) if is_failed else None,
    }


def _shell_word(text: str) -> str:
    """The text as one word of a shell; with a control character in bash's and zsh's form."""
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + escaped(text).replace("'", "\\'") + "'"
