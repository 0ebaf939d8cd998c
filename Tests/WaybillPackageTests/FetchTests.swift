import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `Transfers from other machines` {
    /// A source that gives `bytes` in pieces and is cut as each try says.
    final class Cutting: SourceReader {
        enum Try: Sendable { case all, after(Int), refusesResume, lies([UInt8]) }
        private let bytes: [UInt8]
        private let tries: Mutex<[Try]>
        private let asked = Mutex<[Int64]>([])

        init(_ bytes: [UInt8], _ tries: [Try]) {
            self.bytes = bytes
            self.tries = Mutex(tries)
        }

        var offsets: [Int64] { asked.withLock { $0 } }

        func read(
            _ source: RemoteSource, from offset: Int64, size: Int64,
            into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
        ) async throws(Failure) {
            asked.withLock { $0.append(offset) }
            let now = tries.withLock { $0.isEmpty ? .all : $0.removeFirst() }
            var given = bytes
            var end = bytes.count
            switch now {
            case .all: break
            case .after(let count): end = min(Int(offset) + count, end)
            case .refusesResume: throw Failure(.retry, reason: "ResumeRefused", message: "no ranges here")
            case .lies(let other): (given, end) = (other, other.count)
            }
            for start in stride(from: Int(offset), to: end, by: 1000) {
                let piece = Array(given[start..<min(start + 1000, end)])
                let result = piece.withUnsafeBytes { buffer in Result { () throws(Failure) in try sink(buffer) } }
                try result.get()
            }
            if case .after = now { throw Failure(.retry, reason: "ConnectionLost", message: "cut") }
        }
    }

    private static let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    private static let source = RemoteSource(scheme: .https, text: "https://models.example/m.bin")
    private static let wanted = ContentStore.Wanted(digest: Digest(of: bytes), size: 10_000)

    private func fetch(_ store: ContentStore, _ reader: Cutting) async -> Failure? {
        do throws(Failure) {
            try store.layout.make()
            let wrong = Failure(.stall, reason: "ArtifactMismatch", message: "other bytes")
            _ = try await store.fetch(Self.wanted, from: Self.source, by: reader, tooLarge: wrong) {
                (content) throws(Failure) in
                if content?.digest != Self.wanted.digest { throw wrong }
            }
        } catch { return error }
        return nil
    }

    @Test func `a transfer that was cut goes on where it ended`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = ContentStore(root: folder.appending(path: "content").path)
            let reader = Cutting(Self.bytes, [.after(4_000), .after(3_500), .all])
            #expect(await fetch(store, reader)?.reason == "ConnectionLost")
            #expect(try entries(of: store.layout.partial) == [Self.wanted.digest.hex])
            #expect(await fetch(store, reader)?.reason == "ConnectionLost")
            #expect(await fetch(store, reader) == nil)
            #expect(reader.offsets == [0, 4_000, 7_500])
            #expect(try await store.bytes(of: Self.wanted.digest) == Self.bytes)
            #expect(try entries(of: store.layout.partial) == [])
            // Held: nobody is asked again.
            #expect(await fetch(store, reader) == nil)
            #expect(reader.offsets.count == 3)
        }
    }

    @Test func `a source that cannot go on is asked from the beginning`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = ContentStore(root: folder.appending(path: "content").path)
            let reader = Cutting(Self.bytes, [.after(4_000), .refusesResume, .all])
            #expect(await fetch(store, reader)?.reason == "ConnectionLost")
            #expect(await fetch(store, reader) == nil)
            #expect(reader.offsets == [0, 4_000, 0])
        }
    }

    @Test func `bytes that rotted between two tries are fetched once more`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = ContentStore(root: folder.appending(path: "content").path)
            let reader = Cutting(Self.bytes, [.after(4_000)])
            #expect(await fetch(store, reader)?.reason == "ConnectionLost")
            let partial = URL(filePath: store.layout.partial(Self.wanted.digest))
            var damaged = try Data(contentsOf: partial)
            damaged[17] ^= 1
            try damaged.write(to: partial)
            #expect(await fetch(store, reader) == nil)
            #expect(reader.offsets == [0, 4_000, 0])
        }
    }

    @Test(arguments: [[1, 2, 3], [UInt8](repeating: 7, count: 10_000), [UInt8](repeating: 7, count: 20_000)])
    func `wrong bytes leave nothing behind`(_ other: [UInt8]) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = ContentStore(root: folder.appending(path: "content").path)
            #expect(await fetch(store, Cutting(Self.bytes, [.lies(other)]))?.reason == "ArtifactMismatch")
            #expect(try entries(of: store.layout.partial) == [])
            #expect(try entries(of: store.layout.blobs) == [])
        }
    }

    @Test func `the same digest is fetched once by many at one time`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = ContentStore(root: folder.appending(path: "content").path)
            let reader = Cutting(Self.bytes, [])
            await withTaskGroup { group in
                for _ in 0..<8 { group.addTask { #expect(await fetch(store, reader) == nil) } }
            }
            #expect(reader.offsets == [0])
        }
    }
}
