"""Where the commands of the local chain keep its state, its logs and its documents."""

from pathlib import Path

STATE = Path("build/local/chain.json")
LOGS = Path("build/logs")
RESULTS = Path("build/results")
