"""The Pub/Sub topic of announcements, over Pub/Sub's REST interface.

The storage client brings everything that this needs; the Pub/Sub client would load gRPC into
the service. https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics
"""

import base64
import os
import time

import google.auth
import requests
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.transport.requests import AuthorizedSession
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from pipeline.errors import ConfigurationError, TopicUnavailableError, no_credentials
from pipeline.outcomes.announcer import Announcement

EMULATOR = "PUBSUB_EMULATOR_HOST"
PUBLISH_SECONDS = 10.0
"""A slower publication fails, and Pub/Sub delivers the upload's message again."""

_ATTEMPT_SECONDS = (2.0, 3.0)
"""To connect, and to answer; two attempts fit into PUBLISH_SECONDS."""

_SCOPES = ("https://www.googleapis.com/auth/pubsub",)
_POOLED_CONNECTIONS = 64
_GRANT_POLL_SECONDS = 2.0


class ResultsTopic:
    """Publishes to the topic `projects/PROJECT/topics/TOPIC`.

    Threading: may be shared; connections are pooled.
    """

    def __init__(self, topic: str, session: AuthorizedSession, host: str) -> None:
        """`host` has the scheme, such as `https://pubsub.googleapis.com`."""
        self._topic = topic
        self._session = session
        self._url = f"{host}/v1/{topic}"

    @classmethod
    def from_environment(cls, topic: str) -> "ResultsTopic":
        """A topic with application default credentials, or of the emulator if its host is set.

        Raises:
            ConfigurationError: there are no credentials.
        """
        emulator = os.environ.get(EMULATOR)
        host = f"http://{emulator}" if emulator else "https://pubsub.googleapis.com"
        session = AuthorizedSession(AnonymousCredentials() if emulator else _credentials())  # type: ignore[no-untyped-call]  # google-auth's
        # One repetition, for a kept connection that was closed while the instance was idle.
        once_more = Retry(1, allowed_methods=None)
        adapter = HTTPAdapter(pool_maxsize=_POOLED_CONNECTIONS, max_retries=once_more)
        session.mount(host, adapter)
        return cls(topic, session, host)

    def verify(self, *, give_up_at: float) -> None:
        """Checks that the topic exists; waits for a grant until `give_up_at` (`time.monotonic`).

        Raises:
            ConfigurationError: it does not exist, or may not be read.
        """
        while True:
            try:
                answer = self._session.get(self._url, timeout=_ATTEMPT_SECONDS)
            except (requests.RequestException, GoogleAuthError) as error:
                raise ConfigurationError(
                    f"RESULTS_TOPIC={self._topic}: {type(error).__name__}: {error}"
                ) from error
            if answer.status_code != requests.codes.forbidden or time.monotonic() > give_up_at:
                break
            time.sleep(_GRANT_POLL_SECONDS)
        if answer.status_code == requests.codes.not_found:
            raise ConfigurationError(
                f"RESULTS_TOPIC={self._topic} does not exist: create it with `gcloud pubsub topics"
                f" create {self._topic}`, or unset RESULTS_TOPIC"
            )
        if not answer.ok:
            raise ConfigurationError(
                f"RESULTS_TOPIC={self._topic} is answered {answer.status_code} {answer.reason}:"
                " grant this account roles/pubsub.publisher and roles/pubsub.viewer on it"
            )

    def publish(self, announcement: Announcement) -> None:
        """See `Topic.publish`; it takes PUBLISH_SECONDS at most."""
        message = {
            "data": base64.b64encode(announcement.data).decode(),
            "attributes": dict(announcement.attributes),
        }
        try:
            answer = self._session.request(  # type: ignore[no-untyped-call]  # google-auth's
                "POST",
                f"{self._url}:publish",
                json={"messages": [message]},
                timeout=_ATTEMPT_SECONDS,
                max_allowed_time=PUBLISH_SECONDS,
            )
        except (requests.RequestException, GoogleAuthError) as error:
            raise TopicUnavailableError(
                f"{self._topic} does not answer: {type(error).__name__}"
            ) from error
        if not answer.ok:
            raise TopicUnavailableError(
                f"{self._topic} does not accept messages: {answer.status_code} {answer.reason}"
            )


def _credentials() -> Credentials:
    try:
        credentials, _ = google.auth.default(scopes=_SCOPES)
    except DefaultCredentialsError as error:
        raise no_credentials(EMULATOR) from error
    return credentials
