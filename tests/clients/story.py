"""The story that every client plays: what it sends, what it asks, and what must come of it.

`node/story.mjs` tells it to the JavaScript clients, `tincan_client.py` to the Python one. A client answers a
dictionary with an entry a chapter; a chapter that failed is `{"error": …}`.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.durability.server import Server

NODE = Path(__file__).with_name("node")
PLAY_SECONDS = 120
BOOKMARK = {"page": 3, "บท": "สอง"}
NOTES = "noted"

Seen = dict[str, Any]


def attachment_text(learner: str) -> str:
    return f"ใบประกาศ {learner} ✓"


def play_node(server: Server, script: str, learner: str, **environ: str) -> Seen:
    """What a JavaScript client saw."""
    assert (NODE / "node_modules").is_dir(), "scripts/test installs the JavaScript clients: run it once"
    played = subprocess.run(
        ["node", script],
        cwd=NODE,
        env=os.environ
        | {"ENDPOINT": server.endpoint, "KEY": server.key, "SECRET": server.secret, "LEARNER": learner}
        | environ,
        capture_output=True,
        timeout=PLAY_SECONDS,
        check=False,
    )
    assert played.returncode == 0, played.stderr.decode()
    seen: Seen = json.loads(played.stdout.splitlines()[-1])
    return seen
