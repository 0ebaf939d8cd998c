"""A web server for tests that does what its paths ask for, well behaved or not.

    web.py FILE [--tls CERTIFICATE KEY]

It prints `port N`, serves FILE until its standard input ends, and writes one line for each request to standard output:
METHOD PATH RANGE AUTHORIZATION. A path is a list of behaviours from the left: /cut/4000/model.bin.
"""
import os, socket, ssl, sys, threading, time, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = open(sys.argv[1], "rb").read()
COUNTS = {}
LOCK = threading.Lock()
MEETING = threading.Condition()


def turn(key):
    with LOCK:
        COUNTS[key] = COUNTS.get(key, 0) + 1
        return COUNTS[key]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        fields = [self.headers.get(name, "-") for name in ("Range", "If-Range", "Authorization", "X-Secret")]
        print(self.command, self.path, *(f.replace(" ", "_") for f in fields), flush=True)
        path, _, query = self.path.partition("?")
        parts = path.split("/")[1:]
        getattr(self, "on_" + parts[0].replace("-", "_"), self.on_unknown)(parts[1:], urllib.parse.parse_qs(query))

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        headers.setdefault("Content_Length", str(len(body)))
        for name, value in headers.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def wanted(self):
        """The first byte that is asked for, or nothing."""
        text = self.headers.get("Range")
        return int(text.removeprefix("bytes=").split("-")[0]) if text else None

    def head(self, content, tag='"one"'):
        """Writes the head of an honest answer and gives the body that belongs to it."""
        start = self.wanted()
        condition = self.headers.get("If-Range")
        if start is None or (condition and condition != tag):
            self.send_response(200)
            body = content
        elif start >= len(content):
            self.send(416, Content_Range=f"bytes */{len(content)}")
            return None
        else:
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            body = content[start:]
        if tag:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return body

    def drop(self):
        self.wfile.flush()
        self.close_connection = True
        raw = self.connection
        if isinstance(raw, ssl.SSLSocket):
            raw = socket.socket(fileno=os.dup(raw.fileno()))  # no farewell of TLS
        raw.shutdown(socket.SHUT_RDWR)

    def on_file(self, parts, query):
        body = self.head(CONTENT)
        if body is not None:
            self.wfile.write(body)

    def on_cut(self, parts, query):
        """Cuts the connection after so many bytes, every time."""
        body = self.head(CONTENT)
        if body is None:
            return
        most = int(parts[0])
        self.wfile.write(body[:most])
        if most < len(body):
            self.drop()

    def on_prefix(self, parts, query):
        """The first so many bytes of an answer, head and body, in one piece, then the end: /prefix/N/FRAMING."""
        body = CONTENT[:60]
        if parts[1] == "chunked":
            framing, body = b"Transfer-Encoding: chunked", b"1e\r\n" + body[:30] + b"\r\n1e\r\n" + body[30:] + b"\r\n0\r\n\r\n"
        else:
            framing = b"Content-Length: 60"
        answer = b"HTTP/1.1 200 OK\r\nServer: x\r\n" + framing + b"\r\n\r\n" + body
        self.wfile.write(answer[: int(parts[0])])
        if int(parts[0]) < len(answer):
            self.drop()

    def on_stall(self, parts, query):
        """Stops after so many bytes, the first time."""
        body = self.head(CONTENT)
        first = turn(self.path) == 1
        self.wfile.write(body[: int(parts[0])] if first else body)
        if first:
            self.wfile.flush()
            time.sleep(5)
            self.drop()

    def on_slow(self, parts, query):
        """So many bytes a second, honestly otherwise."""
        body = self.head(CONTENT)
        piece = int(parts[0]) // 20
        for at in range(0, len(body or b""), piece):
            self.wfile.write(body[at : at + piece])
            time.sleep(0.05)

    def on_together(self, parts, query):
        """/together/N/K: the file turned by K bytes, once N are asked for at one time, or nobody comes for a second."""
        with MEETING:
            COUNTS["now"] = COUNTS.get("now", 0) + 1
            COUNTS["peak"] = max(COUNTS.get("peak", 0), COUNTS["now"])
            MEETING.notify_all()
            MEETING.wait_for(lambda: COUNTS["peak"] >= int(parts[0]), 1)
        time.sleep(0.05)  # for one too many to arrive
        with MEETING:
            COUNTS["now"] -= 1
        turned = int(parts[1])
        body = self.head(CONTENT[turned:] + CONTENT[:turned])
        self.wfile.write(body)

    def on_peak(self, parts, query):
        """How many of those there were at one time."""
        self.send(200, str(COUNTS.get("peak", 0)).encode())

    def on_drop(self, parts, query):
        self.drop()

    def on_changes(self, parts, query):
        """Another file each time it is asked for, with another tag; cut the first time."""
        time_ = turn(self.path)
        content = CONTENT if time_ > 1 else bytes(b ^ 255 for b in CONTENT)
        body = self.head(content, tag=f'"{min(time_, 2)}"')
        if body is not None:
            self.wfile.write(body[: 4000 if time_ == 1 else None])
            if time_ == 1:
                self.drop()

    def on_norange(self, parts, query):
        """Knows no ranges, and cuts the first time."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        if turn(self.path) == 1:
            self.wfile.write(CONTENT[:4000])
            return self.drop()
        self.wfile.write(CONTENT)

    def on_wrongrange(self, parts, query):
        """Answers a range with another one."""
        start = self.wanted()
        if start is None:
            first = turn(self.path) == 1
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:4000] if first else CONTENT)
            return self.drop() if first else None
        start += 10
        body = CONTENT[start:]
        self.send(206, body, Content_Range=f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")

    def on_slices(self, parts, query):
        """Gives less of a range than was asked for, which is allowed; cut the first time."""
        start = self.wanted()
        if start is None:
            self.head(CONTENT)
            self.wfile.write(CONTENT[:1000])
            return self.drop()
        body = CONTENT[start : start + int(parts[0])]
        self.send(206, body, Content_Range=f"bytes {start}-{start + len(body) - 1}/{len(CONTENT)}")

    def on_garbage(self, parts, query):
        """The right length, other bytes from the middle on."""
        body = self.head(CONTENT[:5000] + bytes(len(CONTENT) - 5000))
        if body is not None:
            self.wfile.write(body)

    def on_length(self, parts, query):
        """Announces a length and sends the file."""
        self.send_response(200)
        self.send_header("Content-Length", parts[0])
        self.end_headers()
        self.wfile.write(CONTENT)
        self.drop()

    def on_chunked(self, parts, query):
        """So many bytes of the file (repeated when that is more) with no length announced."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        body = (CONTENT * 2)[: int(parts[0])]
        for at in range(0, len(body), 3000):
            piece = body[at : at + 3000]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def on_unframed(self, parts, query):
        """So many bytes of the file, whose end is the connection's."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(CONTENT[: int(parts[0])])
        self.close_connection = True

    def on_packed(self, parts, query):
        self.send(200, CONTENT, Content_Encoding="gzip")

    def on_status(self, parts, query):
        self.send(int(parts[0]), b"no\n", Retry_After=(query.get("after") or [None])[0])

    def on_busy(self, parts, query):
        """Asks to be left alone for so many seconds, the first time."""
        if turn(self.path) == 1:
            return self.send(429, b"later\n", Retry_After=parts[0])
        self.on_file(parts, query)

    def on_to(self, parts, query):
        self.send(int(parts[0]), b"", Location=query["where"][0])

    def on_hops(self, parts, query):
        """So many redirects, then the file."""
        left = int(parts[0])
        if left == 0:
            return self.on_file(parts, query)
        self.send(302, b"", Location=f"/hops/{left - 1}/model.bin")

    def on_login(self, parts, query):
        if self.headers.get("Authorization") != "Bearer s3cret":
            return self.send(401, b"who?\n", WWW_Authenticate='Bearer realm="test"')
        self.on_file(parts, query)

    def on_noise(self, parts, query):
        self.wfile.write(b"220 this is no web server\r\n")
        self.drop()

    def on_heads(self, parts, query):
        """So many header fields."""
        self.send(200, CONTENT, **{f"X_{i}": "y" * 100 for i in range(int(parts[0]))})

    def on_short_heads(self, parts, query):
        self.send(200, CONTENT, **{f"X_{i}": "y" for i in range(int(parts[0]))})

    def on_unknown(self, parts, query):
        self.send(404, b"nothing here\n")

    def do_PUT(self):
        length = int(self.headers["Content-Length"])
        body = b""
        while len(body) < length:
            body += self.rfile.read(min(65536, length - len(body)))
        if self.path.startswith("/to/"):
            print("PUT", self.path, "-", "-", "-", "-", flush=True)
            return self.do_redirect()
        import hashlib

        print("PUT", self.path, length, hashlib.sha256(body).hexdigest(), "-", "-", flush=True)
        self.send(201, b"", Location="/made")

    def do_redirect(self):
        path, _, query = self.path.partition("?")
        self.on_to(path.split("/")[2:], urllib.parse.parse_qs(query))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # clients of these tests hang up, distrust and speak nonsense


def main():
    server = Server(("127.0.0.1", 0), Handler)
    if "--tls" in sys.argv:
        at = sys.argv.index("--tls")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[at + 1], sys.argv[at + 2])
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("port", server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


main()
