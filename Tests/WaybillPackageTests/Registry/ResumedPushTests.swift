import Foundation
import NIOCore
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Pushes to a registry that were cut` {
    /// Bytes whose sending fails from `broken` on, and that remembers where each request began.
    private final class Breaking: UploadContent {
        let bytes: [UInt8]
        let broken: Int64
        let began = Mutex<[Int64]>([])
        var digest: Digest { Digest(of: bytes) }
        var size: Int64 { Int64(bytes.count) }

        init(_ bytes: [UInt8], from broken: Int64) {
            self.bytes = bytes
            self.broken = broken
        }

        func body(from start: Int64, upTo end: Int64) -> HTTPCall.Body {
            guard end > start else { return .none }
            began.withLock { $0.append(start) }
            let piece = Array(bytes[Int(start)..<Int(end)])
            return .made(count: end - start) { [broken] in Maker(piece, fails: start >= broken) }
        }

        private final class Maker: BodyMaker {
            private let rest: Mutex<[UInt8]?>
            private let fails: Bool

            init(_ bytes: [UInt8], fails: Bool) {
                rest = Mutex(bytes)
                self.fails = fails
            }

            func next() async throws(Failure) -> ByteBuffer? {
                if fails { throw Failure(.retry, reason: "ConnectionLost", message: "the cable was pulled") }
                return rest.withLock { rest in
                    defer { rest = nil }
                    return rest.map { ByteBuffer(bytes: $0) }
                }
            }
        }
    }

    private static let bytes = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
    private static let piece: Int64 = 16_000

    @Test func `go on with the piece that is missing`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var client = try RegistryFixture(in: folder).client
            client.pieces = BlobUpload.Pieces(whole: 1000, piece: Self.piece)
            let content = ContentStore(root: folder.appending(path: "content").path)
            try content.layout.make()
            let sessions = UploadSessions(content.layout)
            try await RegistryServer.with(in: folder) { [client] (registry) async throws in
                let place = try client.place(try registry.reference("churn"))
                let first = Breaking(Self.bytes, from: Self.piece)
                let failure = await #expect(throws: Failure.self) {
                    try await client.upload(first, to: place, mounting: nil, sessions: sessions, progress: { _ in })
                }
                #expect(failure?.message == "the cable was pulled")
                #expect(try entries(of: content.layout.uploads).count == 1)
                let second = Breaking(Self.bytes, from: .max)
                let outcome = try await client.upload(
                    second, to: place, mounting: nil, sessions: sessions, progress: { _ in })
                #expect(outcome == .sent)
                #expect(second.began.withLock { $0 } == [Self.piece, 2 * Self.piece])
                #expect(try entries(of: content.layout.uploads) == [])
                let third = Breaking(Self.bytes, from: 0)
                #expect(
                    try await client.upload(third, to: place, mounting: nil, sessions: sessions, progress: { _ in })
                        == .held)
            }
        }
    }

    @Test func `begin anew when the registry forgot them`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var client = try RegistryFixture(in: folder).client
            client.pieces = BlobUpload.Pieces(whole: 1000, piece: Self.piece)
            let content = ContentStore(root: folder.appending(path: "content").path)
            try content.layout.make()
            let sessions = UploadSessions(content.layout)
            try await RegistryServer.with(in: folder) { [client] (registry) async throws in
                let place = try client.place(try registry.reference("churn"))
                let blob = Breaking(Self.bytes, from: .max)
                sessions.remember(
                    "http://\(registry.host)/v2/churn/blobs/uploads/00000000-0000-0000-0000-000000000000?_state=x",
                    UploadSessions.Key(place, blob.digest))
                #expect(
                    try await client.upload(blob, to: place, mounting: nil, sessions: sessions, progress: { _ in })
                        == .sent)
                #expect(blob.began.withLock { $0 } == [0, Self.piece, 2 * Self.piece])
            }
        }
    }
}
