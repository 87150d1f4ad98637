from pathlib import Path

from pipeline.config import Settings

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_the_readme_lists_every_setting_with_its_default() -> None:
    """Given the settings, the README's table has a row for each, with its default."""
    rows = {
        cells[1].strip(): cells[2].strip()
        for line in README.splitlines()
        if line.startswith("| ") and (cells := line.split("|"))[1].strip().isupper()
    }
    assert rows == {
        name.upper(): shown(field.default) for name, field in Settings.model_fields.items()
    }


def shown(default: object) -> str:
    if default is None:
        return "none"
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default) if not str(default).startswith("Pydantic") else "required"
