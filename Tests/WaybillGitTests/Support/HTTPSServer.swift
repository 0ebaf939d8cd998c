import Foundation
import Testing

@testable import WaybillGit

/// `git http-backend` behind TLS on a loopback port of its own, with a certificate authority made for it.
final class HTTPSServer: Sendable {
    let port: Int
    let authority: String
    private let server: RunningServer

    struct Behaviour: Codable {
        var root: String
        var certificate: String
        var key: String
        /// `user:secret`; nil: anyone may read.
        var login: String?
        /// Break the connection after this many bytes of the pack.
        var cutAfter: Int?
        /// Answer everything with this status.
        var status: Int?
        /// Send everyone there.
        var location: String?
        var minimumTLS: String?
    }

    static let isAvailable = Shell.has("/usr/bin/openssl") && Python.isAvailable

    init(serving root: String, in folder: URL, change: (inout Behaviour) -> Void = { _ in }) async throws {
        let place = folder.appending(path: "tls-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        authority = place + "/ca.pem"
        try await Self.makeCertificates(place)
        var behaviour = Behaviour(root: root, certificate: place + "/server.pem", key: place + "/server.key")
        change(&behaviour)
        try Data(Self.program.utf8).write(to: URL(filePath: place + "/server.py"))
        let settings = String(decoding: try JSONEncoder().encode(behaviour), as: UTF8.self)
        server = try RunningServer([Python.path, place + "/server.py", settings], home: place)
        port = try await server.port()
    }

    var url: String { "https://localhost:\(port)/origin.git" }

    private static func makeCertificates(_ place: String) async throws {
        let names = "subjectAltName=DNS:localhost"
        try Data((names + "\n").utf8).write(to: URL(filePath: place + "/names"))
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        _ = try await Shell.run(
            [
                "openssl", "req", "-x509", "-subj", "/CN=Test authority", "-days", "2", "-keyout", place + "/ca.key",
                "-out",
            ]
                + [place + "/ca.pem"] + key)
        _ = try await Shell.run(
            [
                "openssl", "req", "-subj", "/CN=localhost", "-keyout", place + "/server.key", "-out",
                place + "/server.csr",
            ] + key)
        _ = try await Shell.run([
            "openssl", "x509", "-req", "-in", place + "/server.csr", "-CA", place + "/ca.pem", "-CAkey",
            place + "/ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", place + "/names", "-out", place + "/server.pem",
        ])
    }

    private static let program = #"""
        import base64, http.server, json, os, ssl, subprocess, sys, threading

        settings = json.loads(sys.argv[1])

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def serve(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                if self.headers.get("Transfer-Encoding") == "chunked":
                    while (length := int(self.rfile.readline(), 16)):
                        body += self.rfile.read(length)
                        self.rfile.readline()
                    self.rfile.readline()
                if settings.get("status"):
                    return self.answer(settings["status"], {}, b"no")
                if settings.get("location"):
                    return self.answer(302, {"Location": settings["location"] + self.path}, b"")
                if settings.get("login"):
                    expected = "Basic " + base64.b64encode(settings["login"].encode()).decode()
                    if self.headers.get("Authorization") != expected:
                        return self.answer(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
                self.git(body)

            def git(self, body):
                path, _, query = self.path.partition("?")
                environment = dict(
                    os.environ, GIT_PROJECT_ROOT=settings["root"], GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query,
                    REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type") or "", CONTENT_LENGTH=str(len(body)),
                    REMOTE_USER="ada", REMOTE_ADDR="127.0.0.1", HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding") or "")
                result = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment)
                head, _, content = result.stdout.partition(b"\r\n\r\n")
                headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
                status = int(headers.pop("Status", "200 OK").split()[0])
                cut = settings.get("cutAfter")
                if cut is not None and self.command == "POST":
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content[:cut])
                    self.wfile.flush()
                    os._exit(0)
                self.answer(status, headers, content)

            do_GET = do_POST = serve

            def log_message(self, *_):
                pass

        def end_with_test():
            sys.stdin.read()
            os._exit(0)

        threading.Thread(target=end_with_test, daemon=True).start()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings["certificate"], settings["key"])
        if settings.get("minimumTLS"):
            context.minimum_version = ssl.TLSVersion[settings["minimumTLS"]]
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """#
}

/// The interpreter of the tests' own servers.
enum Python {
    static let path =
        ["/usr/bin/python3", "/usr/local/bin/python3", NSHomeDirectory() + "/.pyenv/shims/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "/usr/bin/python3"
    static let isAvailable = Shell.has(path)
}

/// A server of a test's own; it and all it started are killed with its owner.
final class RunningServer: Sendable {
    private let child: ChildProcess

    init(_ words: [String], home: String) throws {
        child = try ChildProcess(path: words[0], arguments: words, environment: Shell.environment(home: home))
    }

    /// The number that the server wrote on its first line.
    func port() async throws -> Int {
        let line = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let bytes = (try? self.child.output.readSome()) ?? []
                continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
            }
        }
        return try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    }
}
