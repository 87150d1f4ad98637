"""Stand-ins for providers: each knows the schema of one provider and nothing else.

Terraform attaches to them through TF_REATTACH_PROVIDERS, so `terraform validate`
and `terraform plan` judge the real configuration with Terraform's own rules,
without a download, an account or a network. Planned values are what the
configuration says; whatever the cloud would fill in is unknown.

It speaks the plug-in protocol, version 5, for the calls those two commands make.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tests.infra.extract_schemas import PROVIDERS, Json

Handler = Callable[[Any, Any], Any]

_UNKNOWN = msgpack.ExtType(0, b"\x00")
_NESTING = {"single": 1, "list": 2}

# Message -> fields as (name, number, type); a capitalised type is another message,
# `*` repeats. Names and numbers are the protocol's own.
_MESSAGES: dict[str, list[tuple[str, int, str]]] = {
    "Empty": [],
    "DynamicValue": [("msgpack", 1, "bytes")],
    "Attribute": [
        ("name", 1, "string"),
        ("type", 2, "bytes"),
        ("required", 4, "bool"),
        ("optional", 5, "bool"),
        ("computed", 6, "bool"),
    ],
    "NestedBlock": [
        ("type_name", 1, "string"),
        ("block", 2, "Block"),
        ("nesting", 3, "int64"),
        ("min_items", 4, "int64"),
        ("max_items", 5, "int64"),
    ],
    "Block": [("attributes", 2, "*Attribute"), ("block_types", 3, "*NestedBlock")],
    "Schema": [("version", 1, "int64"), ("block", 2, "Block")],
    "SchemaEntry": [("key", 1, "string"), ("value", 2, "Schema")],
    "Schemas": [
        ("provider", 1, "Schema"),
        ("resource_schemas", 2, "*SchemaEntry"),
        ("data_source_schemas", 3, "*SchemaEntry"),
    ],
    "PreparedConfig": [("config", 1, "DynamicValue")],
    "TypedConfig": [("type_name", 1, "string"), ("config", 2, "DynamicValue")],
    "PlanRequest": [("type_name", 1, "string"), ("proposed_new_state", 3, "DynamicValue")],
    "PlanResponse": [("planned_state", 1, "DynamicValue"), ("legacy_type_system", 5, "bool")],
    "ReadResponse": [("state", 1, "DynamicValue")],
}


@contextmanager
def schema_providers(schemas: Mapping[str, Json], folder: Path) -> Iterator[dict[str, str]]:
    """Serves each provider's schema on a socket in `folder`.

    Yields the environment that Terraform needs.
    """
    with ExitStack() as running:
        attached = {
            PROVIDERS[name]: running.enter_context(_serving(schema, PROVIDERS[name], folder / name))
            for name, schema in schemas.items()
        }
        yield {"TF_REATTACH_PROVIDERS": json.dumps(attached)}


@contextmanager
def _serving(schema: Json, address: str, socket: Path) -> Iterator[Json]:
    """Serves one schema; yields how Terraform attaches to it."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers((_service(schema["provider_schemas"][address]),))
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        yield {
            "Protocol": "grpc",
            "ProtocolVersion": 5,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": str(socket)},
        }
    finally:
        server.stop(grace=None).wait()


