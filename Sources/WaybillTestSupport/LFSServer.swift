package import Foundation

/// A Git LFS server on a loopback port of its own: the batch API, uploads and downloads, with faults on request.
package final class LFSServer: Sendable {
    package let port: Int
    private let server: ChildProgram
    private let log: URL

    package struct Behaviour: Codable {
        package var root: String
        package var log: String
        /// What downloads must be asked with; nil: anyone may.
        package var authorization: String?
        /// The first download ends after so many bytes.
        package var cutAfter: Int?
        /// Bytes that the server says to have more than it has.
        package var extraSize = 0
        /// An address to be named in the place of the server's own.
        package var href: String?
        /// A header that downloads must be asked with, named in the answer.
        package var header: [String: String] = [:]
    }

    package init(in folder: URL, change: (inout Behaviour) -> Void = { _ in }) throws {
        let place = folder.appending(path: "lfs-server")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        log = place.appending(path: "log")
        try Data().write(to: log)
        var behaviour = Behaviour(root: place.path, log: log.path)
        change(&behaviour)
        let program = place.appending(path: "server.py")
        try Data(Self.program.utf8).write(to: program)
        let output = place.appending(path: "out")
        server = try ChildProgram(
            [
                PythonSuite.interpreter, program.path,
                String(decoding: try JSONEncoder().encode(behaviour), as: UTF8.self),
            ],
            input: .open, output: output, errors: place.appending(path: "errors"))
        let line = try server.firstLine(of: output)
        guard let port = Int(line) else { throw ScriptServerError(description: line) }
        self.port = port
    }

    package var url: String { "http://127.0.0.1:\(port)/fleet.git/info/lfs" }

    /// What was asked for, a line each: method, path, range.
    package func requests() throws -> [String] {
        try String(contentsOf: log, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    deinit { server.end() }

    private static let program = #"""
        import http.server, json, os, sys, threading

        settings = json.loads(sys.argv[1])
        cut = [settings.get("cutAfter")]

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def note(self):
                with open(settings["log"], "a") as log:
                    log.write(f"{self.command} {self.path} {self.headers.get('Range', '-')}\n")

            def answer(self, status, body, kind="application/vnd.git-lfs+json", headers={}):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def place(self, oid):
                return os.path.join(settings["root"], "object-" + os.path.basename(oid))

            def do_POST(self):
                self.note()
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if not self.path.endswith("/objects/batch"):
                    return self.answer(404, b"{}")
                request = json.loads(body)
                wanted = settings.get("authorization")
                if request["operation"] == "download" and wanted and self.headers.get("Authorization") != wanted:
                    return self.answer(401, b'{"message": "who are you?"}')
                objects = []
                for item in request["objects"]:
                    found = {"oid": item["oid"], "size": item["size"]}
                    here = os.path.exists(self.place(item["oid"]))
                    own = f"http://127.0.0.1:{self.server.server_address[1]}/objects/{item['oid']}"
                    href = own if request["operation"] == "upload" else settings.get("href") or own
                    if request["operation"] == "upload":
                        if not here:
                            found["actions"] = {"upload": {"href": href}}
                    elif here:
                        found["size"] += settings["extraSize"]
                        found["actions"] = {"download": {"href": href, "header": settings["header"]}}
                    else:
                        found["error"] = {"code": 404, "message": "no such object"}
                    objects.append(found)
                self.answer(200, json.dumps({"transfer": "basic", "objects": objects}).encode())

            def do_PUT(self):
                self.note()
                with open(self.place(self.path), "wb") as file:
                    file.write(self.rfile.read(int(self.headers["Content-Length"])))
                self.answer(200, b"")

            def do_GET(self):
                self.note()
                for name, value in settings["header"].items():
                    if self.headers.get(name) != value:
                        return self.answer(403, b"")
                with open(self.place(self.path), "rb") as file:
                    body = file.read()
                range, status, headers = self.headers.get("Range"), 200, {}
                if range:
                    start = int(range.removeprefix("bytes=").split("-")[0])
                    headers = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
                    status, body = 206, body[start:]
                if cut[0] is not None:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body[:cut[0]])
                    self.wfile.flush()
                    cut[0] = None
                    self.close_connection = True
                    return
                self.answer(status, body, "application/octet-stream", headers)

            def log_message(self, *_):
                pass

        def end_with_test():
            sys.stdin.read()
            os._exit(0)

        threading.Thread(target=end_with_test, daemon=True).start()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """#
}
