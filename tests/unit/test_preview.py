"""The preview shows the site's files as a web server would, and nothing beside them."""

import socket
import urllib.error
import urllib.request

import pytest

from content.errors import BadConfigurationError
from pressroom.preview import site_shown


def test_a_film_is_served_in_byte_ranges_and_captions_as_captions(tmp_path):
    (tmp_path / "film.mp4").write_bytes(bytes(range(256)))
    (tmp_path / "film.vtt").write_text("WEBVTT\n")
    (tmp_path / "index.html").write_text("<p>home</p>")

    with site_shown(tmp_path, 0) as port:
        site = f"http://127.0.0.1:{port}"
        asked = urllib.request.Request(f"{site}/film.mp4", headers={"Range": "bytes=10-19"})
        with urllib.request.urlopen(asked) as answer:
            assert (answer.status, answer.read()) == (206, bytes(range(10, 20)))
        with urllib.request.urlopen(f"{site}/film.vtt") as answer:
            assert answer.headers["Content-Type"].startswith("text/vtt")
        with urllib.request.urlopen(f"{site}/") as answer:
            assert answer.read() == b"<p>home</p>"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{site}/..%2f..%2fetc/passwd")


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadConfigurationError, match=f"port {port}.*--site-port"), site_shown(tmp_path, port):
            pass
