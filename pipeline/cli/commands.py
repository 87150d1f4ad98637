"""The command line: `image-translation`."""

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

from pipeline.cli.image_files import pictures_in
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

Images = Annotated[list[Path], typer.Argument(help="image files, or folders of them")]


@cli.command()
def run(
    images: Images,
    out: Annotated[Path, typer.Option(help="folder the documents are written to")],
) -> None:
    """Translate pictures here: no broker, no cloud, the same processor."""
    from pipeline.cli import run  # noqa: PLC0415 - loads OCR

    settings = load_settings(uploads_bucket="files", results_bucket="documents")
    pictures = pictures_in(images)
    console = Console()
    done = []
    with _progress(console) as progress:
        task = progress.add_task("translating", total=len(pictures))
        for outcome in run.translate_files(settings, pictures, out):
            done.append(outcome)
            progress.advance(task)
    console.print(outcome_table(done))
    console.print(f"documents: {out}")
    if any(outcome["status"] == "failed" for outcome in done):
        raise typer.Exit(1)


@cli.command()
def demo(
    samples: Annotated[Path, typer.Argument(help="folder of pictures")] = Path("samples"),
    out: Annotated[Path, typer.Option(help="folder the documents are written to")] = RESULTS,
) -> None:
    """Run the whole local chain on sample pictures, show what came out, stop it again."""
    from pipeline.local import chain, demo  # noqa: PLC0415 - loads the cloud clients

    started = time.monotonic()
    console = Console()
    pictures = pictures_in([samples])
    with _progress(console) as progress:
        task = progress.add_task("starting emulator, storage and subscriber", total=len(pictures))
        with chain.running_chain(LOGS, _local_environment()) as running:
            names = demo.upload(running, pictures)
            progress.update(task, description="translating")
            done = []
            for outcome in demo.documents(running, names, out):
                done.append(outcome)
                progress.advance(task)
            progress.update(task, description="stopping")
    console.print(outcome_table(done))
    console.print(
        f"{len(done)} documents in {out}, logs in {LOGS}; {time.monotonic() - started:.1f} s in all"
    )


@cli.command()
def up() -> None:
    """Start the local chain and leave it running."""
    from pipeline.local import chain  # noqa: PLC0415 - loads the cloud clients

    console = Console()
    if STATE.exists() and chain.load(STATE).subscriber.is_alive():
        raise UsageError("the local chain runs already; `make down` stops it")
    with console.status("starting emulator, storage and subscriber"):
        running = chain.start_chain(LOGS, _local_environment())
    chain.save(running, STATE)
    console.print(
        f"the local chain runs; storage at {running.storage_url}, logs in {LOGS}\n"
        "drop files in with:  .venv/bin/image-translation upload FILES...\n"
        "stop it with:        make down"
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
    """Upload pictures into the running local chain and wait, or into a real bucket."""
    from pipeline.local import chain, demo  # noqa: PLC0415 - loads the cloud clients
    from pipeline.stores.gcs import GcsStore  # noqa: PLC0415 - the same

    console = Console()
    pictures = pictures_in(files)
    if bucket:
        store = GcsStore.from_environment()
        for file, name in pictures:
            store.upload_file(bucket, name, file)
        console.print(f"{len(pictures)} pictures uploaded to gs://{bucket}")
        return
    running = chain.load(STATE)
    with _progress(console) as progress:
        task = progress.add_task("translating", total=len(pictures))
        done = []
        for outcome in demo.documents(running, demo.upload(running, pictures), out):
            done.append(outcome)
            progress.advance(task)
    console.print(outcome_table(done))


@cli.command()
def redeliver(
    *,
    uploads: Annotated[str | None, typer.Option(help="bucket; the local chain's if none")] = None,
    results: Annotated[str | None, typer.Option(help="bucket of the documents")] = None,
    topic: Annotated[str | None, typer.Option(help="projects/PROJECT/topics/TOPIC")] = None,
    minutes: Annotated[int, typer.Option(help="leave out what is younger")] = 15,
    failed: Annotated[bool, typer.Option(help="also what ended as failed")] = False,
    dry_run: Annotated[bool, typer.Option(help="only list them")] = False,
) -> None:
    """Announce uploads again that have no document, whatever became of their messages."""
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
    found = redelivery.pending_uploads(
        store.uploads(uploads), store.uploads(results), before=before
    )
    again = [one for one in found if failed or one.reason is not Pending.FAILED]
    console = Console()
    for one in again:
        console.print(f"{one.reason:8}{one.upload.ref.uri}", markup=False, soft_wrap=True)
    if not dry_run:
        redelivery.announce(publisher, topic, [one.upload for one in again])
    console.print(f"{len(again)} uploads {'to be announced' if dry_run else 'announced'} again")


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the outcome documents."""
    sys.stdout.write(json.dumps(document.schema(), indent=2) + "\n")


@models_cli.command("install")
def install(
    engine: Annotated[str, typer.Option(help=" or ".join(ocr_models.ENGINES))] = "openvino",
    translation: Annotated[
        str | None, typer.Option(help="a pair such as es-en instead of OCR models")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(help="checksum of a translation model whose release has none")
    ] = None,
    into: Annotated[
        Path | None, typer.Option("--dir", help="models, or models/translation, by default")
    ] = None,
    force: Annotated[bool, typer.Option(help="even if they are there")] = False,
) -> None:
    """Fetch pinned models and lay them out."""
    console = Console()
    folder = into or Path("models/translation" if translation else "models")
    if translation:
        from pipeline.translation.engines import model_files as translation_models  # noqa: PLC0415 - rarely

        with console.status(f"fetching the translation model {translation}"):
            model = translation_models.install(translation, folder, sha256=sha256)
        console.print(f"installed {model}; serve it with TRANSLATION_MODEL_DIR={folder}")
        return
    if engine not in ocr_models.ENGINES:
        raise UsageError(f"no models for {engine!r}: {' or '.join(ocr_models.ENGINES)}")
    if ocr_models.is_installed(engine, folder) and not force:
        console.print(f"the models of {engine} are in {folder}")
        return
    with console.status(f"fetching the models of {engine}"):
        installed = ocr_models.install(engine, folder)
    for model in installed:
        console.print(f"installed {model}")


def main() -> None:
    """Entry point: errors are one clear line and a non-zero exit."""
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
    """The models and the glossary beside this checkout, unless the environment names others."""
    beside = {"OCR_MODEL_DIR": Path("models"), "GLOSSARY": Path("samples/glossary.csv")}
    return {
        name: os.environ.get(name, str(path.resolve()))
        for name, path in beside.items()
        if name in os.environ or path.exists()
    }
