"""The commands of `image-translation` and their options."""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from pipeline.cli.backfill import backfill
from pipeline.cli.drop import drop, start_drop
from pipeline.cli.evaluate import evaluate
from pipeline.cli.export import export
from pipeline.cli.image_files import find_image_files
from pipeline.cli.local_files import LOGS, RESULTS, STATE
from pipeline.cli.outcome_table import outcome_table
from pipeline.cli.progress import progress_bar
from pipeline.cli.pull import pull
from pipeline.cli.redeliver import redeliver
from pipeline.cli.report import report, report_beside
from pipeline.cli.status import status
from pipeline.cli.upload import upload
from pipeline.config import load_settings
from pipeline.errors import ImageTranslationError, UsageError
from pipeline.ocr import model_files as ocr_models
from pipeline.outcomes import document

cli = typer.Typer(
    help="Images of text become translated JSON.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_cli = typer.Typer(help="The OCR models.", no_args_is_help=True)
cli.add_typer(models_cli, name="models")
cli.command()(export)
cli.command()(drop)
cli.command()(evaluate)
cli.command()(pull)
cli.command()(redeliver)
cli.command()(backfill)
cli.command()(status)
cli.command()(upload)
cli.command()(report)

Delivery = Literal["push", "pull"]
Images = Annotated[list[Path], typer.Argument(help="image files, or folders of them")]


@cli.command()
def run(
    images: Images,
    out: Annotated[Path, typer.Option(help="folder the documents are written to")],
    *,
    render: Annotated[
        bool, typer.Option("--render", help="translated pictures too; RENDER names their format")
    ] = False,
) -> None:
    """Translate image files on this machine, without Pub/Sub or a bucket."""
    from pipeline.cli import run  # noqa: PLC0415 - loads OCR

    settings = load_settings(uploads_bucket="files", results_bucket="documents")
    if render and settings.render == "none":
        settings = settings.model_copy(update={"render": "png"})
    image_files = find_image_files(images)
    console = Console()
    documents = []
    with progress_bar() as progress:
        task = progress.add_task("translating", total=len(image_files))
        for document in run.translate_files(settings, image_files, out):
            documents.append(document)
            progress.advance(task)
    pictures = sum(len(document.get("renderings", ())) for document in documents)
    console.print(outcome_table(documents))
    console.print(f"documents: {out}" + f"; {pictures} translated pictures" * bool(pictures))
    page = report_beside(out, {name: file for file, name in image_files})
    console.print(f"report: {page}", soft_wrap=True)
    if any(document["status"] == "failed" for document in documents):
        raise typer.Exit(1)


@cli.command()
def demo(
    samples: Annotated[Path, typer.Argument(help="folder of images")] = Path("samples"),
    out: Annotated[Path, typer.Option(help="folder the documents are written to")] = RESULTS,
) -> None:
    """Run the local chain on sample images, show a table of the documents, stop the chain."""
    from pipeline.local import chain, demo  # noqa: PLC0415 - loads the cloud clients

    started = time.monotonic()
    console = Console()
    image_files = find_image_files([samples])
    with progress_bar() as progress:
        task = progress.add_task(
            "starting emulator, storage and subscriber", total=len(image_files)
        )
        environment = _local_environment() | {"RENDER": os.environ.get("RENDER", "png")}
        with chain.running_chain(LOGS, environment) as running:
            names = demo.upload(running, image_files)
            progress.update(task, description="translating")
            documents = []
            for document in demo.documents(running, names, out):
                documents.append(document)
                progress.advance(task)
            progress.update(task, description="stopping")
    page = report_beside(out, {name: file for file, name in image_files})
    seconds = time.monotonic() - started
    pictures = sum(len(document.get("renderings", ())) for document in documents)
    console.print(outcome_table(documents))
    console.print(
        f"{len(documents)} documents and {pictures} translated pictures in {out}, logs in {LOGS};"
        f" {seconds:.1f} s in all"
    )
    console.print(f"report: {page}", soft_wrap=True)


@cli.command()
def up(
    delivery: Annotated[Delivery, typer.Option(help="how messages reach the subscriber")] = "push",
    drop_folder: Annotated[
        Path | None,
        typer.Option("--drop", help="folder whose images are uploaded, documents beside them"),
    ] = None,
) -> None:
    """Start the local chain and leave it running."""
    from pipeline.local import chain  # noqa: PLC0415 - loads the cloud clients

    console = Console()
    if STATE.exists() and chain.load(STATE).subscriber.is_alive():
        raise UsageError("the local chain is running already; `make down` stops it")
    with console.status("starting emulator, storage and subscriber"):
        running = chain.start_chain(LOGS, _local_environment(), delivery=delivery)
        running = running.with_review({})
    chain.save(running, STATE)
    if drop_folder:
        try:
            running = replace(running, drop=start_drop(drop_folder, LOGS / "drop.log"))
        except ImageTranslationError:
            running.stop()
            STATE.unlink()
            raise
        chain.save(running, STATE)
        console.print(f"drop images into {drop_folder}", markup=False, soft_wrap=True)
    console.print(
        f"the local chain is running; storage at {running.storage_url}, logs in {LOGS}\n"
        f"look at them at:    {running.review_url}\n"
        "upload files with:  .venv/bin/image-translation upload FILES...\n"
        "stop it with:       make down"
    )


@cli.command()
def down() -> None:
    """Stop the chain that `up` started."""
    from pipeline.local import chain  # noqa: PLC0415 - loads the cloud clients

    chain.load(STATE).stop()
    STATE.unlink()
    Console().print("the local chain is stopped")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the outcome documents."""
    sys.stdout.write(json.dumps(document.schema(), indent=2) + "\n")


@models_cli.command("install")
def install(
    *,
    engine: Annotated[str, typer.Option(help=" or ".join(ocr_models.ENGINES))] = "openvino",
    translation: Annotated[
        str | None, typer.Option(help="a language pair such as es-en, instead of OCR models")
    ] = None,
    script: Annotated[
        str | None, typer.Option(help="a script such as korean, instead of the main OCR models")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="with --script: weights that were downloaded elsewhere")
    ] = None,
    sha256: Annotated[
        str | None,
        typer.Option(help="SHA-256 of a translation model whose checksum is not known here"),
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--dir", help="by default models, or models/translation")
    ] = None,
    force: Annotated[bool, typer.Option(help="download installed models again")] = False,
) -> None:
    """Download models, verify their checksums and install them."""
    console = Console()
    folder = into or Path("models/translation" if translation else "models")
    if translation:
        from pipeline.translation.engines import model_files as translation_models  # noqa: PLC0415 - rarely

        with console.status(f"fetching the translation model {translation}"):
            model = translation_models.install(translation, folder, sha256=sha256)
        console.print(f"installed {model}; to use it set TRANSLATION_MODEL_DIR={folder}")
        return
    if script:
        from pipeline.ocr.scripts import pp_ocr_packs, registry  # noqa: PLC0415 - rarely

        with console.status(f"fetching the recogniser of {script}"):
            pack = pp_ocr_packs.install(registry.script_named(script), folder, file=file)
        console.print(f"installed {pack}; the service finds it when it starts")
        return
    if engine not in ocr_models.ENGINES:
        raise UsageError(f"--engine {engine!r}: name {' or '.join(ocr_models.ENGINES)}")
    if ocr_models.is_installed(engine, folder) and not force:
        console.print(f"the models of {engine} are installed in {folder} already")
        return
    with console.status(f"fetching the models of {engine}"):
        installed = ocr_models.install(engine, folder)
    for model in installed:
        console.print(f"installed {model}")


def main() -> None:
    """Runs a command; a declared error becomes one line on standard error and exit code 2.

    1 is the exit code of a command that did its work and found something that failed.
    """
    try:
        cli()
    except ImageTranslationError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        raise SystemExit(2) from error


def _local_environment() -> dict[str, str]:
    """The models and the glossary of this checkout, unless the environment names others.

    The chain creates the topic of RESULTS_TOPIC, if the environment has one.
    """
    defaults = {"OCR_MODEL_DIR": Path("models"), "GLOSSARY": Path("samples/glossary.csv")}
    found = {name: str(path.resolve()) for name, path in defaults.items() if path.exists()}
    named = {name: os.environ[name] for name in (*defaults, "RESULTS_TOPIC") if name in os.environ}
    return found | named
