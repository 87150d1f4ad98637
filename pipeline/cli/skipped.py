"""Documents that a command could not use: each is reported, and the exit code is then 1."""

import typer
from rich.console import Console

from pipeline.errors import ImageTranslationError


class SkippedDocuments:
    """Prints every skipped document and counts them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.count = 0

    def __call__(self, place: str, error: ImageTranslationError) -> None:
        """Reports one; `place` is where it was found."""
        self.count += 1
        self.note(f"skipped {place}: {error}")

    def note(self, text: str) -> None:
        """Prints a remark that is no failure; nothing in it commands the terminal."""
        safe = "".join(c if c.isprintable() else "\ufffd" for c in text)
        self._console.print(safe, style="yellow", markup=False, soft_wrap=True)

    def exit_if_any(self) -> None:
        """Ends the command with exit code 1 where a document was skipped.

        Raises:
            Exit: one was.
        """
        if self.count:
            self.note(f"{self.count} skipped")
            raise typer.Exit(1)
