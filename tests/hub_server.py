"""A model hub on loopback: as much of the hub's HTTP as its real client asks for, with faults to order."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

GIT_IDS = {".json", ".txt", ".md"}


@dataclass
class HubModel:
    """One model: its files by commit, what its branches point to, and its card."""

    commits: dict[str, dict[str, bytes]]
    branches: dict[str, str]
    licence: str | None = "apache-2.0"
    licence_name: str = ""
    gated: bool = False


@dataclass
class Faults:
    """What goes wrong, by file name. `cut` and `stall` hold for the first request only."""

    cut: dict[str, int] = field(default_factory=dict)
    stall: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, bytes] = field(default_factory=dict)
    without_ranges: bool = False
    status: int = 0


class HubServer:
    """The hub. `requests` is what it was asked for, `sent` how many bytes of each file went out."""

    def __init__(self) -> None:
        self.models: dict[str, HubModel] = {}
        self.faults = Faults()
        self.requests: list[tuple[str, str, str]] = []
        self.sent: Counter[str] = Counter()
        self.stalled = threading.Event()
        self.go_on = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def add(self, name: str, files: dict[str, bytes], *, branch: str = "main", **card: Any) -> str:
        """Commit files to a model's branch and give the commit."""
        digest = hashlib.sha1(repr([name, sorted(files.items())]).encode()).hexdigest()
        model = self.models.setdefault(name, HubModel({}, {}))
        model.commits[digest] = files
        model.branches[branch] = digest
        for key, value in card.items():
            setattr(model, key, value)
        return digest

    def add_folder(self, name: str, folder: Path, **card: Any) -> str:
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        return self.add(name, files, **card)

    def fetched(self, name: str) -> list[str]:
        """Give the Range of every request for a file, "" for all of it."""
        return [ranged for method, path, ranged in self.requests if method == "GET" and path.endswith(f"/{name}")]

    def stop(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def hub_server() -> Iterator[HubServer]:
    server = HubServer()
    try:
        yield server
    finally:
        server.stop()


def git_id(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _sibling(name: str, data: bytes) -> dict[str, Any]:
    large = Path(name).suffix not in GIT_IDS
    lfs = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    return {"rfilename": name, "size": len(data), "blobId": git_id(data), **({"lfs": lfs} if large else {})}


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        ranged = self.headers.get("Range", "")
        self.hub.requests.append((self.command, path, ranged))
        if self.hub.faults.status:
            self._refuse(self.hub.faults.status, "")
        elif path.startswith("/api/models/"):
            self._info(path.removeprefix("/api/models/"))
        else:
            model, _, rest = path.strip("/").partition("/resolve/")
            revision, _, name = rest.partition("/")
            self._file(model, revision, name, ranged)

    def _commit(self, model: str, revision: str) -> str:
        if model not in self.hub.models:
            self._refuse(401, "RepoNotFound")
            return ""
        found = self.hub.models[model]
        commit = found.branches.get(revision, revision)
        if commit not in found.commits:
            self._refuse(404, "RevisionNotFound")
            return ""
        return commit

    def _info(self, path: str) -> None:
        model, _, revision = path.partition("/revision/")
        if not (commit := self._commit(model, revision or "main")):
            return
        found = self.hub.models[model]
        card = {"license": found.licence, **({"license_name": found.licence_name} if found.licence_name else {})}
        self._answer(
            200,
            json.dumps(
                {
                    "id": model,
                    "modelId": model,
                    "sha": commit,
                    "private": False,
                    "gated": "auto" if found.gated else False,
                    "tags": [f"license:{found.licence}"] if found.licence else [],
                    "cardData": card if found.licence else {},
                    "siblings": [_sibling(name, data) for name, data in found.commits[commit].items()],
                }
            ).encode(),
        )

    def _file(self, model: str, revision: str, name: str, ranged: str) -> None:
        if not (commit := self._commit(model, revision)):
            return
        found = self.hub.models[model]
        if found.gated:
            self._refuse(401, "GatedRepo")
            return
        if name not in found.commits[commit]:
            self._refuse(404, "EntryNotFound")
            return
        data = self.hub.faults.replaced.get(name, found.commits[commit][name])
        start = int(ranged.removeprefix("bytes=").rstrip("-")) if ranged and not self.hub.faults.without_ranges else 0
        body = data[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        cut, stall = self.hub.faults.cut.pop(name, None), self.hub.faults.stall.pop(name, None)
        first = body[: cut if cut is not None else stall]
        self.wfile.write(first)
        self.wfile.flush()
        self.hub.sent[name] += len(first)
        if cut is not None:
            self.close_connection = True
            self.connection.close()
            return
        if stall is not None:
            self.hub.stalled.set()
            self.hub.go_on.wait(60)
        self.wfile.write(body[len(first) :])
        self.hub.sent[name] += len(body) - len(first)

    def _refuse(self, status: int, code: str) -> None:
        self._answer(status, b"{}", {"X-Error-Code": code} if code else {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, ValueError):
            self.close_connection = True
