"""A small service for the tests of /docs: the page, the description beside this file, and what that describes."""

import http.server
import json
import pathlib
import threading
import time

FOLDER = pathlib.Path(__file__).parent
PAGES = FOLDER / "../../service-kit/Sources/ServiceKit/Pages"
FILES = {
    "/docs": (PAGES / "docs.html", "text/html; charset=utf-8"),
    "/docs/docs.css": (PAGES / "docs.css", "text/css; charset=utf-8"),
    "/docs/docs.js": (PAGES / "docs.js", "text/javascript; charset=utf-8"),
    "/openapi.json": (FOLDER / "openapi.json", "application/json"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ORDER_ID = "7d6c1e0a-5b52-4c36-9a3f-0c1c5f5a4f10"
# The time is written in a form that a page may not change.
ORDER = f'{{"order_id":"{ORDER_ID}","item":"burger","quantity":2,"status":"notified","timestamp":1.0}}'


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request, and remembers it."""

    def do_GET(self):
        self.remember("")
        path, _, query = self.path.partition("?")
        if path in FILES:
            file, kind = FILES[path]
            self.answer(200, file.read_text(), kind)
        elif path == "/health":
            self.answer(200, '{"status":"ok","service":"order"}')
        elif path == "/orders":
            self.answer(200, f"[{ORDER}]" if "status=" in query or not query else "[]")
        elif path.startswith("/orders/"):
            self.answer(200, ORDER) if path.endswith(ORDER_ID) else self.refuse(404)
        elif path == "/metrics":
            if "text/plain" in self.headers.get("Accept", ""):
                self.answer(200, "campus_orders 12\n", "text/plain")
            else:
                self.answer(200, '{"orders":12}')
        elif path == "/slow":
            self.server.released.wait(60)
        elif path == "/broken":
            pass  # the connection closes without an answer
        else:
            self.refuse(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.remember(body)
        try:
            json.loads(body)
        except ValueError:
            self.refuse(400)
            return
        self.answer(201, ORDER) if self.path == "/order" else self.answer(200, '{"fail_enabled":true}')

    def remember(self, body):
        self.server.requests.append((self.command, self.path, self.headers, body))

    def refuse(self, status):
        # A detail that would run, if the page put it in as HTML.
        detail = "<img src=x onerror=\"document.title='injected'\">"
        self.answer(status, json.dumps({"error": "bad_request" if status == 400 else "not_found", "detail": detail}))

    def answer(self, status, text, kind="application/json"):
        body = text.encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": kind, "Content-Length": str(len(body)), "X-Request-Id": "stand-in-1",
            "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class StandIn:
    """The service, on a port that stays the same when it is stopped and started again."""

    def __init__(self, port=0):
        self.port = port
        self.start()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.server.requests = []
        self.server.released = threading.Event()
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.released.set()
        self.server.shutdown()
        self.server.server_close()

    def requests(self, path):
        """What was asked for at this path, as (method, path with query, headers, body)."""
        return [one for one in self.server.requests if one[1].partition("?")[0] == path]


if __name__ == "__main__":
    import sys

    print(StandIn(int(sys.argv[1]) if len(sys.argv) > 1 else 0).url, flush=True)
    while True:
        time.sleep(3600)
