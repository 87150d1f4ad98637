"""compose.yaml describes the chain that `up` starts: same names, same order, nothing kept."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from pipeline.cli.commands import cli
from pipeline.config import Settings
from pipeline.local.chain import PROJECT, RESULTS, UPLOADS
from pipeline.local.emulator import IMAGE

ROOT = Path(__file__).parents[2]
FILE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
PROGRAMS = {name: service for name, service in SERVICES.items() if "build" in service}
FROM_THE_PLATFORM = {"FUNCTION_TARGET", "STORAGE_EMULATOR_HOST", "WATCHFILES_FORCE_POLLING"}


def test_the_parts_are_those_of_the_chain() -> None:
    """Given the file, when its services are read, then four run the project's image and two the
    public ones.
    """
    assert PROGRAMS.keys() == {"push", "dead-letter", "drop", "review"}
    assert {service["image"] for service in PROGRAMS.values()} == {"${IMAGE:-image-translation}"}
    assert SERVICES["pubsub"]["image"].endswith(IMAGE)
    assert re.fullmatch(r".*/fsouza/fake-gcs-server:\d+\.\d+\.\d+", SERVICES["storage"]["image"])


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_variable_is_a_setting(name: str) -> None:
    """Given the environment of a service, when it is read, then each variable is known and the
    buckets are those of the chain.
    """
    environment = PROGRAMS[name]["environment"]
    settings = {field.upper() for field in Settings.model_fields}
    assert environment.keys() <= settings | FROM_THE_PLATFORM
    assert (environment["UPLOADS_BUCKET"], environment["RESULTS_BUCKET"]) == (UPLOADS, RESULTS)
    assert environment["STORAGE_EMULATOR_HOST"] == "http://storage:4443"


def test_a_part_starts_after_the_healthy_parts_that_it_needs() -> None:
    """Given the start order, when it is followed, then it has no circle, each part has a health
    check, and the folder is watched last.
    """
    started: list[str] = []
    waiting = dict(SERVICES)
    while waiting:
        ready = [n for n, s in waiting.items() if set(s.get("depends_on", {})) <= set(started)]
        assert ready, f"these wait for each other: {sorted(waiting)}"
        for name in ready:
            started.append(name)
            del waiting[name]
    assert started[-1] == "drop"
    awaited = {
        (needed, rule["condition"])
        for service in SERVICES.values()
        for needed, rule in service.get("depends_on", {}).items()
    }
    assert awaited == {
        (name, "service_healthy") for name in ("pubsub", "storage", "push", "dead-letter")
    }
    assert all("test" in service["healthcheck"] for service in SERVICES.values())


def test_uploads_are_announced_where_the_services_are_subscribed() -> None:
    """Given the commands, when the topic of the storage server and the push addresses are read,
    then they are those of the chain.
    """
    options = dict(option.lstrip("-").split("=") for option in SERVICES["storage"]["command"])
    assert options["event.pubsub-project-id"] == PROJECT
    assert options["event.pubsub-topic"] == UPLOADS
    assert options["event.bucket"] == UPLOADS
    assert SERVICES["storage"]["environment"]["PUBSUB_EMULATOR_HOST"] == "pubsub:8085"
    assert SERVICES["storage"]["tmpfs"] == [f"/data/{UPLOADS}", f"/data/{RESULTS}"]
    subscribe, _, _ = SERVICES["drop"]["command"][-1].partition("&&")
    _, _, module, host, *endpoints = subscribe.split()
    assert (module, host) == ("pipeline.local.topics", "pubsub:8085")
    hosts = [re.fullmatch(r"http://([\w-]+):8080/", endpoint)[1] for endpoint in endpoints]  # type: ignore[index]
    targets = [SERVICES[host]["environment"]["FUNCTION_TARGET"] for host in hosts]
    assert targets == ["push", "dead_letter"]


def test_the_drop_command_is_one_that_exists() -> None:
    """Given the command of the service `drop`, when the command line parses it, then it watches the
    folder that is mounted.
    """
    _, _, command = SERVICES["drop"]["command"][-1].partition("exec image-translation ")
    name, *arguments = command.split()
    context = typer.main.get_command(cli).commands[name].make_context(name, arguments)  # type: ignore[attr-defined]
    (mount,) = SERVICES["drop"]["volumes"]
    assert context.params["folder"] == Path(mount["target"])
    assert context.params["as_owner"]
    assert (ROOT / mount["source"].partition(":-")[2].rstrip("}")).is_dir()


def test_only_this_machine_reaches_the_ports_and_they_are_fixed() -> None:
    """Given the published ports, when they are read, then each is bound to 127.0.0.1 and is the
    same on both sides.
    """
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == len(set(ports)) > 0
    for port in ports:
        assert re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port), port


def test_nothing_stays_behind() -> None:
    """Given the mounts, when they are read, then they are files of this checkout, the drop folder
    or memory, so that `down` leaves no volume.
    """
    assert "volumes" not in FILE
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            source = mount["source"] if isinstance(mount, dict) else mount.partition(":")[0]
            assert source.startswith(("./", "${DROP:-./"))
            assert source.startswith("$") or (ROOT / source).exists()


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_has_few_rights(name: str) -> None:
    """Given a service of the project's image, when its rights are read, then its files are
    read-only and it has no capability but those that the drop folder needs.
    """
    service = PROGRAMS[name]
    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    added = service.get("cap_add", [])
    assert added == (["SETGID", "SETUID"] if name == "drop" else [])
