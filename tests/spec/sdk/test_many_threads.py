"""A client is safe to share between threads, from the very first call on."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx2

from vedette import Defender, StaticToken

def answer(request):
    return httpx2.Response(200, json={"value": [{"id": "1", "evidence": [{"entityType": "File"}]}]})

defender = Defender(
    StaticToken("not-a-token", expires_on=4_000_000_000), transport=httpx2.MockTransport(answer), pace=False
)
listings = [defender.machines, defender.alerts, defender.machine_actions, defender.indicators] * 2
together = Barrier(len(listings))

def first_row(listing):
    together.wait()
    return listing.list().take(1)[0].id

with ThreadPoolExecutor(len(listings)) as pool:
    print(*pool.map(first_row, listings))
"""


def test_first_calls_at_the_same_moment_are_answered() -> None:
    for _ in range(2):  # types are learned once in a process, so each attempt is a new one
        ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)

        assert (ended.returncode, ended.stdout.split()) == (0, ["1"] * 8), ended.stderr
