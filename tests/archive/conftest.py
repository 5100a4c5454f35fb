"""A server of our own, on this machine, that answers as scripted: with pages, pauses, faults."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from imagenomics.archive.web import Web


class Fake:
    """Scripted answers by path; what was asked is kept in ``asked`` as (method, path, headers, body)."""

    def __init__(self, url):
        self.url, self.asked, self.routes = url, [], {}

    def answer(self, path, *answers):
        """Give these answers in turn, the last one for ever; an answer is bytes, JSON, a number or a function."""
        self.routes[path] = list(answers)

    def next(self, path):
        answers = self.routes.get(path)
        if not answers:
            return 404
        return answers.pop(0) if len(answers) > 1 else answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._serve(b"")

    def do_POST(self):
        self._serve(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _serve(self, body):
        fake = self.server.fake
        path = self.path.split("?")[0]
        parsed = json.loads(body) if body else None
        fake.asked.append((self.command, self.path, dict(self.headers), parsed))
        answer = fake.next(path)
        if callable(answer):
            answer = answer(self, parsed)
        if answer is None:
            return
        if isinstance(answer, int):
            self.send(b"", status=answer)
        elif isinstance(answer, bytes):
            self.send(answer)
        else:
            self.send(json.dumps(answer).encode())

    def send(self, content, *, status=200, headers=None, promised=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if promised is None else promised))
        self.end_headers()
        self.wfile.write(content)
        if promised is not None and promised != len(content):
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)


@pytest.fixture
def server():
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    running.daemon_threads = True
    running.fake = Fake(f"http://127.0.0.1:{running.server_port}")
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield running.fake
    running.shutdown()
    running.server_close()


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def web(pauses):
    return Web(attempts=4, wait_s=0.5, longest_wait_s=30, timeout_s=5, sleep=pauses.append)
