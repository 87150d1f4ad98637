"""The price list: list prices with the date on which they were looked up."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pipeline.errors import ConfigurationError

VCPU_SECOND = "Cloud Run job, vCPU-second"
GIB_SECOND = "Cloud Run job, GiB-second"
CLASS_A = "Cloud Storage, 1000 class A operations"
CLASS_B = "Cloud Storage, 1000 class B operations"


def translation_row(model: str) -> str:
    """The row of a million characters with a model of Cloud Translation."""
    return f"Cloud Translation {model}, million characters"


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices by the name of their row, in one currency."""

    source: str
    looked_up: str
    currency: str
    rows: Mapping[str, float]

    def price(self, row: str) -> float:
        """The price of a row.

        Raises:
            ConfigurationError: the list has no such row.
        """
        if row not in self.rows:
            raise ConfigurationError(
                f"{self.source} has no price {row!r}: add it to a copy and type --prices COPY"
            )
        return self.rows[row]


def load_prices(file: Path | None = None) -> PriceList:
    """Reads a price list, by default the one of this package.

    Raises:
        ConfigurationError: it cannot be read, or is no price list.
    """
    source = str(file or "the price list of this package")
    try:
        packaged = files("pipeline").joinpath("operations/price_list.json")
        raw = json.loads(file.read_bytes() if file else packaged.read_bytes())
        rows = {str(row): _price(price) for row, price in raw["prices"].items()}
        return PriceList(source, str(raw["looked_up"]), str(raw["currency"]), rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{source} is no price list ({type(error).__name__}: {error}): it needs looked_up,"
            " currency and prices"
        ) from error


def _price(raw: object) -> float:
    if not isinstance(raw, int | float) or not math.isfinite(raw) or raw < 0:
        raise ValueError(f"{raw!r} is no price")
    return float(raw)
