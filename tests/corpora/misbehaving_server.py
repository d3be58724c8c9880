"""A web server on this machine that cuts connections, forgets ranges and sends wrong bytes when asked to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Site:
    files: dict[str, bytes]
    cuts: list[int] = field(default_factory=list)
    """After how many bytes of the body each of the next answers is cut."""
    statuses: list[int] = field(default_factory=list)
    """What the next answers are instead of a file."""
    knows_ranges: bool = True
    etag: str = '"one"'
    last_modified: str = ""
    wrong_range: bool = False
    redirect: str = ""
    asked: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Path, Range and If-Range of each request."""
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        site = self.site
        wanted, validator = self.headers.get("Range"), self.headers.get("If-Range")
        site.asked.append((self.path, wanted, validator))
        body = site.files.get(self.path)
        status = site.statuses.pop(0) if site.statuses else 200 if body is not None else 404
        if status != 200 or body is None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = 0
        if wanted and site.knows_ranges and validator in (site.etag, site.last_modified):
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
        self.send_response(206 if start else 200)
        if start:
            shown = start + (1 if site.wrong_range else 0)
            self.send_header("Content-Range", f"bytes {shown}-{len(body) - 1}/{len(body)}")
        if site.etag:
            self.send_header("ETag", site.etag)
        if site.last_modified:
            self.send_header("Last-Modified", site.last_modified)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        rest = body[start:]
        self.wfile.write(rest[: site.cuts.pop(0)] if site.cuts else rest)
        self.close_connection = True


@contextmanager
def serve(files: dict[str, bytes]) -> Iterator[Site]:
    site = Site(files)
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
