import Foundation
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// A web server of the test's own with a file, and a store to fetch it into.
struct WebFixture {
    static let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: ($0 &* 31) ^ ($0 >> 7)) }
    static let digest = Digest(of: bytes)

    let folder: URL
    let server: ScriptServer
    let scheme: WebAddress.Scheme
    var settings = HTTPSettings()

    static let scripts = TestServers.scripts

    /// Runs `body` beside a server; with TLS its certificate is signed by an authority that only `settings` believe.
    static func with(
        tls: Bool = false, names: String = "IP:127.0.0.1,DNS:localhost,DNS:models.example.com",
        _ body: (WebFixture) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let file = folder.appending(path: "model.bin")
            try Data(bytes).write(to: file)
            var arguments = [scripts.appending(path: "web.py").path, file.path]
            var settings = HTTPSettings()
            settings.deadlines.idle = .seconds(2)
            settings.deadlines.connect = .seconds(5)
            if tls {
                let authority = try TestAuthority(in: folder, names: names)
                arguments += ["--tls", authority.certificate, authority.key]
                settings.caFile = authority.authority
            }
            try await ScriptServer.with("/usr/bin/python3", arguments, in: folder) { server in
                try await body(
                    WebFixture(folder: folder, server: server, scheme: tls ? .https : .http, settings: settings))
            }
        }
    }

    func address(_ target: String, host: String = "127.0.0.1") -> WebAddress {
        WebAddress(scheme: scheme, host: host, port: server.port, target: target)
    }

    /// The source that a manifest would name.
    func source(_ target: String) -> RemoteSource { RemoteSource(scheme: .https, text: address(target).text) }

    var store: ContentStore { ContentStore(root: folder.appending(path: "content").path) }

    /// Fetches as a version's artifact, by a store over the same folder each time; nil when it is held then.
    func fetch(_ target: String, by readers: SourceReaders? = nil, bytes: [UInt8] = bytes) async throws -> Failure? {
        let readers = try readers ?? SourceReaders([.https: HTTPSSource(try HTTPTransport(settings))])
        let artifact = Artifact(
            path: "model.bin", source: .remote(source(target)), digest: Digest(of: bytes), size: Int64(bytes.count))
        let intake = ArtifactIntake(content: store, tree: MemoryTree(), readers: readers, refusing: [])
        do throws(Failure) {
            _ = try await intake.bring(
                [artifact], of: try VersionID.test, at: try CommitID.test)
        } catch { return error }
        return nil
    }

    var leftovers: [String] {
        ((try? entries(of: store.layout.partial)) ?? []) + ((try? entries(of: store.layout.blobs)) ?? [])
    }

    /// The ranges that were asked for, `-` for none.
    var ranges: [String] { server.lines.map { String($0.split(separator: " ")[2]) } }
}

extension VersionID {
    static var test: VersionID {
        get throws(Failure) {
            do { return try VersionID(parsing: "churn@1.4.0") } catch { throw .cancelled }
        }
    }
}

extension CommitID {
    static var test: CommitID {
        get throws(Failure) {
            do { return try CommitID(parsing: String(repeating: "a", count: 40)) } catch { throw .cancelled }
        }
    }
}
