"""The token cache that processes share: whole, private, and without lost updates."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

from vedette import TokenCache

WRITER = """
import sys
from vedette.auth.cache import TokenCache
store = TokenCache(sys.argv[1], encrypted=False).store()
for number in range(int(sys.argv[3])):
    store.add({
        "client_id": "c", "scope": [f"https://r/{sys.argv[2]}-{number}"],
        "token_endpoint": "https://localhost/t/oauth2/v2.0/token",
        "response": {"access_token": f"{sys.argv[2]}-{number}", "expires_in": 3600, "token_type": "Bearer"},
    })
"""


def tokens_in(path: Path) -> set[str]:
    store = TokenCache(path, encrypted=False).store()
    return {entry["secret"] for entry in store.search(store.CredentialType.ACCESS_TOKEN)}


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name, "12"], stderr=subprocess.PIPE)
        for name in ("a", "b", "c")
    ]
    results = [(writer.communicate(timeout=60)[1], writer.returncode) for writer in writers]

    assert results == [(b"", 0)] * 3
    assert tokens_in(path) == {f"{name}-{number}" for name in "abc" for number in range(12)}


def test_folder_and_file_are_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "state" / "tokens.json"
    subprocess.run([sys.executable, "-c", WRITER, str(path), "a", "1"], check=True)

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_a_change_by_another_process_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    store = TokenCache(path, encrypted=False).store()
    assert store.search(store.CredentialType.ACCESS_TOKEN) == []
    subprocess.run([sys.executable, "-c", WRITER, str(path), "a", "1"], check=True)

    assert [entry["secret"] for entry in store.search(store.CredentialType.ACCESS_TOKEN)] == ["a-0"]


def test_a_broken_file_is_an_empty_cache(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    path.write_text('{"AccessToken": {')

    assert tokens_in(path) == set()


def test_clearing_forgets_everything(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    subprocess.run([sys.executable, "-c", WRITER, str(path), "a", "2"], check=True)
    TokenCache(path, encrypted=False).clear()

    assert tokens_in(path) == set()
    assert "a-0" not in path.read_text()
