import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// Against MLflow's own server.
@Suite(.serialized) struct `Files in an MLflow registry` {
    private func withServer(_ body: (ScriptServer, URL) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let file = folder.appending(path: "model.bin")
            try Data(WebFixture.bytes).write(to: file)
            try await MLflowServer.with(file, in: folder) { (server) async throws in try await body(server, folder) }
        }
    }

    private func fetch(_ text: String, _ server: ScriptServer, _ folder: URL) async throws -> Failure? {
        try await fetch([(text, WebFixture.bytes)], server.port, folder)
    }

    /// By a process of its own, as it were: nothing is remembered but what is on the disk.
    private func fetch(_ files: [(text: String, bytes: [UInt8])], _ port: Int, _ folder: URL) async throws -> Failure? {
        let endpoint = WebAddress(scheme: .http, host: "127.0.0.1", port: port)
        let reader = MLflowSource(try HTTPTransport(HTTPSettings()), endpoint: endpoint)
        let artifacts = files.enumerated().map { index, file in
            Artifact(
                path: "\(index).bin", source: .remote(RemoteSource(scheme: .mlflow, text: file.text)),
                digest: Digest(of: file.bytes), size: Int64(file.bytes.count))
        }
        let intake = ArtifactIntake(
            content: ContentStore(root: folder.appending(path: "content").path), tree: MemoryTree(),
            readers: SourceReaders([.mlflow: reader]), refusing: [])
        do throws(Failure) {
            _ = try await intake.bring(artifacts, of: try VersionID.test, at: try CommitID.test)
        } catch { return error }
        return nil
    }

    /// What a server before MLflow's is asked for of a version's files: name, status, range.
    private func withFront(
        _ server: ScriptServer, _ folder: URL,
        _ body: (_ port: Int, _ asked: () throws -> [String]) async throws -> Void
    ) async throws {
        let (port, log) = (try PlainSocket.freePort(), folder.appending(path: "front.log"))
        let configuration = """
            daemon off; pid \(folder.path)/front.pid; error_log stderr; worker_processes 1;
            events {}
            http {
              log_format asked '$uri $status $http_range';
              access_log \(log.path) asked;
              client_body_temp_path \(folder.path)/front-body; proxy_temp_path \(folder.path)/front-proxy;
              fastcgi_temp_path \(folder.path)/front-f; uwsgi_temp_path \(folder.path)/front-u; scgi_temp_path \(folder.path)/front-s;
              server {
                listen 127.0.0.1:\(port);
                location / { proxy_pass http://127.0.0.1:\(server.port); proxy_force_ranges on; }
              }
            }
            """
        let file = folder.appending(path: "front.conf")
        try Data(configuration.utf8).write(to: file)
        let front = try ChildProgram(
            ["/usr/sbin/nginx", "-e", "stderr", "-p", folder.path, "-c", file.path],
            output: folder.appending(path: "front.out"))
        // Asked to end, it ends its worker; killed, it would leave it.
        defer {
            kill(front.identifier, SIGTERM)
            _ = front.wait()
        }
        for _ in 0..<400 where (try? PlainSocket(connectingTo: port, timeout: 1)) == nil {
            try #require(front.isRunning)
            try await Task.sleep(for: .milliseconds(25))
        }
        try await body(port) {
            try String(contentsOf: log, encoding: .utf8).split(separator: "\n").compactMap { line in
                line.contains("/artifacts/") ? line.split(separator: "/").last.map(String.init) : nil
            }
        }
    }

    /// MLflow's own server knows no ranges, and what stands before it often does.
    @Test func `after a crash whole files stay, and a cut one goes on where ranges are known`() async throws {
        try await withServer { (server, folder) async throws in
            try await withFront(server, folder) { (port, asked) async throws in
                let reversed = Array(WebFixture.bytes.reversed())
                let more = (text: "mlflow:models:/churn%20model/1#more.bin", bytes: reversed)
                let weights = (text: "mlflow:models:/churn%20model/1#weights.bin", bytes: WebFixture.bytes)
                #expect(try await fetch([more], port, folder) == nil)
                let store = ContentStore(root: folder.appending(path: "content").path)
                try Data(WebFixture.bytes[..<4000]).write(to: URL(filePath: store.layout.partial(WebFixture.digest)))
                #expect(try await fetch([more, weights], port, folder) == nil)
                #expect(try await store.bytes(of: WebFixture.digest) == WebFixture.bytes)
                #expect(try asked() == ["more.bin 200 -", "weights.bin 206 bytes=4000-"])
            }
        }
    }

    @Test func `a file of a version arrives, and an alias is resolved`() async throws {
        try await withServer { (server, folder) async throws in
            let text = "mlflow:models:/churn%20model/1#weights.bin"
            // A part of an earlier try: the server knows no ranges, so it is asked from the beginning.
            let store = ContentStore(root: folder.appending(path: "content").path)
            try store.layout.make()
            try Data(WebFixture.bytes[..<4000]).write(to: URL(filePath: store.layout.partial(WebFixture.digest)))
            #expect(try await fetch(text, server, folder) == nil)
            #expect(try await store.bytes(of: WebFixture.digest) == WebFixture.bytes)

            let pins = MLflowPins(try HTTPTransport(HTTPSettings()))
            let there = "mlflow://127.0.0.1:\(server.port)/models:/churn%20model"
            #expect(try await pins.pinned("\(there)@champion#weights.bin") == "\(there)/1#weights.bin")
            #expect(try await pins.pinned("\(there)/1#weights.bin") == nil)
            let measured = try await pins.measure(RemoteSource(scheme: .mlflow, text: "\(there)/1#weights.bin"))
            #expect(measured == (WebFixture.digest, 10_000))

            for (text, failure) in Self.refusals {
                let found = try await fetch(text, server, folder.appending(path: "other"))
                #expect(found?.disposition == .stall)
                #expect(found?.reason == failure.0)
                #expect(found?.message.replacing("\(server.port)", with: "PORT") == failure.1)
            }
        }
    }

    private static let refusals = [
        (
            "mlflow:models:/churn%20model/9#weights.bin",
            (
                "SourceNotFound",
                "GET http://127.0.0.1:PORT/api/2.0/mlflow/model-versions/get-download-uri?…, mlflow:models:/churn%20model/9#weights.bin: "
                    + "HTTP 404 Not Found; correct the source, put it there, or, if it is private, give this host a credential"
            )
        ),
        (
            "mlflow:models:/churn%20model/2#weights.bin",
            (
                "SourceUnreadable",
                "mlflow:models:/churn%20model/2#weights.bin: the server keeps the version's files at 's3:' and does not give them out itself; "
                    + "name the file by an 's3:' source"
            )
        ),
        (
            "mlflow:models:/churn%20model@champion#weights.bin",
            (
                "SourceUnreadable",
                "'mlflow:models:/churn%20model@champion#weights.bin' follows the alias 'champion', which may be another version tomorrow; run "
                    + "'waybill pin' on this file, which writes the version's number in its place"
            )
        ),
    ]
}
