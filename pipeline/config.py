"""The settings: read from the environment, then from .env, and validated once."""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from pipeline.errors import ConfigurationError, UnsupportedLanguageError
from pipeline.language.tags import parse_language, parse_languages

AUTO = "auto"
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/?$")
_PLACE = re.compile(r"gs://[a-z0-9][a-z0-9._-]+[a-z0-9](/[^\s?#]*)?")
_TOPIC = re.compile(r"projects/[^/\s]+/topics/[^/\s]+")
_GENERAL_MODEL = re.compile(r"(projects/[^/]+/locations/[^/]+/models/)?general/[^/]+")
T = TypeVar("T")


class Settings(BaseSettings):
    """Every setting; a field is the environment variable's name in lower case."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    uploads_bucket: str = Field(description="bucket the images are dropped into; required")
    results_bucket: str = Field(description="bucket the documents are written to; must differ")
    target_languages: Annotated[tuple[str, ...], NoDecode] = Field(
        ("en",), description="BCP-47, comma separated; object metadata `target-languages` overrides"
    )
    source_language: str = Field(
        AUTO, description="`auto` or a BCP-47 tag; object metadata `source-language` overrides"
    )
    max_concurrent_ocr: Annotated[int, Field(ge=1, le=64)] | Literal["auto"] = Field(
        3, description="recognitions at the same time in one process; `auto`: by memory and cores"
    )
    max_worker_threads: int = Field(
        3,
        ge=1,
        le=64,
        description="dedicated OCR threads, at least MAX_CONCURRENT_OCR; with `auto`, one per slot",
    )
    max_concurrent_requests: int = Field(
        8,
        ge=1,
        le=1000,
        description="requests inside one process: those in an OCR slot and those that wait",
    )
    max_image_pixels: int = Field(
        100_000_000, ge=1, description="a larger image is refused from its header, undecoded"
    )
    max_image_bytes: int = Field(
        33_554_432, ge=1, description="a larger file is refused before the download"
    )
    max_pages: int = Field(
        100, ge=1, description="pages read of one TIFF or PDF; the rest is skipped"
    )
    pdf_dpi: int = Field(200, ge=36, le=600, description="pixels an inch of a PDF's pages")
    pdf_text: Literal["ocr", "layer", "auto"] = Field(
        "ocr",
        description="a PDF's text: read from the page; or its text layer, unchecked, where it has"
        " one (`layer`); `auto`: the layer where it agrees with the page",
    )
    ocr_engine: str = Field(
        "openvino", description="or `onnxruntime`, `paddle`, or `package.module:Class`"
    )
    ocr_precision: Literal["auto", "int8", "bfloat16", "float32"] = Field(
        "auto",
        description="of `openvino`; `auto`: the fastest the processor has, int8 if installed",
    )
    ocr_model_dir: Path = Field(Path("models"), description="folder that `models install` fills")
    ocr_max_side: int = Field(
        960, ge=320, le=4000, description="longest side the detector sees, in pixels"
    )
    translator: str = Field(
        AUTO,
        description="or `google`, `ctranslate2`, `apertium`, `none`, or `package.module:Class`",
    )
    translator_project: str | None = Field(
        None, description="Google Cloud project that pays for `google`; text goes there if set"
    )
    google_translate_model: str = Field(
        "general/nmt", description="or `general/translation-llm`, or a model's full name"
    )
    google_translate_location: str = Field(
        "global", description="a region for glossaries and custom models, such as us-central1"
    )
    google_translate_glossary: str | None = Field(
        None, description="a Cloud glossary's full name: projects/P/locations/L/glossaries/G"
    )
    google_translate_endpoint: str | None = Field(
        None, description="another host; http://127.0.0.1:N gets no credentials"
    )
    translation_model_dir: Path = Field(
        Path("models/translation"), description="folder that `models install --translation` fills"
    )
    glossary: str | None = Field(
        None, description="CSV on disk or gs://: source language, target language, source, result"
    )
    translation_memory: str | None = Field(
        None, description="gs://BUCKET/PREFIX: translations that all instances share"
    )
    max_characters_per_image: int | None = Field(
        None, ge=1, description="all targets together; an image with more is not translated"
    )
    max_characters_per_day: int | None = Field(
        None,
        ge=1,
        description="of one process, so ten instances send ten times as many; then none until the"
        " next day (UTC)",
    )
    exports: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        None,
        description="files beside each document, comma separated: `text`, `hocr`, `alto`, `pdf`",
    )
    results_topic: str | None = Field(
        None, description="projects/P/topics/T: one message for each outcome, after its document"
    )
    render: Literal["none", "png", "jpeg", "webp"] = Field(
        "none", description="translated pictures beside each document: `png`, `jpeg` or `webp`"
    )
    memory_limit_mb: int | None = Field(
        None, ge=256, description="memory this process may use; by default the cgroup's limit"
    )
    delivery_deadline_seconds: float = Field(
        540, gt=0, le=590, description="less than the request timeout and ack deadline, 600"
    )

    log_text: bool = Field(
        False, description="log lines may hold recognised text; keep it off for private images"
    )
    require_push_audience: str | None = Field(
        None,
        description="pushes need Google's token for it; unset where Cloud Run checks tokens",
    )
    require_push_account: str | None = Field(
        None, description="e-mail of the service account that the token must belong to"
    )

    @field_validator("uploads_bucket", "results_bucket")
    @classmethod
    def _check_bucket_name(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty: name a bucket")
        return value.strip()

    @field_validator(
        "exports",
        "translator_project",
        "google_translate_glossary",
        "google_translate_endpoint",
        "glossary",
        "translation_memory",
        "max_characters_per_image",
        "max_characters_per_day",
        "results_topic",
        "require_push_audience",
        "require_push_account",
        mode="before",
    )
    @classmethod
    def _blank_as_none(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("target_languages", mode="before")
    @classmethod
    def _parse_targets(cls, value: object) -> object:
        return _parsed(parse_languages, value) if isinstance(value, str) else value

    @field_validator("exports", mode="before")
    @classmethod
    def _formats(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))

    @field_validator("results_topic")
    @classmethod
    def _check_topic(cls, value: str | None) -> str | None:
        if value and not _TOPIC.fullmatch(value):
            raise ValueError(f"{value!r} is not a full name: write projects/PROJECT/topics/TOPIC")
        return value

    @field_validator("source_language")
    @classmethod
    def _parse_source(cls, value: str) -> str:
        return value if value == AUTO else _parsed(parse_language, value)

    @field_validator("translation_memory")
    @classmethod
    def _check_place(cls, value: str | None) -> str | None:
        if value and not _PLACE.fullmatch(value):
            raise ValueError(f"{value!r} is no place for objects: name gs://BUCKET/PREFIX")
        return value

    @model_validator(mode="after")
    def _check_google(self) -> Self:
        if self.translator == "google" and not self.translator_project:
            raise ValueError(
                "TRANSLATOR=google needs TRANSLATOR_PROJECT: name the project that pays for it"
            )
        endpoint = self.google_translate_endpoint or ""
        if endpoint.startswith("http://") and not _LOOPBACK.match(endpoint):
            raise ValueError(
                f"GOOGLE_TRANSLATE_ENDPOINT={endpoint!r} would send text unencrypted: use https,"
                " or http://127.0.0.1:PORT for a fake on this machine"
            )
        location = self.google_translate_location
        if self.google_translate_glossary:
            _check_region("GOOGLE_TRANSLATE_GLOSSARY", self.google_translate_glossary, location)
        if not _GENERAL_MODEL.fullmatch(self.google_translate_model):
            _check_region("GOOGLE_TRANSLATE_MODEL", self.google_translate_model, location)
        return self

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.require_push_account and not self.require_push_audience:
            raise ValueError(
                "REQUIRE_PUSH_ACCOUNT needs REQUIRE_PUSH_AUDIENCE: name the subscription's audience"
            )
        if self.uploads_bucket == self.results_bucket:
            raise ValueError(
                f"UPLOADS_BUCKET and RESULTS_BUCKET are both {self.uploads_bucket!r}: every"
                " document would count as a new upload; name two buckets"
            )
        if f"{self.translation_memory}/".startswith(f"gs://{self.uploads_bucket}/"):
            raise ValueError(
                f"TRANSLATION_MEMORY={self.translation_memory} is in UPLOADS_BUCKET: every"
                " translation would count as an upload; name another bucket"
            )
        if self.max_concurrent_ocr == AUTO:
            return self
        for name in ("max_worker_threads", "max_concurrent_requests"):
            if getattr(self, name) < self.max_concurrent_ocr:
                raise ValueError(
                    f"{name.upper()}={getattr(self, name)} is fewer than"
                    f" MAX_CONCURRENT_OCR={self.max_concurrent_ocr}: raise it or lower the other"
                )
        return self


def _check_region(name: str, resource: str, location: str) -> None:
    match = re.fullmatch(r"projects/[^/]+/locations/([^/]+)/(?:glossaries|models)/[^/]+", resource)
    if match is None:
        raise ValueError(
            f"{name}={resource!r} is not a full name, projects/PROJECT/locations/LOCATION/..."
        )
    if match[1] == "global" or match[1] != location:
        region = "its region, such as us-central1" if match[1] == "global" else match[1]
        raise ValueError(
            f"{name}={resource!r} is for one region, never for global: set"
            f" GOOGLE_TRANSLATE_LOCATION (now {location!r}) to {region}"
        )


def _parsed(parse: Callable[[str], T], value: str) -> T:
    try:
        return parse(value)
    except UnsupportedLanguageError as error:
        raise ValueError(str(error)) from error


def load_settings(**overrides: object) -> Settings:
    """Reads and checks every setting; `overrides` come before the environment.

    Raises:
        ConfigurationError: with one line for each problem, which names the variable.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pydantic checks each value
    except ValidationError as error:
        problems: dict[str, list[str]] = {}
        for problem in error.errors():
            name = "".join(str(part) for part in problem["loc"][:1]).upper()
            problems.setdefault(name, []).append(problem["msg"].removeprefix("Value error, "))
        lines = [f"{name}: {', or '.join(texts)}" for name, texts in problems.items() if name]
        raise ConfigurationError("\n".join(lines + problems.get("", []))) from error


def load_class(setting: str, name: str) -> Any:
    """The class `package.module:Class` that `setting` names.

    Raises:
        ConfigurationError: there is no such module or class.
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"{setting}={name!r} is neither built in nor a package.module:Class: {error}"
        ) from error
