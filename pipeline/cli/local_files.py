"""Where the commands of the local chain keep their files."""

from pathlib import Path

STATE = Path("build/local/chain.json")
LOGS = Path("build/logs")
RESULTS = Path("build/results")