def _service(schema: Json) -> grpc.GenericRpcHandler:
    types = _message_types()
    value, empty = types["DynamicValue"], types["Empty"]

    def schemas(_request: Any, _context: Any) -> Any:
        return types["Schemas"](
            provider=_schema(types, schema["provider"]),
            resource_schemas=_entries(types, schema["resource_schemas"]),
            data_source_schemas=_entries(types, schema["data_source_schemas"]),
        )

    def prepare(request: Any, _context: Any) -> Any:
        return types["PreparedConfig"](config=request.config)

    def accept(_request: Any, _context: Any) -> Any:
        return empty()

    def plan(request: Any, _context: Any) -> Any:
        block = schema["resource_schemas"][request.type_name]["block"]
        state = value(msgpack=_planned(block, request.proposed_new_state.msgpack))
        # As the real provider, which is allowed nulls where others must be exact.
        return types["PlanResponse"](planned_state=state, legacy_type_system=True)

    def read(request: Any, _context: Any) -> Any:
        block = schema["data_source_schemas"][request.type_name]["block"]
        return types["ReadResponse"](state=value(msgpack=_read(block, request.config.msgpack)))

    calls: list[tuple[str, Handler, str]] = [
        ("GetSchema", schemas, "Empty"),
        ("PrepareProviderConfig", prepare, "PreparedConfig"),
        ("ValidateResourceTypeConfig", accept, "Empty"),
        ("ValidateDataSourceConfig", accept, "Empty"),
        ("Configure", accept, "Empty"),
        ("PlanResourceChange", plan, "PlanRequest"),
        ("ReadDataSource", read, "TypedConfig"),
        ("Stop", accept, "Empty"),
    ]
    return grpc.method_handlers_generic_handler(
        "tfplugin5.Provider",
        {
            name: grpc.unary_unary_rpc_method_handler(
                call,
                request_deserializer=types[request].FromString,
                response_serializer=lambda response: response.SerializeToString(),
            )
            for name, call, request in calls
        },
    )


def _planned(block: Json, proposed: bytes) -> bytes:
    state = msgpack.unpackb(proposed, ext_hook=msgpack.ExtType)
    if state is None:
        return proposed
    for name, attribute in block["attributes"].items():
        if attribute.get("computed") and state[name] is None:
            state[name] = _UNKNOWN
    if "uri" in block["attributes"]:
        # Known before the apply, so that a rule can compare the addresses of pushes.
        state["uri"] = f"https://{state['name']}.invalid"
    return bytes(msgpack.packb(state))


def _read(block: Json, config: bytes) -> bytes:
    state = msgpack.unpackb(config, ext_hook=msgpack.ExtType)
    for name, attribute in block["attributes"].items():
        if attribute.get("computed") and attribute["type"] == "string":
            state[name] = f"the-{name.replace('_', '-')}"
    return bytes(msgpack.packb(state))


def _entries(types: Json, schemas: Json) -> list[Any]:
    return [
        types["SchemaEntry"](key=name, value=_schema(types, schema))
        for name, schema in schemas.items()
    ]


def _schema(types: Json, schema: Json) -> Any:
    return types["Schema"](version=schema["version"], block=_block(types, schema["block"]))


def _block(types: Json, block: Json) -> Any:
    attributes = [
        types["Attribute"](
            name=name,
            type=json.dumps(attribute["type"]).encode(),
            **{need: True for need in attribute if need != "type"},
        )
        for name, attribute in block["attributes"].items()
    ]
    nested = [
        types["NestedBlock"](
            type_name=name,
            block=_block(types, inner["block"]),
            nesting=_NESTING[inner["nesting_mode"]],
            min_items=inner.get("min_items", 0),
            max_items=inner.get("max_items", 0),
        )
        for name, inner in block["block_types"].items()
    ]
    return types["Block"](attributes=attributes, block_types=nested)


def _message_types() -> dict[str, Any]:
    field = descriptor_pb2.FieldDescriptorProto
    scalars = {
        "string": field.TYPE_STRING,
        "bytes": field.TYPE_BYTES,
        "bool": field.TYPE_BOOL,
        "int64": field.TYPE_INT64,
    }
    file = descriptor_pb2.FileDescriptorProto(
        name="tfplugin5.proto", package="tfplugin5", syntax="proto3"
    )
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, number, kind in fields:
            plain = kind.removeprefix("*")
            described.field.add(
                name=name,
                number=number,
                label=field.LABEL_REPEATED if kind != plain else field.LABEL_OPTIONAL,
                type=scalars.get(plain, field.TYPE_MESSAGE),
                type_name=None if plain in scalars else f".tfplugin5.{plain}",
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"tfplugin5.{name}"))
        for name in _MESSAGES
    }
