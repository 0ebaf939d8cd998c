"""A forge of our own, in memory: pulls, issue comments and commit statuses as the published API descriptions of GitHub and Gitea
have them. Usage: forge.py KIND TOKEN. Prints `port N`, then one line for each exchange: METHOD TARGET STATUS.

POST /_faults (a JSON list) makes the next exchanges that match go wrong: {"method", "path" (its end), "times", and one of
"status" with "headers" and "body", or "drop": "before" | "after"}. GET /_state shows everything; POST /_state changes it.
"""
import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KIND, TOKEN = sys.argv[1], sys.argv[2]
OWN = "acme/fleet"
LOGIN = "waybill-bot"
lock = threading.Lock()
state = {"pulls": [], "comments": [], "statuses": [], "next": 1}
faults = []


def serial():
    state["next"] += 1
    return state["next"] - 1


class Forge(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=None, headers=None):
        data = b"" if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
        if not self.path.startswith("/_"):
            print(self.command, self.path, status, flush=True)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def drop(self):
        print(self.command, self.path, "lost", flush=True)
        self.close_connection = True
        self.connection.close()

    def fault(self, path):
        for fault in faults:
            if fault["method"] == self.command and path.endswith(fault["path"]) and fault.get("times", 1) > 0:
                fault["times"] = fault.get("times", 1) - 1
                return fault
        return None

    def go(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        parts = urlsplit(self.path)
        with lock:
            self.decide(parts.path, parse_qs(parts.query), body)

    do_GET = do_POST = do_PATCH = go

    def decide(self, path, query, body):
        if path == "/_faults":
            faults[:] = body
            return self.answer(200, {})
        if path == "/_state":
            state.update(body or {})
            return self.answer(200, state)
        fault = self.fault(path)
        if fault and fault.get("drop") == "before":
            return self.drop()
        if fault and "status" in fault:
            return self.answer(fault["status"], fault.get("body", {"message": "made to fail"}), fault.get("headers"))
        scheme = "Bearer" if KIND == "github" else "token"
        if self.headers.get("Authorization") != f"{scheme} {TOKEN}":
            return self.answer(401, {"message": "Bad credentials"})
        status, answer, headers = self.route(path, query, body)
        if fault:
            return self.drop()
        self.answer(status, answer, headers)

    def route(self, path, query, body):
        top = "/api/v1" if KIND == "gitea" else ""
        if path == top + "/user":
            return 200, {"login": LOGIN, "type": "User"}, {}
        found = re.fullmatch(re.escape(top) + r"/repos/([^/]+/[^/]+)(/.*)", path)
        if not found or found[1] != OWN:
            return 404, {"message": "Not Found"}, {}
        rest = found[2]
        if rest == "/pulls" and self.command == "GET":
            return self.page([p for p in state["pulls"] if p["state"] == query["state"][0]], query)
        if rest == "/pulls" and self.command == "POST":
            return self.create(body)
        if found := re.fullmatch(r"/pulls/(\d+)", rest):
            pull = next((p for p in state["pulls"] if p["number"] == int(found[1])), None)
            if not pull:
                return 404, {"message": "Not Found"}, {}
            for name in ("title", "body", "state"):
                pull[name] = body.get(name, pull[name])
            if "base" in body:
                pull["base"]["ref"] = body["base"]
            return (200 if KIND == "github" else 201), pull, {}
        if found := re.fullmatch(r"/issues/(\d+)/comments", rest):
            if not any(p["number"] == int(found[1]) for p in state["pulls"]):
                return 404, {"message": "Not Found"}, {}
            if self.command == "GET":
                return self.page([c for c in state["comments"] if c["issue"] == int(found[1])], query)
            if len(body["body"]) > 65536:
                return 422, {"message": "Validation Failed", "errors": [{"message": "body is too long (maximum is 65536 characters)"}]}, {}
            comment = {"id": serial(), "issue": int(found[1]), "body": body["body"], "user": {"login": LOGIN, "type": "User"}}
            state["comments"].append(comment)
            return 201, comment, {}
        if found := re.fullmatch(r"/issues/comments/(\d+)", rest):
            comment = next((c for c in state["comments"] if c["id"] == int(found[1])), None)
            if not comment:
                return 404, {"message": "Not Found"}, {}
            if comment["user"]["login"] != LOGIN:
                return 403, {"message": "Forbidden"}, {}
            comment["body"] = body["body"]
            return 200, comment, {}
        if found := re.fullmatch(r"/statuses/([0-9a-f]{40})", rest):
            if body["state"] not in ("success", "failure", "error", "pending") or len(body["description"]) > 140:
                return 422, {"message": "Validation Failed"}, {}
            state["statuses"].append(dict(body, sha=found[1]))
            return 201, body, {}
        return 404, {"message": "Not Found"}, {}

    def page(self, items, query):
        size = int(query["per_page" if KIND == "github" else "limit"][0])
        size, number = min(size, state.get("page", 50)), int(query["page"][0])
        part = items[(number - 1) * size : number * size]
        more = number * size < len(items)
        # As hostile as it can be: the address of the next page is elsewhere.
        link = {"Link": '<http://127.0.0.1:1/steal?page=2>; rel="next", <http://127.0.0.1:1/>; rel="last"'} if more else {}
        return 200, part, link

    def create(self, body):
        if any(p["head"]["ref"] == body["head"] and p["state"] == "open" for p in state["pulls"]):
            if KIND == "gitea":
                return 409, {"message": "pull request already exists for these targets"}, {}
            errors = [{"message": f"A pull request already exists for {body['head']}."}]
            return 422, {"message": "Validation Failed", "errors": errors}, {}
        number = serial()
        pull = {
            "number": number, "title": body["title"], "body": body["body"], "state": "open",
            "html_url": f"https://forge.example.org/{OWN}/pulls/{number}",
            "head": {"ref": body["head"], "sha": "0" * 40, "repo": {"full_name": OWN}},
            "base": {"ref": body["base"], "sha": "0" * 40, "repo": {"full_name": OWN}},
        }
        state["pulls"].append(pull)
        return 201, pull, {}


server = ThreadingHTTPServer(("127.0.0.1", 0), Forge)
print("port", server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
