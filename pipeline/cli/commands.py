"""The commands of `image-translation` and their options."""

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline.cli.evaluate import evaluate
from pipeline.cli.export import export
from pipeline.cli.image_files import find_image_files
from pipeline.cli.outcome_table import outcome_table
from pipeline.config import load_settings
from pipeline.errors import ImageTranslationError, UsageError
from pipeline.ocr import model_files as ocr_models
from pipeline.outcomes import document
from pipeline.outcomes.results_bucket import Pending

STATE = Path("build/local/chain.json")
LOGS = Path("build/logs")
RESULTS = Path("build/results")

cli = typer.Typer(
    help="Images of text become translated JSON.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_cli = typer.Typer(help="The OCR models.", no_args_is_help=True)
cli.add_typer(models_cli, name="models")
cli.command()(export)
cli.command()(evaluate)

Images = Annotated[list[Path], typer.Argument(help="image files, or folders of them")]


@cli.command()
def run(
    images: Images,
    out: Annotated[Path, typer.Option(help="folder the documents are written to")],
) -> None:
    """Translate image files on this machine, without Pub/Sub or a bucket."""
    from pipeline.cli import run  # noqa: PLC0415 - loads OCR

    settings = load_settings(uploads_bucket="files", results_bucket="documents")
    image_files = find_image_files(images)
    console = Console()
    documents = []
    with _progress(console) as progress:
        task = progress.add_task("translating", total=len(image_files))
        for document in run.translate_files(settings, image_files, out):
            documents.append(document)
            progress.advance(task)
    console.print(outcome_table(documents))
    console.print(f"documents: {out}")
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
    with _progress(console) as progress:
        task = progress.add_task(
            "starting emulator, storage and subscriber", total=len(image_files)
        )
        with chain.running_chain(LOGS, _local_environment()) as running:
            names = demo.upload(running, image_files)
            progress.update(task, description="translating")
            documents = []
            for document in demo.documents(running, names, out):
                documents.append(document)
                progress.advance(task)
            progress.update(task, description="stopping")
    seconds = time.monotonic() - started
    console.print(outcome_table(documents))
    console.print(f"{len(documents)} documents in {out}, logs in {LOGS}; {seconds:.1f} s in all")


@cli.command()
def up() -> None:
    """Start the local chain and leave it running."""
    from pipeline.local import chain  # noqa: PLC0415 - loads the cloud clients

    console = Console()
    if STATE.exists() and chain.load(STATE).subscriber.is_alive():
        raise UsageError("the local chain is running already; `make down` stops it")
    with console.status("starting emulator, storage and subscriber"):
        running = chain.start_chain(LOGS, _local_environment())
    chain.save(running, STATE)
    console.print(
        f"the local chain is running; storage at {running.storage_url}, logs in {LOGS}\n"
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
def upload(
    files: Images,
    bucket: Annotated[
        str | None, typer.Option(help="a bucket in the cloud instead of the local chain")
    ] = None,
    out: Annotated[Path, typer.Option(help="folder the documents are written to")] = RESULTS,
) -> None:
    """Upload images to the running local chain and await the documents, or to a real bucket."""
    from pipeline.local import chain, demo  # noqa: PLC0415 - loads the cloud clients
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - the same

    console = Console()
    image_files = find_image_files(files)
    if bucket:
        store = GcsStore.from_environment()
        for file, name in image_files:
            store.upload_file(bucket, name, file)
        console.print(f"{len(image_files)} images uploaded to gs://{bucket}")
        return
    running = chain.load(STATE)
    with _progress(console) as progress:
        task = progress.add_task("translating", total=len(image_files))
        documents = []
        for document in demo.documents(running, demo.upload(running, image_files), out):
            documents.append(document)
            progress.advance(task)
    console.print(outcome_table(documents))


@cli.command()
def redeliver(
    *,
    uploads: Annotated[
        str | None, typer.Option(help="bucket of the images; by default the local chain's")
    ] = None,
    results: Annotated[str | None, typer.Option(help="bucket of the documents")] = None,
    topic: Annotated[str | None, typer.Option(help="projects/PROJECT/topics/TOPIC")] = None,
    minutes: Annotated[int, typer.Option(help="skip uploads younger than this")] = 15,
    failed: Annotated[bool, typer.Option(help="also uploads whose document failed")] = False,
    dry_run: Annotated[bool, typer.Option(help="only list the uploads")] = False,
) -> None:
    """Publish a new notification for every upload that has no document."""
    from pipeline.delivery import redelivery  # noqa: PLC0415 - loads the cloud clients
    from pipeline.local import chain  # noqa: PLC0415 - the same
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - the same

    if uploads and results and topic:
        store, publisher = GcsStore.from_environment(), redelivery.connect()
    elif uploads or results or topic:
        raise UsageError("name all of --uploads, --results and --topic, or none")
    else:
        running = chain.load(STATE)
        store, publisher = GcsStore(running.client()), redelivery.connect(running.emulator.host)
        uploads, results, topic = chain.UPLOADS, chain.RESULTS, running.topic_path
    before = datetime.now(UTC) - timedelta(minutes=minutes)
    pending = [
        each
        for each in redelivery.pending_uploads(
            store.uploads(uploads), store.uploads(results), before=before
        )
        if failed or each.reason is not Pending.FAILED
    ]
    console = Console()
    for each in pending:
        console.print(f"{each.reason:8}{each.upload.ref.uri}", markup=False, soft_wrap=True)
    if not dry_run:
        redelivery.announce(publisher, topic, [each.upload for each in pending])
    console.print(f"{len(pending)} uploads {'to be announced' if dry_run else 'announced'} again")


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
    """Runs a command; a declared error becomes one line on standard error and exit status 1."""
    try:
        cli()
    except ImageTranslationError as error:
        Console(stderr=True).print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        raise SystemExit(1) from error


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _local_environment() -> dict[str, str]:
    """The models and the glossary of this checkout, unless the environment names others."""
    defaults = {"OCR_MODEL_DIR": Path("models"), "GLOSSARY": Path("samples/glossary.csv")}
    return {
        name: os.environ.get(name, str(path.resolve()))
        for name, path in defaults.items()
        if name in os.environ or path.exists()
    }
