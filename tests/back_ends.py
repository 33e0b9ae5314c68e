"""A real server with answers that a trial call must cope with; each has a path of its own."""

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gateway.try_it.sending import MAX_ANSWER


class Server(ThreadingHTTPServer):
    """``seen`` keeps every request: method, path, headers, body."""

    daemon_threads = True

    def __init__(self):
        self.seen = []
        super().__init__(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """A caller that hangs up is expected."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        getattr(self, self.path.partition("?")[0].strip("/").replace("-", "_"))()

    do_GET = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815 - the names that http.server calls

    def say(self, body, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def plain(self):
        self.send_response(200, "Fine")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"{}")

    def hostile(self):
        self.say(b'["<script>alert(1)</script>"]', Content_Type="application/json", X_Evil="<b>")

    def elsewhere(self):
        self.say(b"gone", 302, Location=f"http://127.0.0.1:{self.server.server_port}/plain")

    def big(self):
        self.say(b"x" * (MAX_ANSWER + 10))

    def exactly(self):
        self.say(b"x" * MAX_ANSWER)

    def compressed(self):
        self.say(gzip.compress(b"x" * 50_000_000), Content_Encoding="gzip")

    def chunks(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")

    def drops(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _drop in range(1000):
            self.wfile.write(b".")
            time.sleep(0.05)

    def silent(self):
        time.sleep(1.5)

    def breaks_off(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"only this")
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
