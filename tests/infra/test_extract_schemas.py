"""The extraction, on an assembly small enough to read."""

from tests.infra.extract_schemas import PROVIDERS, Json, extract

DOCS = "https://example.org/providers/hashicorp/google/8.7.0/docs/resources/thing"
PACKAGE = "@cdktn/provider-google."


def _member(camel: str, snake: str, jsii: Json, summary: str = "", **more: object) -> Json:
    docs = {"summary": summary, "remarks": f"{DOCS}#{snake} Thing#{snake}"}
    return {"name": camel, "type": jsii, "docs": docs, **more}


def _assembly() -> Json:
    text = {"primitive": "string"}
    truth = {"union": {"types": [{"primitive": "boolean"}, {"fqn": "cdktn.IResolvable"}]}}
    rule = {"fqn": f"{PACKAGE}redThing.RedThingRule"}
    rules = {
        "union": {
            "types": [
                {"fqn": "cdktn.IResolvable"},
                {"collection": {"kind": "array", "elementtype": rule}},
            ]
        }
    }
    return {
        f"{PACKAGE}provider.GoogleProviderConfig": {
            "properties": [_member("project", "project", text, optional=True)]
        },
        f"{PACKAGE}redThing.RedThingConfig": {
            "properties": [
                _member("kmsKey2Name", "kms_key2_name", text),
                _member("isOn", "is_on", truth, optional=True),
                _member("rule", "rule", rules, "rule block.", optional=True),
                _member("policy", "policy", rule, "policy block."),
            ]
        },
        f"{PACKAGE}redThing.RedThingRule": {"properties": [_member("age", "age", text)]},
        f"{PACKAGE}redThing.RedThing": {
            "properties": [
                {"name": "tfResourceType", "type": text, "static": True, "immutable": True},
                {"name": "selfLink", "type": text, "immutable": True},
                {"name": "isOnInput", "type": truth, "immutable": True},
                {"name": "isOn", "type": truth},
            ]
        },
    }


def test_extraction_keeps_what_terraform_needs_to_know() -> None:
    """Given an assembly, when extracted, then need, type, nesting and computed are Terraform's."""
    schema = extract(_assembly(), "google", {"google_red_thing"}, set())
    assert schema["provider_version"] == "8.7.0"
    block = schema["provider_schemas"][PROVIDERS["google"]]["resource_schemas"]["google_red_thing"][
        "block"
    ]
    nested = {"attributes": {"age": {"type": "string", "required": True}}, "block_types": {}}
    assert block == {
        "attributes": {
            "kms_key2_name": {"type": "string", "required": True},
            "is_on": {"type": "bool", "optional": True},
            "self_link": {"type": "string", "computed": True},
            "id": {"type": "string", "optional": True, "computed": True},
        },
        "block_types": {
            "rule": {"nesting_mode": "list", "block": nested},
            "policy": {"nesting_mode": "list", "block": nested, "min_items": 1, "max_items": 1},
        },
    }
