"""A headless Chromium that tests look at pages with, over the DevTools protocol.

Which pages there are and what they must show does not belong here.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

from websocket import WebSocket, create_connection

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage")


def program() -> str | None:
    """Return the path of Chromium or Chrome, None when there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Page:
    """One tab: what it was told to do, what it complained about and what it asked of the world."""

    def __init__(self, socket: WebSocket):
        self._socket = socket
        self._numbers = count(1)
        self.errors: list[str] = []
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and return its result; what happens meanwhile is noted."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = self._next()
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]

    def open(self, path: Path) -> None:
        """Open a file afresh and wait until it has loaded; it may name a place within itself meanwhile."""
        self.errors.clear()
        self.requests.clear()
        self.send("Page.navigate", url=path.as_uri())
        while self.run("document.readyState + location.href.split('#')[0]") != f"complete{path.as_uri()}":
            sleep(0.02)

    def run(self, script: str) -> Any:
        """Return what a JavaScript expression evaluates to."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def resize(self, width: int) -> None:
        """Give the window another width, in CSS pixels."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def pdf_pages(self) -> int:
        """Return on how many A4 pages the page prints."""
        pdf = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)
        return base64.b64decode(pdf["data"]).count(b"/Type /Page\n")

    def _next(self) -> dict[str, Any]:
        message = json.loads(self._socket.recv())
        params = message.get("params", {})
        match message.get("method"):
            case "Runtime.exceptionThrown":
                self.errors.append(params["exceptionDetails"]["text"])
            case "Runtime.consoleAPICalled" if params["type"] in ("error", "warning"):
                self.errors.append(str(params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] in ("error", "warning"):
                self.errors.append(params["entry"]["text"])
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
        return message


@contextmanager
def running(program: str) -> Iterator[Page]:
    """Start the browser with an empty profile, yield its tab, and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="browser", ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(
            [program, *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"],
            stderr=subprocess.DEVNULL,
        )
        try:
            port_file = Path(profile) / "DevToolsActivePort"
            while not (port_file.exists() and port_file.read_text().count("\n")):
                if browser.poll() is not None:
                    raise RuntimeError(f"{program} ended with {browser.returncode}")
                sleep(0.05)
            port, path = port_file.read_text().splitlines()
            with _connected(f"ws://127.0.0.1:{port}{path}") as control:
                control.send(json.dumps({"id": 0, "method": "Target.getTargets"}))
                targets = json.loads(control.recv())["result"]["targetInfos"]
            (tab,) = [target["targetId"] for target in targets if target["type"] == "page"]
            with _connected(f"ws://127.0.0.1:{port}/devtools/page/{tab}") as socket:
                yield Page(socket)
        finally:
            browser.terminate()
            browser.wait(30)


@contextmanager
def _connected(address: str) -> Iterator[WebSocket]:
    socket = create_connection(address, timeout=60, suppress_origin=True)
    try:
        yield socket
    finally:
        socket.close()
