"""A Hugging Face hub for tests: one model repository and one dataset, small files in git and large ones in LFS on another host.

    hub.py FOLDER

FOLDER has `models/ORG/NAME/COMMIT/…` and `datasets/…`; `refs` beside the commits names each branch's: `main COMMIT`. Files of more than
1000 bytes are "in LFS". It prints `port N`, and a line for each request, until its standard input ends. `hf_fetch.py` proves with the real
client that it is one.
"""
import hashlib, json, os, sys, threading, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOP = sys.argv[1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        print(self.command, self.path, self.headers.get("Authorization", "-").replace(" ", "_"), flush=True)
        parts = [urllib.parse.unquote(part) for part in self.path.split("?")[0].split("/")[1:]]
        try:
            if parts[0] == "lfs":
                return self.large(parts[1])
            if parts[0] == "api":
                return self.about(parts[1], "/".join(parts[2:4]), parts[5])
            kind = "datasets" if parts[0] == "datasets" else "models"
            if kind == "datasets":
                parts = parts[1:]
            if parts[0] == "old":
                return self.send(307, Location=self.path.replace("/old/", "/acme/"))
            self.resolve(kind, "/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        except (OSError, LookupError):
            self.send(404, b'{"error":"Repository not found"}', X_Error_Code="RepoNotFound")

    def commit(self, kind, name, revision):
        top = f"{TOP}/{kind}/{name}"
        refs = dict(line.split() for line in open(f"{top}/refs"))
        commit = refs.get(revision, revision)
        if not os.path.isdir(f"{top}/{commit}"):
            self.send(404, b'{"error":"Invalid rev id"}', X_Error_Code="RevisionNotFound")
            return None, None
        if name == "acme/private" and self.headers.get("Authorization") != "Bearer hf_s3cret":
            self.send(401, b'{"error":"Invalid credentials"}', X_Error_Code="RepoNotFound")
            return None, None
        return commit, f"{top}/{commit}"

    def about(self, kind, name, revision):
        commit, folder = self.commit(kind, name, revision)
        if folder:
            names = [os.path.relpath(f"{at}/{file}", folder) for at, _, files in os.walk(folder) for file in files]
            body = {"id": name, "sha": commit, "private": False, "siblings": [{"rfilename": n} for n in sorted(names)]}
            self.send(200, json.dumps(body).encode(), Content_Type="application/json")

    def resolve(self, kind, name, revision, path):
        commit, folder = self.commit(kind, name, revision)
        if not folder:
            return
        if not os.path.isfile(f"{folder}/{path}"):
            return self.send(404, b"Entry not found", X_Error_Code="EntryNotFound", X_Repo_Commit=commit)
        body = open(f"{folder}/{path}", "rb").read()
        if len(body) > 1000:
            digest = hashlib.sha256(body).hexdigest()
            where = f"http://localhost:{self.server.server_port}/lfs/{digest}?signature=x"
            return self.send(
                302, Location=where, X_Repo_Commit=commit, X_Linked_Size=str(len(body)), X_Linked_Etag=f'"{digest}"')
        tag = hashlib.sha1(b"blob %d\0" % len(body) + body).hexdigest()
        self.file(body, ETag=f'"{tag}"', X_Repo_Commit=commit)

    def large(self, digest):
        for at, _, files in os.walk(TOP):
            for file in files:
                body = open(f"{at}/{file}", "rb").read()
                if hashlib.sha256(body).hexdigest() == digest:
                    return self.file(body, ETag='"of-the-store"')
        self.send(404)

    def file(self, body, **headers):
        start = self.headers.get("Range")
        if start:
            start = int(start.removeprefix("bytes=").split("-")[0])
            return self.send(
                206, body[start:], Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}", **headers)
        self.send(200, body, Accept_Ranges="bytes", **headers)

    def send(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print("port", server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
