"""Who pushes: the OpenID Connect token that Google signs for a push subscription.

https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions
"""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping

from google.auth import exceptions, jwt
from google.auth.transport import requests

from pipeline.errors import ForbiddenPushError, KeysUnavailableError, UnauthenticatedPushError

GOOGLE_KEYS_URL = "https://www.googleapis.com/oauth2/v1/certs"
_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_LONGEST_TOKEN = 8192
_CLOCK_SKEW_SECONDS = 10
_FETCH_SECONDS = 5
# For a key id nobody knows: whoever invents them must not have us ask Google for each.
_REFETCH_SECONDS = 60
_RETRY_SECONDS = KeysUnavailableError.retry_after
_LIFETIME, _LONGEST_LIFETIME = 3600, 86_400
_REMOVED_BY_CLOUD_RUN = ".SIGNATURE_REMOVED_BY_GOOGLE"


class GoogleKeys:
    """Google's certificates by key id, kept as long as their answer allows.

    Threading: may be shared; one thread fetches while the others wait.
    """

    def __init__(
        self, url: str = GOOGLE_KEYS_URL, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._request = requests.Request()
        self._url = url
        self._clock = clock
        self._lock = threading.Lock()
        self._certificates: Mapping[str, str] = {}
        self._fetched = self._failed = float("-inf")
        self._expires = float("-inf")

    def certificate(self, key_id: str) -> str | None:
        """The certificate in PEM, or None where Google publishes no such key.

        Raises:
            KeysUnavailableError: they cannot be fetched, or could not be seconds ago.
        """
        with self._lock:
            now = self._clock()
            is_known = key_id in self._certificates
            if now >= self._expires or (not is_known and now >= self._fetched + _REFETCH_SECONDS):
                self._fetch(now)
            return self._certificates.get(key_id)

    def _fetch(self, now: float) -> None:
        if now < self._failed + _RETRY_SECONDS:
            raise KeysUnavailableError("Google's keys could not be fetched a moment ago")
        try:
            answer = self._request(self._url, timeout=_FETCH_SECONDS)
            certificates = json.loads(answer.data) if answer.status == 200 else None
        except (exceptions.GoogleAuthError, ValueError) as error:
            self._failed = now
            raise KeysUnavailableError(
                f"Google's keys cannot be fetched: {type(error).__name__}: {error}"
            ) from error
        if not isinstance(certificates, dict) or not certificates:
            self._failed = now
            raise KeysUnavailableError(f"{self._url} answers {answer.status}, and no certificates")
        self._certificates = certificates
        self._fetched = now
        told = re.search(r"max-age=(\d{1,9})", answer.headers.get("cache-control", ""))
        self._expires = now + min(int(told[1]) if told else _LIFETIME, _LONGEST_LIFETIME)


class PushIdentity:
    """Lets pushes in whose token Google signed for this audience, and this account.

    No message of its errors holds a part of a token.
    """

    def __init__(self, keys: GoogleKeys, *, audience: str, account: str | None) -> None:
        """`account` is a service account's e-mail; any account may mint a token for an audience."""
        self._keys = keys
        self._audience = audience
        self._account = account

    def verify(self, authorization: str | None) -> None:
        """Checks a request's Authorization header.

        Raises:
            UnauthenticatedPushError: no token, or none that Google signed for us.
            ForbiddenPushError: another account's token.
            KeysUnavailableError: it could not be checked.
        """
        claims = self._claims(_bearer_token(authorization))
        if claims.get("iss") not in _ISSUERS:
            raise UnauthenticatedPushError("the token is of another issuer than Google")
        if self._account is None:
            return
        if claims.get("email") != self._account or claims.get("email_verified") is not True:
            raise ForbiddenPushError(
                f"the token is of another account than REQUIRE_PUSH_ACCOUNT={self._account}"
            )

    def _claims(self, token: str) -> Mapping[str, object]:
        certificate = self._keys.certificate(_key_id(token))
        if certificate is None:
            raise UnauthenticatedPushError("the token is signed with a key Google does not publish")
        try:
            claims: Mapping[str, object] = jwt.decode(  # type: ignore[no-untyped-call]  # google-auth's
                token,
                certs=certificate,
                audience=self._audience,
                clock_skew_in_seconds=_CLOCK_SKEW_SECONDS,
            )
        except exceptions.InvalidValue as error:
            # Raised of a token whose signature holds: the claims are Google's, no strangers'.
            raise UnauthenticatedPushError(str(error)) from None
        except Exception:  # noqa: BLE001 - claims of any type reach comparisons
            raise UnauthenticatedPushError("the token is not one that Google signed") from None
        return claims


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedPushError("there is no bearer token")
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        raise UnauthenticatedPushError("the token is none")
    if token.endswith(_REMOVED_BY_CLOUD_RUN):
        raise UnauthenticatedPushError(
            "Cloud Run has checked this token itself and removed its signature: there leave"
            " REQUIRE_PUSH_AUDIENCE unset"
        )
    return token


def _key_id(token: str) -> str:
    try:
        header = jwt.decode_header(token)  # type: ignore[no-untyped-call]  # google-auth's
    except Exception:  # noqa: BLE001 - anything may stand there
        raise UnauthenticatedPushError("the token is none") from None
    # Google signs with RSA. The algorithm is decided here, not by whoever made the token.
    key_id = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(key_id, str):
        raise UnauthenticatedPushError("the token is not signed as Google signs")
    return key_id
