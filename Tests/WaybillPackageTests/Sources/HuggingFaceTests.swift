import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// A hub of the test's own, which the real client believes to be one.
@Suite struct `Files on a Hugging Face hub` {
    private static let commit = String(repeating: "0123456789", count: 4)
    private static let small = Array("{\"layers\": 2}\n".utf8)
    private static let large = WebFixture.bytes

    /// The real client: `hf-xet`, its other way of downloading, is left out.
    static let lock = """
        anyio==4.16.0
        click==8.5.1
        filelock==4.3.1
        fsspec==2026.9.0
        h11==0.16.0
        httpcore2==2.16.2
        httpx2==2.16.2
        huggingface_hub==2.4.0
        idna==3.20
        packaging==26.4
        PyYAML==6.0.4
        tqdm==4.70.1
        truststore==0.10.5
        typing_extensions==4.16.0

        """

    private func withHub(_ body: (ScriptServer, URL) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let hub = folder.appending(path: "hub")
            for top in ["models/acme/churn", "models/acme/private", "datasets/acme/customers"] {
                let tree = hub.appending(path: "\(top)/\(Self.commit)")
                try FileManager.default.createDirectory(
                    at: tree.appending(path: "onnx dir"), withIntermediateDirectories: true)
                try Data(Self.small).write(to: tree.appending(path: "config.json"))
                try Data(Self.large).write(to: tree.appending(path: "onnx dir/model.bin"))
                try Data("main \(Self.commit)\nfeature/x \(Self.commit)\n".utf8).write(
                    to: hub.appending(path: "\(top)/refs"))
            }
            let script = WebFixture.scripts.appending(path: "hub.py").path
            try await ScriptServer.with("/usr/bin/python3", [script, hub.path], in: folder) { (server) async throws in
                try await body(server, folder)
            }
        }
    }

    private func endpoint(_ server: ScriptServer) -> WebAddress {
        WebAddress(scheme: .http, host: "127.0.0.1", port: server.port)
    }

    private func fetch(
        _ text: String, _ bytes: [UInt8], _ server: ScriptServer, _ folder: URL,
        _ settings: HTTPSettings = HTTPSettings(),
        size: Int64? = nil
    ) async throws -> Failure? {
        let reader = HuggingFaceSource(try HTTPTransport(settings), endpoint: endpoint(server))
        let artifact = Artifact(
            path: "model.bin", source: .remote(RemoteSource(scheme: .huggingFace, text: text)),
            digest: Digest(of: bytes),
            size: size ?? Int64(bytes.count))
        let intake = ArtifactIntake(
            content: ContentStore(root: folder.appending(path: "content").path), tree: MemoryTree(),
            readers: SourceReaders([.huggingFace: reader]), refusing: [])
        do throws(Failure) {
            _ = try await intake.bring([artifact], of: try VersionID.test, at: try CommitID.test)
        } catch { return error }
        return nil
    }

    @Test func `the real client downloads from the tests' hub`() async throws {
        try await withHub { (server, folder) async throws in
            let python = try await PythonSuite.environment(lock: Self.lock).appending(path: "bin/python").path
            for (kind, name) in [("model", "acme/churn"), ("dataset", "acme/customers")] {
                let environment = [
                    "PATH": "/usr/bin:/bin", "HOME": folder.path, "HF_HOME": folder.appending(path: "hf-\(kind)").path,
                    "HF_ENDPOINT": endpoint(server).origin, "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
                    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
                ]
                let client = try await ChildProgram.run(
                    [python] + [WebFixture.scripts.appending(path: "hf_fetch.py").path, name, "main", kind],
                    environment: environment)
                let text = client.output
                let large = Digest(of: Self.large).hex
                let lines = text.split(separator: "\n").map(String.init)
                #expect(lines.first == Self.commit)
                #expect(lines.dropFirst().first?.hasPrefix("config.json \(Digest(of: Self.small).hex) ") == true)
                // The client names a file in LFS by the digest that the hub gave it.
                #expect(lines.last == "onnx dir/model.bin \(large) \(large)")
            }
        }
    }

    @Test func `files of models and datasets arrive, in git and in LFS`() async throws {
        try await withHub { (server, folder) async throws in
            #expect(try await fetch("hf:acme/churn@\(Self.commit)/config.json", Self.small, server, folder) == nil)
            #expect(
                try await fetch(
                    "hf:datasets/acme/customers@\(Self.commit)/onnx dir/model.bin", Self.large, server, folder)
                    == nil)
            #expect(server.lines.last?.hasPrefix("GET /lfs/") == true)
        }
    }

    @Test func `a cut transfer goes on in the store of large files`() async throws {
        try await withHub { (server, folder) async throws in
            let store = ContentStore(root: folder.appending(path: "content").path)
            try store.layout.make()
            try Data(Self.large[..<4000]).write(to: URL(filePath: store.layout.partial(Digest(of: Self.large))))
            #expect(
                try await fetch("hf:acme/churn@\(Self.commit)/onnx dir/model.bin", Self.large, server, folder) == nil)
            #expect(server.lines.count == 2)
        }
    }

    @Test func `a size that the hub knows to be another is refused before a byte is taken`() async throws {
        try await withHub { (server, folder) async throws in
            let text = "hf:acme/churn@\(Self.commit)/onnx dir/model.bin"
            let failure = try await fetch(text, Self.large, server, folder, size: 12_000)
            #expect(failure?.reason == "ArtifactMismatch")
            #expect(failure?.message.hasPrefix("\(text) announces 10000 bytes and its manifest 12000; likely") == true)
        }
    }

    @Test func `a private repository needs the token, which stays with the hub`() async throws {
        try await withHub { (server, folder) async throws in
            let text = "hf:acme/private@\(Self.commit)/onnx dir/model.bin"
            let refused = try await fetch(text, Self.large, server, folder)
            #expect(refused?.reason == "SourceUnauthorized")
            let secret = folder.appending(path: "token")
            try Data("hf_s3cret".utf8).write(to: secret)
            var settings = HTTPSettings()
            settings.credentials = [try HTTPCredential(parsing: "127.0.0.1 bearer file:\(secret.path)")]
            #expect(try await fetch(text, Self.large, server, folder, settings) == nil)
            #expect(server.lines.suffix(2).map { $0.split(separator: " ").last } == ["Bearer_hf_s3cret", "-"])
        }
    }

    /// What pin is told, and what it writes.
    @Test(arguments: ["main", "feature%2Fx"])
    func `a branch is resolved to its commit, and a file measured`(_ revision: String) async throws {
        try await withHub { (server, folder) async throws in
            let pins = HuggingFacePins(try HTTPTransport(HTTPSettings()), endpoint: endpoint(server))
            let text = "hf:acme/churn@\(Self.commit)/onnx dir/model.bin"
            #expect(try await pins.pinned("hf:acme/churn@\(revision)/onnx dir/model.bin") == text)
            #expect(try await pins.pinned(text) == nil)
            let large = try await pins.measure(RemoteSource(scheme: .huggingFace, text: text))
            #expect(large == (Digest(of: Self.large), 10_000))
            // The hub said so: the file itself was not read.
            #expect(!server.lines.contains { $0.hasPrefix("GET /lfs/") })
            let small = try await pins.measure(
                RemoteSource(scheme: .huggingFace, text: "hf:datasets/acme/customers@\(Self.commit)/config.json"))
            #expect(small == (Digest(of: Self.small), Int64(Self.small.count)))
        }
    }

    @Test func `a renamed repository is followed on the hub itself`() async throws {
        try await withHub { (server, folder) async throws in
            let pins = HuggingFacePins(try HTTPTransport(HTTPSettings()), endpoint: endpoint(server))
            let text = "hf:old/churn@\(Self.commit)/onnx dir/model.bin"
            let measured = try await pins.measure(RemoteSource(scheme: .huggingFace, text: text))
            #expect(measured.digest == Digest(of: Self.large))
            #expect(try await fetch(text, Self.large, server, folder) == nil)
        }
    }

    @Test(arguments: [
        ("hf:acme/churn@nowhere/config.json", "SourceNotFound"), ("hf:acme/other@main/config.json", "SourceNotFound"),
        ("hf:acme/churn/config.json", "SourceUnreadable"),
    ])
    func `what is not there is not resolved`(_ text: String, _ reason: String) async throws {
        try await withHub { (server, folder) async throws in
            let pins = HuggingFacePins(try HTTPTransport(HTTPSettings()), endpoint: endpoint(server))
            do throws(Failure) {
                _ = try await pins.pinned(text)
                Issue.record("resolved")
            } catch { #expect(error.reason == reason) }
        }
    }
}
