"""Extracts the schemas of the two providers from wheels into the small JSON the checks run on.

The google provider itself is a 100 MB download from a registry that not every network
reaches; `cdktn-provider-google` carries its full argument schema as a jsii assembly, and
`cdktn-provider-time` that of the time provider. Run it again when infra/ uses a new
resource type or a provider moves on:

    pip download --no-deps cdktn-provider-google==21.1.0 cdktn-provider-time==14.0.2
    python -m tests.infra.extract_schemas cdktn_provider_*.whl

It writes the same layout as `terraform providers schema -json`. Two things the
assembly cannot tell: sets from lists, and optional arguments the provider also
computes. Neither changes whether a configuration is valid.
"""

import io
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

INFRA = Path(__file__).parents[2] / "infra"
PROVIDERS = {name: f"registry.terraform.io/hashicorp/{name}" for name in ("google", "time")}
"""The source address of each provider that infra/ uses."""

Json = dict[str, Any]

_BLOCK = re.compile(r"^(\w+) block\.$")
_ARGUMENT = re.compile(r"docs/[\w/]+#(\w+)")
_VERSION = re.compile(r"hashicorp/\w+/([\d.]+)")


def main() -> None:
    """Reads the wheels named on the command line and rewrites the schema file of each."""
    if len(sys.argv) < 2:
        sys.exit("usage: python -m tests.infra.extract_schemas WHEEL...")
    for wheel in map(Path, sys.argv[1:]):
        name = wheel.name.split("-")[0].removeprefix("cdktn_provider_")
        resources, sources = types_used(INFRA, name)
        schema = extract(read_assembly(wheel), name, resources, sources)
        text = json.dumps(schema, indent=1, sort_keys=True) + "\n"
        schema_file(name).write_text(text, encoding="utf-8")
        print(f"{schema_file(name).name}: {schema['provider_version']}, {len(text):,} bytes")  # noqa: T201  # a script's result


def schema_file(provider: str) -> Path:
    """The file that holds the schema of a provider."""
    return Path(__file__).with_name(f"{provider}_schema.json")


def types_used(infra: Path, provider: str) -> tuple[set[str], set[str]]:
    """The resource types and the data source types of a provider that the configuration names."""
    used = re.compile(rf'^(resource|data) "({provider}_\w+)"', re.MULTILINE)
    found = [
        match
        for path in infra.glob("*.tf")
        for match in used.findall(path.read_text(encoding="utf-8"))
    ]
    resources = {name for kind, name in found if kind == "resource"}
    return resources, {name for kind, name in found if kind == "data"}


def read_assembly(wheel: Path) -> Json:
    """The `types` of the jsii assembly inside the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        name = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as inner:
            member = inner.extractfile("package/.jsii")
            assert member is not None
            types: Json = json.load(member)["types"]
            return types


def extract(types: Json, name: str, resources: set[str], sources: set[str]) -> Json:
    """The schema of the named types, as `terraform providers schema -json` prints it."""
    package = f"@cdktn/provider-{name}."
    provider = types[f"{package}provider.{name.capitalize()}ProviderConfig"]
    version = _VERSION.search(json.dumps(provider))
    assert version is not None
    return {
        "format_version": "1.0",
        "provider_version": version[1],
        "provider_schemas": {
            PROVIDERS[name]: {
                "provider": {"version": 0, "block": _block(types, provider)},
                "resource_schemas": {
                    kind: _schema(types, package, kind.removeprefix(f"{name}_"))
                    for kind in resources
                },
                "data_source_schemas": {
                    kind: _schema(types, package, f"data_{kind}") for kind in sources
                },
            }
        },
    }


def _schema(types: Json, package: str, snake: str) -> Json:
    pascal = "".join(part.capitalize() for part in snake.split("_"))
    module = f"{package}{pascal[0].lower()}{pascal[1:]}."
    block = _block(types, types[f"{module}{pascal}Config"])
    for member in types[f"{module}{pascal}"]["properties"]:
        name = _snake(member["name"])
        if member.get("static") or not member.get("immutable") or name.endswith("_input"):
            continue
        if name not in block["attributes"] and name not in block["block_types"]:
            block["attributes"][name] = {"type": _type(member["type"]), "computed": True}
    block["attributes"]["id"] = {"type": "string", "optional": True, "computed": True}
    return {"version": 0, "block": block}


def _block(types: Json, interface: Json) -> Json:
    attributes: Json = {}
    block_types: Json = {}
    for member in interface.get("properties", []):
        documented = _ARGUMENT.search(member["docs"].get("remarks", ""))
        name = documented[1] if documented else _snake(member["name"])
        optional = member.get("optional", False)
        if _BLOCK.match(member["docs"].get("summary", "")):
            nested = _named(member["type"])
            block_types[name] = {
                "nesting_mode": "single" if name == "timeouts" else "list",
                "block": _block(types, types[nested]),
                **({} if optional else {"min_items": 1}),
                **({} if _is_list(member["type"]) or name == "timeouts" else {"max_items": 1}),
            }
        else:
            need = {"optional": True} if optional else {"required": True}
            attributes[name] = {"type": _type(member["type"]), **need}
    return {"attributes": attributes, "block_types": block_types}


def _choices(jsii: Json) -> list[Json]:
    """The ways a value may be given, less the token that cdktn adds to each."""
    union = jsii.get("union", {}).get("types", [jsii])
    return [choice for choice in union if choice.get("fqn") != "cdktn.IResolvable"]


def _is_list(jsii: Json) -> bool:
    return any("collection" in choice for choice in _choices(jsii))


def _named(jsii: Json) -> str:
    choice = _choices(jsii)[0]
    name = choice.get("fqn") or _named(choice["collection"]["elementtype"])
    return str(name)


def _type(jsii: Json) -> Any:
    choices = _choices(jsii)
    if not choices or choices[0].get("fqn") == "cdktn.BooleanMap":
        return "bool" if not choices else ["map", "bool"]
    choice = choices[0]
    if "primitive" in choice:
        return {"boolean": "bool", "any": "dynamic"}.get(choice["primitive"], choice["primitive"])
    if "collection" in choice:
        return [
            "list" if choice["collection"]["kind"] == "array" else "map",
            _type(choice["collection"]["elementtype"]),
        ]
    return ["map", "string"] if choice["fqn"] == "cdktn.StringMap" else "dynamic"


def _snake(camel: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", camel).lower()


if __name__ == "__main__":
    main()
