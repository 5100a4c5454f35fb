"""Opens a page in Debian's chromium, offline, and says what happened: a small DevTools client over a pipe."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = (
    "headless=new",
    "no-sandbox",
    "disable-gpu",
    "disable-quic",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "disable-extensions",
    "disable-dev-shm-usage",
    "hide-scrollbars",
    "host-resolver-rules=MAP * ~NOTFOUND",
    "remote-debugging-pipe",
)


def find_browser() -> str | None:
    """Return the path of chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One browser with one page; ``console`` and ``requests`` gather what it said and asked for."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        self.console: list[str] = []
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self._number = 0
        self._rest = b""
        self._home = tempfile.mkdtemp()
        self._start(width, height)
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.page(f"{domain}.enable")
        self.resize(width, height)

    def _start(self, width: int, height: int) -> None:
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        arguments = [find_browser() or NAMES[0], *(f"--{s}" for s in SWITCHES)]
        arguments += [f"--user-data-dir={self._home}", f"--window-size={width},{height}"]

        def wire() -> None:
            first, second = os.dup(to_browser), os.dup(from_browser)
            first, second = os.dup2(first, 13), os.dup2(second, 14)
            os.dup2(first, 3), os.dup2(second, 4)

        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        self._process = subprocess.Popen(arguments, preexec_fn=wire, close_fds=False, **quiet)
        os.close(to_browser)
        os.close(from_browser)

    def call(self, method, params=None, session=None, patience=60.0):
        """Send one command and return its answer; what arrives meanwhile is noted."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + patience
        while time.monotonic() < end:
            for answer in self._arrived(1.0):
                if answer.get("id") == message["id"]:
                    if "error" in answer:
                        raise RuntimeError(f"{method}: {answer['error']}")
                    return answer["result"]
        raise TimeoutError(method)

    def page(self, method, params=None, patience=60.0):
        """Send one command to the page."""
        return self.call(method, params, session=self._session, patience=patience)

    def _arrived(self, wait):
        ready, _, _ = select.select([self._read], [], [], wait)
        if not ready:
            return []
        *parts, self._rest = (self._rest + os.read(self._read, 1 << 20)).split(b"\0")
        messages = [json.loads(p) for p in parts]
        for message in messages:
            self._note(message)
        return messages

    def _note(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.console.append(str(details.get("exception", {}).get("description", details.get("text"))))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.console.append(f"{params['entry']['text']} {params['entry'].get('url', '')}"[:500])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.console.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"][:200])
        elif method == "Page.javascriptDialogOpening":
            self.dialogs.append(params["message"])

    def resize(self, width, height=900, *, dark=False):
        """Set the size of the window in CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.page("Emulation.setDeviceMetricsOverride", size)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.page("Emulation.setEmulatedMedia", {"features": scheme})

    def open(self, path: Path, settle: float = 1.5):
        """Open a file and wait until it has been drawn."""
        self.page("Page.navigate", {"url": path.resolve().as_uri()})
        self.wait_for("document.readyState === 'complete'")
        self.settle(settle)

    def settle(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._arrived(0.1)

    def wait_for(self, expression, patience=60.0):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.run(expression):
                return
            self.settle(0.2)
        raise TimeoutError(expression)

    def run(self, expression):
        """Evaluate JavaScript and return its value."""
        answer = self.page(
            "Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True}
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"])[:600])
        return answer["result"].get("value")

    def picture(self, file: Path, top=None, height=None):
        """Save a PNG of the window, or of a piece of the page from ``top`` on."""
        params = {"format": "png"}
        if top is not None:
            width = self.run("document.documentElement.clientWidth")
            params |= {
                "captureBeyondViewport": True,
                "clip": {"x": 0, "y": top, "width": width, "height": height, "scale": 1},
            }
        file.write_bytes(base64.b64decode(self.page("Page.captureScreenshot", params)["data"]))

    def pdf(self, file: Path):
        """Print the page."""
        params = {"printBackground": True, "preferCSSPageSize": True}
        file.write_bytes(base64.b64decode(self.page("Page.printToPDF", params, patience=180)["data"]))

    def close(self):
        self._process.terminate()
        self._process.wait(timeout=20)
        os.close(self._write)
        os.close(self._read)
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
