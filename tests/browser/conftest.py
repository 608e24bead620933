"""A headless Chromium from the system, started once, and a real small site served on the loopback."""

import functools
import http.server
import importlib.util
import json
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from content.mail import picture_id, render_mail_html
from content.views import pictures_of
from tests.samples import Media, build_site, sample_edition_view

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Give a Chromium driven by selenium; skip where there is none."""
    chromium, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("no Chromium with chromedriver here; on Debian: apt install chromium chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    window = webdriver.Chrome(options=options, service=Service(driver))
    window.set_page_load_timeout(60)
    yield Window(window)
    window.quit()


class Window:
    """The little a page test needs of a browser."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, url, *, width=1280, scheme="light"):
        """Load a page at a width in a colour scheme, lazy pictures included."""
        mobile = width < 500
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": mobile}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        for kind in ("performance", "browser"):
            self.driver.get_log(kind)
        self.driver.get(url)
        self.run("for (const picture of document.images) picture.loading = 'eager'")
        self.wait("return [...document.images].every(picture => picture.complete)")

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, script, seconds=30):
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, seconds).until(lambda driver: driver.execute_script(script))

    def violations(self):
        """Run axe-core; give what it finds serious or critical, one readable line each."""
        self.driver.execute_script(axe_source())
        found = self.driver.execute_async_script(
            "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations))"
        )
        return [
            f"{rule['id']} ({rule['impact']}): {node['html'][:120]} {node['failureSummary']}"
            for rule in found
            if rule["impact"] in {"serious", "critical"}
            for node in rule["nodes"]
        ]

    def requested(self):
        """Give every address that was asked for since the page was opened."""
        messages = (json.loads(line["message"])["message"] for line in self.driver.get_log("performance"))
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    def complaints(self):
        """Give what the console says since the page was opened."""
        return [line["message"] for line in self.driver.get_log("browser")]

    def overflow(self):
        """Give by how many pixels the page is wider than the window, at least 0."""
        return self.run(
            "const page = document.documentElement; return Math.max(0, page.scrollWidth - page.clientWidth)"
        )


@functools.cache
def axe_source():
    spec = importlib.util.find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core is not installed: pip install --group dev")
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Give a served site of an English and a Chinese edition, and the HTML of its mail."""
    folder = tmp_path_factory.mktemp("site")
    media = Media()
    views = [sample_edition_view(language, media=media) for language in ("en", "zh")]
    build_site(folder / "docs", views, media)
    for view in views:
        # Mail programs resolve cid: themselves; a browser gets the same pictures from beside the file.
        html = render_mail_html(view, "https://letters.example/index.html")
        for ref in pictures_of(view):
            html = html.replace(f"cid:{picture_id(ref)}", f"media/{ref.sha256}.png")
        (folder / "docs" / f"mail-{view.newsletter.language}.html").write_text(html, encoding="utf-8")
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # The site stands in a sub-path on purpose: its links must not assume the root.
    address = f"http://127.0.0.1:{server.server_port}/docs/"
    yield SimpleNamespace(address=address, folder=folder / "docs", views=views)
    server.shutdown()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass
