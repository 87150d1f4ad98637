"""`python -m functions.health`: ends with status 0 if the service in this container answers."""

import os
import urllib.request

_SECONDS = 4

if __name__ == "__main__":
    url = f"http://127.0.0.1:{os.environ.get('PORT', '8080')}/health"
    urllib.request.urlopen(url, timeout=_SECONDS)
