"""Settings: the environment, then .env, validated once."""

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
_GENERAL_MODEL = re.compile(r"(projects/[^/]+/locations/[^/]+/models/)?general/[^/]+")
T = TypeVar("T")


class Settings(BaseSettings):
    """Every setting, under the name of its environment variable in lower case."""

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
        description="dedicated OCR threads; not fewer than MAX_CONCURRENT_OCR, with `auto` as many",
    )
    max_concurrent_requests: int = Field(
        8,
        ge=1,
        le=1000,
        description="requests one process takes in: the OCR slots and a waiting room",
    )
    max_image_pixels: int = Field(
        100_000_000, ge=1, description="refused from the header, before decoding"
    )
    max_image_bytes: int = Field(
        33_554_432, ge=1, description="refused from the notification, before download"
    )
    max_pages: int = Field(20, ge=1, description="of a multi-page TIFF; the rest is skipped")
    ocr_engine: str = Field(
        "openvino", description="or `onnxruntime`, `paddle`, or `package.module:Class`"
    )
    ocr_precision: Literal["auto", "int8", "bfloat16", "float32"] = Field(
        "auto",
        description="of `openvino`; `auto`: the fastest the processor has, int8 if installed",
    )
    ocr_model_dir: Path = Field(Path("models"), description="what `models install` filled")
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
        None, description="another host; http://127.0.0.1:N is asked without credentials"
    )
    translation_model_dir: Path = Field(
        Path("models/translation"), description="what `models install --translation` filled"
    )
    glossary: str | None = Field(
        None, description="CSV on disk or gs://: source language, target language, source, result"
    )
    max_characters_per_image: int | None = Field(
        None, ge=1, description="over all targets; beyond it nothing of the image is sent"
    )
    max_characters_per_day: int | None = Field(
        None, ge=1, description="of one process; beyond it nothing is sent until the next day (UTC)"
    )
    memory_limit_mb: int | None = Field(
        None, ge=256, description="the memory budget's limit; by default the cgroup's"
    )
    delivery_deadline_seconds: float = Field(
        540, gt=0, le=590, description="below the request timeout and the ack deadline (600)"
    )

    log_text: bool = Field(
        False, description="whether log lines may hold what was read; off for anything private"
    )
    require_push_audience: str | None = Field(
        None,
        description="pushes must carry Google's token for it; not behind Cloud Run's own check",
    )
    require_push_account: str | None = Field(
        None, description="and the token must be of this service account, named by its e-mail"
    )

    @field_validator("uploads_bucket", "results_bucket")
    @classmethod
    def _named(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty: name a bucket")
        return value.strip()

    @field_validator(
        "translator_project",
        "google_translate_glossary",
        "google_translate_endpoint",
        "glossary",
        "max_characters_per_image",
        "max_characters_per_day",
        "require_push_audience",
        "require_push_account",
        mode="before",
    )
    @classmethod
    def _blank(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("target_languages", mode="before")
    @classmethod
    def _targets(cls, value: object) -> object:
        return _checked(parse_languages, value) if isinstance(value, str) else value

    @field_validator("source_language")
    @classmethod
    def _source(cls, value: str) -> str:
        return value if value == AUTO else _checked(parse_language, value)

    @model_validator(mode="after")
    def _google(self) -> Self:
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
            f"{name}={resource!r} is for its own region and never for global: set"
            f" GOOGLE_TRANSLATE_LOCATION (now {location!r}) to {region}"
        )


def _checked(parse: Callable[[str], T], value: str) -> T:
    try:
        return parse(value)
    except UnsupportedLanguageError as error:
        raise ValueError(str(error)) from error


def load_settings(**overrides: object) -> Settings:
    """Reads and checks every setting.

    Raises:
        ConfigurationError: one line a problem, each with the variable's name.
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
        ConfigurationError: there is none.
    """
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(
            f"{setting}={name!r} is neither built in nor a package.module:Class: {error}"
        ) from error
