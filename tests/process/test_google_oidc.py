"""The check of Google's identity tokens against a key server of this machine."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.google_oidc import GoogleKeys, PushIdentity
from pipeline.errors import (
    ForbiddenPushError,
    KeysUnavailableError,
    RefusedPushError,
    UnauthenticatedPushError,
)
from tests.support.identity_tokens import (
    ACCOUNT,
    AUDIENCE,
    Key,
    KeyServer,
    claims_now,
    key_server,
    unsigned,
)

OURS, THEIRS = Key.make("ours"), Key.make("theirs")


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server(OURS) as served:
        yield served


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(server: KeyServer, clock: Clock) -> GoogleKeys:
    return GoogleKeys(server.url, clock=clock)


@pytest.fixture
def identity(keys: GoogleKeys) -> PushIdentity:
    return PushIdentity(keys, audience=AUDIENCE, account=ACCOUNT)


def bearer(token: str) -> str:
    return f"Bearer {token}"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_a_token_of_the_subscription_is_accepted(identity: PushIdentity, scheme: str) -> None:
    """Given a token signed for our audience and account, when verified, then nothing is raised."""
    identity.verify(f"{scheme} {OURS.token()}")


def test_seconds_of_clock_skew_are_tolerated(identity: PushIdentity) -> None:
    """Given clocks that differ by seconds, when a token was just issued or just
    expired, then it is accepted.
    """
    now = int(time.time())
    identity.verify(bearer(OURS.token(iat=now + 5)))
    identity.verify(bearer(OURS.token(exp=now - 5)))


BAD_TOKENS: dict[str, Callable[[], str]] = {
    "expired": lambda: OURS.token(iat=int(time.time()) - 7200, exp=int(time.time()) - 60),
    "not yet valid": lambda: OURS.token(iat=int(time.time()) + 600, exp=int(time.time()) + 4200),
    "of another audience": lambda: OURS.token(aud="https://another.example"),
    "of several audiences": lambda: OURS.token(aud=[AUDIENCE, "https://another.example"]),
    "of no audience": lambda: OURS.token(aud=None),
    "of another issuer": lambda: OURS.token(iss="https://securetoken.google.com/project"),
    "of no issuer": lambda: OURS.token(iss=None),
    "that never expires": lambda: OURS.token(exp=None),
    "that expires in words": lambda: OURS.token(exp="tomorrow"),
    "that expires at infinity": lambda: OURS.token(exp=[1e400]),
    "of an unknown key": THEIRS.token,
    "of our key id and another key": lambda: Key("ours", THEIRS.private, "").token(),
    "whose claims were changed": lambda: changed(OURS.token()),
    "without algorithm": lambda: unsigned({"alg": "none", "kid": "ours"}, claims_now()),
    "without algorithm or key": lambda: unsigned({"alg": "none"}, claims_now()),
    "signed with the certificate as a secret": lambda: unsigned(
        {"alg": "HS256", "kid": "ours"}, claims_now(), OURS.certificate
    ),
    "with the algorithm of another kind of key": lambda: unsigned(
        {"alg": "ES256", "kid": "ours"}, claims_now(), "x"
    ),
    "whose key id is a list": lambda: unsigned({"alg": "RS256", "kid": ["ours"]}, claims_now()),
    "whose header is a list": lambda: unsigned(["RS256"], claims_now()),  # type: ignore[arg-type]
    "whose signature Cloud Run removed": lambda: (
        OURS.token().rsplit(".", 1)[0] + ".SIGNATURE_REMOVED_BY_GOOGLE"
    ),
    "of two parts": lambda: ".".join(OURS.token().split(".")[:2]),
    "longer than any token of Google": lambda: OURS.token(padding="x" * 10_000),
    "that is not a JWT": lambda: "none",
}


def changed(token: str) -> str:
    header, _, signature = token.split(".")
    other = THEIRS.token(email="attacker@project.iam.gserviceaccount.com").split(".")[1]
    return ".".join((header, other, signature))


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_a_bad_token_is_refused(identity: PushIdentity, make: Callable[[], str]) -> None:
    """Given a token that Google did not sign for us, when verified, then it is unauthenticated and
    the error does not repeat it.
    """
    token = make()
    with pytest.raises(UnauthenticatedPushError) as refused:
        identity.verify(bearer(token))
    for part in token.split("."):
        assert len(part) < 5 or part not in str(refused.value)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dTpw", "x", "\N{KEY} x"])
def test_a_request_without_a_token_is_refused(identity: PushIdentity, header: str | None) -> None:
    """Given a request without a bearer token, when verified, then it is unauthenticated."""
    with pytest.raises(UnauthenticatedPushError):
        identity.verify(header)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    header=st.text(max_size=200) | st.from_regex(r"Bearer [\w-]*\.[\w-]*\.[\w-]*", fullmatch=True)
)
def test_any_other_header_is_refused(identity: PushIdentity, header: str) -> None:
    """Given any other header, when verified, then only a declared refusal is raised."""
    with pytest.raises(RefusedPushError):
        identity.verify(header)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "other@project.iam.gserviceaccount.com"},
        {"email": ACCOUNT.upper()},
        {"email": None},
        {"email_verified": None},
        {"email_verified": "true"},
    ],
)
def test_a_token_of_another_account_is_forbidden(
    identity: PushIdentity, claims: dict[str, object]
) -> None:
    """Given a valid token of an account other than the subscription's, when verified,
    then it is forbidden.
    """
    with pytest.raises(ForbiddenPushError, match=ACCOUNT):
        identity.verify(bearer(OURS.token(**claims)))


def test_any_account_is_accepted_without_an_account_setting(keys: GoogleKeys) -> None:
    """Given an audience and no account, when the token of any account is verified,
    then it is accepted.
    """
    PushIdentity(keys, audience=AUDIENCE, account=None).verify(bearer(OURS.token(email="o@x.org")))


def test_keys_are_fetched_once_until_they_expire(
    identity: PushIdentity, server: KeyServer, clock: Clock
) -> None:
    """Given many pushes at once, when verified, then keys are fetched once, and again
    after they expire.
    """
    token = bearer(OURS.token())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: identity.verify(token), range(40)))
    assert server.asked == 1
    clock.now += server.max_age - 1
    identity.verify(token)
    assert server.asked == 1
    clock.now += 2
    identity.verify(token)
    assert server.asked == 2


def test_unknown_key_ids_cause_one_fetch_a_minute(
    identity: PushIdentity, server: KeyServer, clock: Clock
) -> None:
    """Given unknown key ids, when verified, then the keys are fetched again at most
    once a minute.
    """
    for _ in range(20):
        clock.now += 10
        with pytest.raises(UnauthenticatedPushError, match="does not publish"):
            identity.verify(bearer(THEIRS.token()))
    assert server.asked == 4  # in 200 seconds


def test_a_new_key_is_known_after_a_minute(
    identity: PushIdentity, server: KeyServer, clock: Clock
) -> None:
    """Given a key that was published after the others were fetched, when a minute has passed, then
    it is known.
    """
    identity.verify(bearer(OURS.token()))
    server.keys.append(THEIRS)
    clock.now += 61
    identity.verify(bearer(THEIRS.token()))
    identity.verify(bearer(OURS.token()))


@pytest.mark.parametrize(
    ("status", "body"), [(500, None), (404, b""), (200, b"<html>"), (200, b"[]"), (200, b"{}")]
)
def test_a_failing_key_server_makes_pushes_come_again(
    identity: PushIdentity, server: KeyServer, clock: Clock, status: int, body: bytes | None
) -> None:
    """Given a key server that fails, when pushes arrive, then Pub/Sub must retry them and the
    server is not asked for each one.
    """
    server.status, server.body = status, body
    for _ in range(5):
        with pytest.raises(KeysUnavailableError):
            identity.verify(bearer(OURS.token()))
    assert server.asked == 1
    server.status, server.body = 200, None
    clock.now += 11
    identity.verify(bearer(OURS.token()))


def test_an_unreachable_key_server_makes_pushes_come_again(clock: Clock) -> None:
    """Given no server at the address of the keys, when a push arrives, then Pub/Sub
    must retry it.
    """
    keys = GoogleKeys("http://127.0.0.1:9/certs", clock=clock)
    with pytest.raises(KeysUnavailableError):
        PushIdentity(keys, audience=AUDIENCE, account=None).verify(bearer(OURS.token()))


def test_known_keys_stay_valid_while_the_server_fails(
    identity: PushIdentity, server: KeyServer, clock: Clock
) -> None:
    """Given known keys and a server that fails, when a token of a known key arrives,
    then it is accepted.
    """
    identity.verify(bearer(OURS.token()))
    server.status = 500
    clock.now += 120
    with pytest.raises(KeysUnavailableError):
        identity.verify(bearer(THEIRS.token()))
    identity.verify(bearer(OURS.token()))
