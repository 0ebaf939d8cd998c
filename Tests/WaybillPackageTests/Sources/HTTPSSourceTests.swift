import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Files on web servers` {
    @Test func `a file arrives over TLS and is not asked for again`() async throws {
        try await WebFixture.with(tls: true) { (web) async throws in
            #expect(try await web.fetch("/file/model.bin") == nil)
            #expect(try await web.store.bytes(of: WebFixture.digest) == WebFixture.bytes)
            #expect(try await web.fetch("/file/model.bin") == nil)
            #expect(web.server.lines == ["GET /file/model.bin - - - -"])
        }
    }

    @Test func `a cut transfer goes on where it ended, also in another process`() async throws {
        try await WebFixture.with(tls: true) { (web) async throws in
            let readers = SourceReaders([.https: HTTPSSource(try HTTPTransport(web.settings))])
            let cut = try await web.fetch("/cut/4000/model.bin", by: readers)
            #expect(cut?.disposition == .retry)
            #expect(
                cut?.message
                    == "GET \(web.address("/cut/4000/model.bin")): the connection was lost before the end of the answer"
            )
            #expect(try await web.fetch("/cut/4000/model.bin", by: readers)?.reason == "ConnectionLost")
            // A new process knows no tag, and has only the bytes.
            #expect(try await web.fetch("/cut/4000/model.bin") == nil)
            #expect(try await web.store.bytes(of: WebFixture.digest) == WebFixture.bytes)
            let asked = web.server.lines.map { $0.split(separator: " ")[2...3].joined(separator: " ") }
            #expect(asked == ["- -", "bytes=4000- \"one\"", "bytes=8000- -"])
        }
    }

    /// Cut inside of the head there is no answer; from its end on there is one whose end is missing, in whatever part of its framing.
    @Test(arguments: [("length", 50, 110), ("chunked", 58, 135)], [false, true])
    func `an answer that is cut anywhere is a lost connection`(
        _ form: (framing: String, head: Int, whole: Int), _ tls: Bool
    ) async throws {
        try await WebFixture.with(tls: tls) { (web) async throws in
            let transport = try HTTPTransport(web.settings)
            for count in Array(stride(from: 0, to: form.whole, by: 3)) + [form.head - 1, form.head, form.whole - 1] {
                let address = web.address("/prefix/\(count)/\(form.framing)")
                let words = count < form.head ? "before an answer" : "before the end of the answer"
                await #expect(
                    throws: Failure(
                        .retry, reason: "ConnectionLost", message: "GET \(address): the connection was lost \(words)")
                ) {
                    try await transport.stream(HTTPCall("GET", address)) { _ in
                        true
                    } into: { _ in
                    }
                }
            }
            let whole = web.address("/prefix/\(form.whole)/\(form.framing)")
            #expect(try await transport.send(HTTPCall("GET", whole)).body == Array(WebFixture.bytes[..<60]))
        }
    }

    /// What a server does, how often it is asked, and what comes of it in the end.
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var path: String
        var tries = 2
        var ranges: [String]
    }

    @Test(arguments: [
        Case(testDescription: "no ranges", path: "/norange/model.bin", ranges: ["-", "bytes=4000-", "-"]),
        Case(testDescription: "another range", path: "/wrongrange/model.bin", ranges: ["-", "bytes=4000-", "-"]),
        Case(testDescription: "a file that changed", path: "/changes/model.bin", ranges: ["-", "bytes=4000-", "-"]),
        Case(
            testDescription: "smaller ranges", path: "/slices/4000/model.bin",
            ranges: ["-", "bytes=1000-", "bytes=5000-", "bytes=9000-"]),
        Case(
            testDescription: "a server that stalls once", path: "/stall/4000/model.bin", ranges: ["-", "bytes=4000-"]),
    ])
    func `a server that cannot go on is asked from the beginning`(_ test: Case) async throws {
        try await WebFixture.with { (web) async throws in
            let readers = SourceReaders([.https: PlainReader(try HTTPTransport(web.settings))])
            #expect(try await web.fetch(test.path, by: readers)?.disposition == .retry)
            #expect(try await web.fetch(test.path, by: readers) == nil)
            #expect(try await web.store.bytes(of: WebFixture.digest) == WebFixture.bytes)
            #expect(web.ranges == test.ranges)
        }
    }

    /// A server that cannot be mended by trying again.
    struct Refusal: CustomTestStringConvertible, Sendable {
        var testDescription: String { path }
        var path: String
        var reason: String
        /// After the address.
        var message: String
    }

    private static let digest = WebFixture.digest.description

    @Test(arguments: [
        Refusal(
            path: "/garbage/model.bin", reason: "ArtifactMismatch",
            message:
                "'model.bin' of churn@1.4.0 from https://127.0.0.1:PORT/garbage/model.bin is not what its manifest names: expected "
                + "\(digest) (10000 bytes), got \(Digest(of: WebFixture.bytes[..<5000] + [UInt8](repeating: 0, count: 5000))) (10000 bytes); "
                + "likely the file was trained or saved again, or damaged. Bring back the file that was meant, or make a new version of "
                + "it with 'waybill new version'"),
        Refusal(
            path: "/length/12000/model.bin", reason: "ArtifactMismatch",
            message:
                "https://127.0.0.1:PORT/length/12000/model.bin announces 12000 bytes and its manifest 10000; likely the file was "
                + "replaced after the manifest was written, or the address is that of a page about the file. Bring back the file that was "
                + "meant, or make a new version with 'waybill new version'"),
        Refusal(
            path: "/chunked/12000/model.bin", reason: "ArtifactMismatch",
            message:
                "'model.bin' of churn@1.4.0 from https://127.0.0.1:PORT/chunked/12000/model.bin is not what its manifest names: expected "
                + "\(digest) (10000 bytes), got more than that many bytes; likely the file was replaced after the manifest was written. "
                + "Bring back the file that was meant, or make a new version of it with 'waybill new version'"),
        Refusal(
            path: "/chunked/9000/model.bin", reason: "ArtifactMismatch",
            message:
                "'model.bin' of churn@1.4.0 from https://127.0.0.1:PORT/chunked/9000/model.bin is not what its manifest names: expected "
                + "\(digest) (10000 bytes), got \(Digest(of: WebFixture.bytes[..<9000])) (9000 bytes); likely an upload or copy that was cut "
                + "short. Bring back the file that was meant, or make a new version of it with 'waybill new version'"),
        Refusal(
            path: "/packed/model.bin", reason: "SourceAnswerUnexpected",
            message:
                "GET https://127.0.0.1:PORT/packed/model.bin: the file comes packed as 'gzip', although it was asked for as it is; set "
                + "the server to leave such files as they are"),
        Refusal(
            path: "/status/404/model.bin", reason: "SourceNotFound",
            message:
                "GET https://127.0.0.1:PORT/status/404/model.bin: HTTP 404 Not Found; correct the source, put it there, or, if it is "
                + "private, give this host a credential"),
        Refusal(
            path: "/login/model.bin", reason: "SourceUnauthorized",
            message:
                "GET https://127.0.0.1:PORT/login/model.bin: HTTP 401 Unauthorized; no credential is known for it: add "
                + "'127.0.0.1:PORT bearer file:/PATH' or '127.0.0.1:PORT basic USER file:/PATH' to 'sources.credentials' of waybill.yaml"
        ),
    ])
    func `wrong bytes leave nothing but the message`(_ refusal: Refusal) async throws {
        try await WebFixture.with(tls: true) { (web) async throws in
            let failure = try await web.fetch(refusal.path)
            #expect(failure?.disposition == .stall)
            #expect(failure?.reason == refusal.reason)
            #expect(failure?.message == refusal.message.replacing("PORT", with: "\(web.server.port)"))
            #expect(web.leftovers == [])
        }
    }

    @Test func `an answer whose end is the connection's may have been cut`() async throws {
        try await WebFixture.with { (web) async throws in
            let readers = SourceReaders([.https: PlainReader(try HTTPTransport(web.settings))])
            let failure = try await web.fetch("/unframed/9000/model.bin", by: readers)
            #expect(failure?.disposition == .retry)
            #expect(
                failure?.message
                    == "GET \(web.address("/unframed/9000/model.bin")): the connection ended after 9000 of 10000 bytes")
            #expect(try await web.fetch("/file/model.bin", by: readers) == nil)
            #expect(web.ranges == ["-", "bytes=9000-"])
        }
    }

    @Test(arguments: [0, 1])
    func `files of a few bytes arrive`(_ count: Int) async throws {
        try await WebFixture.with { (web) async throws in
            let readers = SourceReaders([.https: PlainReader(try HTTPTransport(web.settings))])
            let bytes = Array(WebFixture.bytes.prefix(count))
            #expect(try await web.fetch("/chunked/\(count)/model.bin", by: readers, bytes: bytes) == nil)
            #expect(try await web.store.bytes(of: Digest(of: bytes)) == bytes)
        }
    }

    @Test func `a credential is sent to its host and read from its file each time`() async throws {
        try await WebFixture.with(tls: true) { (web) async throws in
            var web = web
            let secret = web.folder.appending(path: "token")
            try Data("wrong\n".utf8).write(to: secret)
            web.settings.credentials = [
                try HTTPCredential(parsing: "127.0.0.1:\(web.server.port) bearer file:\(secret.path)")
            ]
            let readers = SourceReaders([.https: HTTPSSource(try HTTPTransport(web.settings))])
            let refused = try await web.fetch("/login/model.bin", by: readers)
            #expect(
                refused?.message
                    == "GET \(web.address("/login/model.bin")): HTTP 401 Unauthorized; the file '\(secret.path)' was sent and is not "
                    + "enough: look at its rights and its age")
            try Data("s3cret\n".utf8).write(to: secret)
            #expect(try await web.fetch("/login/model.bin", by: readers) == nil)
        }
    }

    @Test func `no more files are fetched at once than is allowed`() async throws {
        let slots = TransferSlots(2)
        try await slots.take()
        try await slots.take()
        let waiting = Task { try await slots.take() }
        let cancelled = Task { try await slots.take() }
        cancelled.cancel()
        await #expect(throws: Failure.cancelled) { try await cancelled.value }
        slots.give()
        try await waiting.value
        slots.give()
        slots.give()
        try await slots.take()
    }

    @Test(arguments: [1, 3])
    func `a server is asked for as many files at once as is allowed, by all versions together`(_ most: Int) async throws
    {
        try await WebFixture.with(tls: true) { (web) async throws in
            let transport = try HTTPTransport(web.settings)
            let readers = SourceReaders([.https: HTTPSSource(transport)], bounds: SourceBounds(concurrency: most))
            let store = web.store
            try await withThrowingTaskGroup(of: Void.self) { group in
                for version in ["churn@1.4.0", "churn@1.5.0"] {
                    let first = version == "churn@1.4.0" ? 1 : 5
                    let artifacts = (first..<(first + 4)).map { turned in
                        let bytes = Array(WebFixture.bytes[turned...] + WebFixture.bytes[..<turned])
                        return Artifact(
                            path: "\(turned).bin", source: .remote(web.source("/together/\(most)/\(turned)")),
                            digest: Digest(of: bytes), size: Int64(bytes.count))
                    }
                    group.addTask {
                        let intake = ArtifactIntake(content: store, tree: MemoryTree(), readers: readers, refusing: [])
                        _ = try await intake.bring(
                            artifacts, of: try VersionID(parsing: version), at: try CommitID.test)
                    }
                }
                try await group.waitForAll()
            }
            let peak = try await transport.send(HTTPCall("GET", web.address("/peak")))
            #expect(String(decoding: peak.body, as: UTF8.self) == "\(most)")
            #expect(try await store.blobs().count == 8)
        }
    }

    @Test func `arriving bytes are held to the rate, those of all transfers together`() async throws {
        try await WebFixture.with { (web) async throws in
            var settings = web.settings
            settings.bytesPerSecond = 25_000
            let transport = try HTTPTransport(settings)
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Int.self) { group in
                for name in ["a", "b"] {
                    group.addTask {
                        let arrived = Mutex(0)
                        _ = try await transport.stream(HTTPCall("GET", web.address("/file/\(name)"))) { _ in
                            true
                        } into: { bytes in
                            arrived.withLock { $0 += bytes.count }
                        }
                        return arrived.withLock { $0 }
                    }
                }
                for try await count in group { #expect(count == WebFixture.bytes.count) }
            }
            // 20,000 bytes; the last piece need not be waited for longer than it takes.
            #expect(ContinuousClock.now - start >= .milliseconds(700))
        }
    }

    @Test func `a version with more bytes elsewhere than is allowed is refused`() async throws {
        try await WebFixture.with { (web) async throws in
            let readers = SourceReaders([:], bounds: SourceBounds(versionBytes: 9_999))
            let failure = try await web.fetch("/file/model.bin", by: readers)
            #expect(
                failure?.message
                    == "churn@1.4.0 has 10000 bytes on other machines, and 'sources.sizeLimit' of waybill.yaml is 9999; raise it if the version "
                    + "is meant")
        }
    }

    /// The reader of `https:` for a server without TLS.
    struct PlainReader: SourceReader {
        private let files: WebFiles

        init(_ transport: HTTPTransport) { files = WebFiles(transport) }

        func read(
            _ source: RemoteSource, from offset: Int64, size: Int64,
            into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
        ) async throws(Failure) {
            let address: WebAddress
            do throws(InvalidInput) { address = try WebAddress(parsing: source.text) } catch {
                throw Failure(.stall, reason: "Test", message: error.message)
            }
            try await files.read(WebFile(name: source.text, address: address), from: offset, size: size, into: sink)
        }
    }
}
