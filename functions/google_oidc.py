"""Verifies the OpenID Connect token that Google signs for a push subscription.

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
# Refetch at most once a minute for unknown ids, or callers could make us flood Google.
_REFETCH_SECONDS = 60
_RETRY_SECONDS = KeysUnavailableError.retry_after
_LIFETIME, _LONGEST_LIFETIME = 3600, 86_400
_REMOVED_BY_CLOUD_RUN = ".SIGNATURE_REMOVED_BY_GOOGLE"
_NOT_A_JWT = "the token is not a JWT"


class GoogleKeys:
    """Google's certificates by key id, cached for the max-age of the response.

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
        """The certificate in PEM, or None if Google publishes no such key.

        Raises:
            KeysUnavailableError: the certificates cannot be fetched, or a fetch failed in
                the last seconds.
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
            raise KeysUnavailableError(f"{self._url} answers {answer.status} without certificates")
        self._certificates = certificates
        self._fetched = now
        max_age = re.search(r"max-age=(\d{1,9})", answer.headers.get("cache-control", ""))
        self._expires = now + min(int(max_age[1]) if max_age else _LIFETIME, _LONGEST_LIFETIME)


class PushIdentity:
    """Accepts pushes whose token Google signed for this audience and account.

    Its error messages contain no part of a token.
    """

    def __init__(self, keys: GoogleKeys, *, audience: str, account: str | None) -> None:
        """`account` is a service account's e-mail; without it every account is accepted."""
        self._keys = keys
        self._audience = audience
        self._account = account

    def verify(self, authorization: str | None) -> None:
        """Checks a request's Authorization header.

        Raises:
            UnauthenticatedPushError: there is no token that Google signed for the audience.
            ForbiddenPushError: the token belongs to another account.
            KeysUnavailableError: Google's keys cannot be fetched.
        """
        claims = self._claims(_bearer_token(authorization))
        if claims.get("iss") not in _ISSUERS:
            raise UnauthenticatedPushError("the issuer of the token is not Google")
        if self._account is None:
            return
        if claims.get("email") != self._account or claims.get("email_verified") is not True:
            raise ForbiddenPushError(
                f"the token belongs to another account than REQUIRE_PUSH_ACCOUNT={self._account}"
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
            # Raised only after the signature was verified, so the message is safe to repeat.
            raise UnauthenticatedPushError(str(error)) from None
        except Exception:  # noqa: BLE001 - invalid claims raise errors of any type
            raise UnauthenticatedPushError("the token was not signed by Google") from None
        return claims


def _bearer_token(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedPushError("there is no bearer token")
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        raise UnauthenticatedPushError(_NOT_A_JWT)
    if token.endswith(_REMOVED_BY_CLOUD_RUN):
        raise UnauthenticatedPushError(
            "Cloud Run has verified this token and removed its signature: leave"
            " REQUIRE_PUSH_AUDIENCE unset there"
        )
    return token


def _key_id(token: str) -> str:
    try:
        header = jwt.decode_header(token)  # type: ignore[no-untyped-call]  # google-auth's
    except Exception:  # noqa: BLE001 - invalid headers raise errors of any type
        raise UnauthenticatedPushError(_NOT_A_JWT) from None
    # Google signs with RSA. A forged token must not choose the algorithm.
    key_id = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(key_id, str):
        raise UnauthenticatedPushError("the token is not signed with RS256, as Google's are")
    return key_id
