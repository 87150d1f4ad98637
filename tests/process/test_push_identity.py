"""The endpoint with REQUIRE_PUSH_AUDIENCE, under functions-framework and with our own keys."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import functions_framework
import pytest
from flask import Flask
from flask.testing import FlaskClient

from functions import main
from functions.endpoint import EXTENSION, MAX_BODY_BYTES, Endpoint
from functions.google_oidc import GoogleKeys, PushIdentity
from pipeline.delivery.result import DeliveryResult
from pipeline.models import Delivery, Disposition
from pipeline.telemetry import Event, Timings, make_logger
from tests.support.identity_tokens import ACCOUNT, AUDIENCE, Key, KeyServer, key_server
from tests.support.push_bodies import push_body

KEY = Key.make("ours")


class Target:
    """Counts the deliveries that reach it."""

    def __init__(self) -> None:
        self.deliveries = 0

    def handle(self, delivery: Delivery, timings: Timings) -> DeliveryResult:
        self.deliveries += 1
        return DeliveryResult(Disposition.DONE)


@dataclass
class Guarded:
    client: FlaskClient
    target: Target
    output: io.StringIO
    keys: KeyServer

    def push(self, token: str | None, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.client.post("/", data=body or push_body(), headers=headers)

    @property
    def line(self) -> dict[str, Any]:
        line: dict[str, Any] = json.loads(self.output.getvalue().splitlines()[-1])
        return line


@pytest.fixture(params=["push", "dead_letter"])
def guarded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    # functions-framework sets this variable; the next test must not see it.
    monkeypatch.setenv("FUNCTION_TARGET", request.param)
    with key_server(KEY) as keys:
        target, output = Target(), io.StringIO()
        flask: Flask = functions_framework.create_app(request.param, main.__file__, "http")
        flask.extensions[EXTENSION] = Endpoint(
            target,
            event=Event.DELIVERY,
            logger=make_logger(output),
            max_requests=8,
            memory=lambda: {"memory_mb": 1, "memory_limit_mb": 100},
            verify=PushIdentity(GoogleKeys(keys.url), audience=AUDIENCE, account=ACCOUNT).verify,
        )
        yield Guarded(flask.test_client(), target, output, keys)


def test_a_token_of_the_subscription_is_accepted(guarded: Guarded) -> None:
    """Given a push with a token of the subscription, when received, then its
    delivery is handled.
    """
    assert guarded.push(KEY.token()).status_code == 204
    assert guarded.target.deliveries == 1


def test_no_token_is_401(guarded: Guarded) -> None:
    """Given no token, when pushed, then the answer is 401 with the scheme and
    nothing is handled.
    """
    response = guarded.push(None)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.get_json()["error"] == "unauthenticated"
    assert (guarded.line["event"], guarded.line["code"]) == ("refused", "unauthenticated")
    assert guarded.target.deliveries == 0


def test_another_accounts_token_is_403(guarded: Guarded) -> None:
    """Given a token of another account, when pushed, then the answer is 403 and the
    log has no part of it.
    """
    token = KEY.token(email="other@project.iam.gserviceaccount.com")
    response = guarded.push(token)
    assert (response.status_code, guarded.line["code"]) == (403, "forbidden")
    for part in token.split("."):
        assert part not in guarded.output.getvalue() + response.get_data(as_text=True)
    assert guarded.target.deliveries == 0


def test_unavailable_keys_are_503(guarded: Guarded) -> None:
    """Given keys that cannot be fetched, when pushed, then the answer is 503 and says
    when to retry.
    """
    guarded.keys.status = 500
    response = guarded.push(KEY.token())
    assert (response.status_code, guarded.line["code"]) == (503, "keys_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert guarded.target.deliveries == 0


def test_a_push_without_a_token_is_refused_before_its_body_is_read(guarded: Guarded) -> None:
    """Given a huge body without a token, when pushed, then the answer is 401 and not
    204 for its size.
    """
    assert guarded.push(None, bytes(MAX_BODY_BYTES + 1)).status_code == 401


def test_health_needs_no_token(guarded: Guarded) -> None:
    """Given no token, when health is asked for, then it is answered and no keys are fetched."""
    assert guarded.client.get("/health").status_code == 200
    assert guarded.keys.asked == 0
