"""Pages for this machine alone: HTTP on the loopback address, where every request gets one page or none.

No request names a file: there is one address, ``/``, and its query is handed to the function that makes the page.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from dartsx.report.errors import RunError

ADDRESS = "127.0.0.1"
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "connect-src 'self'; img-src data:; frame-ancestors 'none'",
}
Page = Callable[[str], str | None]


def open_server(page: Page, port: int) -> ThreadingHTTPServer:
    """Bind a server, which answers once its ``serve_forever`` runs.

    Args:
        page: gets the run that the query names (empty for none), and returns HTML, or None where there is no such run.
        port: port on the loopback address; 0 for one that is free.

    Raises:
        RunError: the port cannot be had.
    """
    try:
        server = ThreadingHTTPServer((ADDRESS, port), _handler(page))
    except OSError as error:
        reasons = {errno.EADDRINUSE: "is in use", errno.EACCES: "is not open to this user"}
        reason = reasons.get(error.errno, f"cannot be had: {error}")
        raise RunError(f"--port={port}: the port {reason} on {ADDRESS}; name another, or 0 for a free one") from None
    server.daemon_threads = True
    return server


def _handler(page: Page) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers GET and HEAD."""

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def log_message(self, *_: object) -> None:
            """Says nothing: a page looks again every few seconds."""

        def _answer(self, with_body: bool) -> None:
            status, body = self._found()
            encoded = body.encode()
            self.send_response(status)
            for name, value in {**_HEADERS, "Content-Length": str(len(encoded))}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(encoded)

        def _found(self) -> tuple[HTTPStatus, str]:
            # A page of another site could otherwise reach this one under a name that it gives to the loopback address.
            if self.headers.get("Host", "").rpartition(":")[0] not in (ADDRESS, "localhost"):
                return HTTPStatus.FORBIDDEN, "This page is for this machine alone."
            asked = urlsplit(self.path)
            found = page(parse_qs(asked.query).get("run", [""])[0]) if asked.path == "/" else None
            return (HTTPStatus.OK, found) if found is not None else (HTTPStatus.NOT_FOUND, "No such run.")

    return Handler
