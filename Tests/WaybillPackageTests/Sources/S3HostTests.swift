import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// Buckets whose names are hosts of the store. Nothing here resolves those: a proxy leads to them, by which the store is asked.
@Suite struct `Buckets that are hosts` {
    private static let domain = "s3.example.test"

    private func withStore(
        _ body: (_ folder: URL, ObjectServer, _ proxy: ScriptServer, _ settings: HTTPSettings) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let authority = try TestAuthority(
                in: folder, names: "IP:127.0.0.1,DNS:\(Self.domain),DNS:*.\(Self.domain)")
            let server = try await ObjectServer(.seaweedfs, in: folder, authority: authority, domain: Self.domain)
            _ = try await server.python(
                """
                s3.create_bucket(Bucket="models")
                s3.put_object(Bucket="models", Key="m/a b+ü.bin", Body=b"one")
                s3.put_object(Bucket="models", Key="m/b.bin", Body=b"two")
                """)
            let script = WebFixture.scripts.appending(path: "proxy.py").path
            try await ScriptServer.with("/usr/bin/python3", [script], in: folder) { (proxy) async throws in
                var settings = HTTPSettings()
                settings.caFile = authority.authority
                settings.proxies = try ProxyRules(environment: ["https_proxy": "http://127.0.0.1:\(proxy.port)"])
                try await body(folder, server, proxy, settings)
            }
        }
    }

    private func source(_ settings: HTTPSettings, _ port: Int, inPath: Bool) throws -> S3Source {
        let variables = [
            "AWS_ACCESS_KEY_ID": ObjectServer.key, "AWS_SECRET_ACCESS_KEY": ObjectServer.secret,
            "AWS_ENDPOINT_URL_S3": "https://\(Self.domain):\(port)",
        ]
        return S3Source(
            try HTTPTransport(settings), try S3Settings(usesPaths: inPath, variables: variables),
            now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) })
    }

    @Test func `are asked there, signed, and in the path when that is meant`() async throws {
        try await withStore { (folder, server, proxy, settings) async throws in
            var fixture = try StoreFixture(in: folder)
            fixture.readers = SourceReaders([.s3: try source(settings, server.port, inPath: false)])
            let object = fixture.artifact("a.bin", try ArtifactSource(parsing: "s3://models/m/a b+ü.bin"), "one")
            try await fixture.stage([object])
            #expect(try fixture.text([object], "a.bin") == "one")
            #expect(proxy.lines == ["CONNECT models.\(Self.domain):\(server.port)"])

            let missing = await fixture.failure(
                of: [fixture.artifact("x", try ArtifactSource(parsing: "s3://models/none"), "other")])
            #expect(
                missing?.message
                    == "s3://models/none at https://models.\(Self.domain):\(server.port): the bucket has no such key; correct the "
                    + "source, or put it there")

            fixture.readers = SourceReaders([.s3: try source(settings, server.port, inPath: true)])
            let inPath = fixture.artifact("b.bin", try ArtifactSource(parsing: "s3://models/m/b.bin"), "two")
            try await fixture.stage([inPath])
            #expect(try fixture.text([inPath], "b.bin") == "two")
            #expect(proxy.lines.last == "CONNECT \(Self.domain):\(server.port)")
        }
    }
}
