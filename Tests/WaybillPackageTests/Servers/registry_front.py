"""A registry with the referrers API of OCI distribution 1.1 for tests: a front before one that has none.

    registry_front.py UPSTREAM_PORT [--page N] [--no-filter] [--together N]

Everything is passed on to the registry behind. A manifest with a `subject` that is put is noted, and answered with `OCI-Subject`;
`GET /v2/NAME/referrers/DIGEST` lists what was noted, N descriptors a page, filtered by `artifactType` and saying so, unless told not to.
With `--together N` blobs are given once N are asked for at one time, or nobody comes for a second, and `peak N` says how many there were.
Prints `port N`, then METHOD TARGET of each request, until its standard input ends.
"""
import hashlib, http.client, json, sys, threading, time, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

UPSTREAM = int(sys.argv[1])
PAGE = int(sys.argv[sys.argv.index("--page") + 1]) if "--page" in sys.argv else 100
FILTERS = "--no-filter" not in sys.argv
REFERRERS = {}
LOCK = threading.Condition()
TOGETHER = int(sys.argv[sys.argv.index("--together") + 1]) if "--together" in sys.argv else 0
MEETING = {"now": 0, "peak": 0}
INDEX = "application/vnd.oci.image.index.v1+json"


def noted(name, body, kind):
    """Remembers a manifest that refers to another one, and gives the digest of that."""
    try:
        manifest = json.loads(body)
    except ValueError:
        return None
    subject = manifest.get("subject") if isinstance(manifest, dict) else None
    if not subject:
        return None
    descriptor = {
        "mediaType": manifest.get("mediaType", kind),
        "digest": "sha256:" + hashlib.sha256(body).hexdigest(),
        "size": len(body),
        "artifactType": manifest.get("artifactType") or manifest["config"]["mediaType"],
    }
    if manifest.get("annotations"):
        descriptor["annotations"] = manifest["annotations"]
    with LOCK:
        listed = REFERRERS.setdefault((name, subject["digest"]), [])
        if all(other["digest"] != descriptor["digest"] for other in listed):
            listed.append(descriptor)
    return subject["digest"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def referrers(self, name, digest, query):
        with LOCK:
            listed = list(REFERRERS.get((name, digest), []))
        headers = [("Content-Type", INDEX)]
        wanted = query.get("artifactType", [None])[0]
        if wanted and FILTERS:
            listed = [each for each in listed if each["artifactType"] == wanted]
            headers.append(("OCI-Filters-Applied", "artifactType"))
        start = int(query.get("from", ["0"])[0])
        if start + PAGE < len(listed):
            more = {"from": start + PAGE} | ({"artifactType": wanted} if wanted else {})
            place = f"/v2/{name}/referrers/{digest}"
            headers.append(("Link", f'<{place}?from=0>; rel="first", <{place}?{urllib.parse.urlencode(more)}>; rel="next"'))
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": listed[start : start + PAGE]}
        self.answer(200, headers, json.dumps(index).encode())

    def meet(self):
        """Waits for others that ask at the same time."""
        with LOCK:
            MEETING["now"] += 1
            if MEETING["now"] > MEETING["peak"]:
                MEETING["peak"] = MEETING["now"]
                print("peak", MEETING["peak"], flush=True)
            LOCK.notify_all()
            LOCK.wait_for(lambda: MEETING["peak"] >= TOGETHER, 1)
        time.sleep(0.05)  # for one too many to arrive
        with LOCK:
            MEETING["now"] -= 1

    def handle_any(self):
        print(self.command, self.path, flush=True)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        path, _, query = self.path.partition("?")
        name, mark, rest = path.removeprefix("/v2/").rpartition("/referrers/")
        if mark and self.command == "GET":
            return self.referrers(name, rest, urllib.parse.parse_qs(query))
        if TOGETHER and self.command == "GET" and "/blobs/" in path:
            self.meet()
        upstream = http.client.HTTPConnection("127.0.0.1", UPSTREAM, timeout=30)
        headers = {key: value for key, value in self.headers.items() if key.lower() != "connection"}
        upstream.request(self.command, self.path, body=body, headers=headers)
        given = upstream.getresponse()
        content = given.read()
        kept = [(key, value) for key, value in given.getheaders() if key.lower() not in ("content-length", "connection")]
        name, mark, _ = path.removeprefix("/v2/").rpartition("/manifests/")
        if mark and self.command == "PUT" and given.status == 201:
            subject = noted(name, body, self.headers.get("Content-Type"))
            if subject:
                kept.append(("OCI-Subject", subject))
        if self.command == "HEAD":
            self.send_response(given.status)
            for key, value in given.getheaders():
                self.send_header(key, value)
            return self.end_headers()
        self.answer(given.status, kept, content)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print("port", server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
