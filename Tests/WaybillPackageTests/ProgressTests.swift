import Foundation
import Synchronization
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// What is said of a version while its files arrive.
@Suite struct `Progress of packaging` {
    /// Gives some bytes and waits to be told to go on.
    private final class Patient: SourceReader {
        private let bytes: [UInt8]
        private let mayGoOn = Mutex(false)

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func goOn() { mayGoOn.withLock { $0 = true } }

        func read(
            _ source: RemoteSource, from offset: Int64, size: Int64,
            into sink: @Sendable (UnsafeRawBufferPointer) throws(Failure) -> Void
        ) async throws(Failure) {
            for part in [bytes[..<300], bytes[300...]] {
                let result = Array(part).withUnsafeBytes { buffer in
                    Result { () throws(Failure) in try sink(buffer) }
                }
                try result.get()
                while !mayGoOn.withLock({ $0 }) {
                    do { try await Task.sleep(for: .milliseconds(1)) } catch { throw .cancelled }
                }
            }
        }
    }

    @Test func `is asked of the disk, and written down now and then`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try StoreFixture(in: folder)
            let bytes = [UInt8](repeating: 65, count: 900)
            let reader = Patient(bytes)
            fixture.readers = SourceReaders([.https: reader])
            let source = RemoteSource(scheme: .https, text: "https://models.example/m.txt")
            let artifacts = [
                Artifact(path: "m.txt", source: .remote(source), digest: Digest(of: bytes), size: 900)
            ]
            let held = fixture.ledger
            var store = fixture.store
            store.noteInterval = .milliseconds(5)
            let (version, commit, ticket) = (fixture.version, fixture.commit, try await held.ticket())
            try await withThrowingTaskGroup { [store] group in
                group.addTask {
                    try await store.stage(artifacts, of: version, manifest: nil, at: commit, ticket: ticket)
                }
                while !held.events.contains(where: { $0.type == .packagingProgressed && $0.body["held"] == 300 }) {
                    try await Task.sleep(for: .milliseconds(1))
                }
                #expect(store.progress(of: artifacts) == PackagingProgress(.arriving, done: 300, total: 900))
                reader.goOn()
                try await group.waitForAll()
            }
            #expect(store.progress(of: artifacts) == nil)
            let said = held.events.filter { $0.type == .packagingProgressed && $0.body["held"] == 300 }
            #expect(said.first?.body["message"] == "packaging 300/900 B" && said.first?.undeclaredMembers == [])
            let steps = held.events.map(\.type).filter { $0 != .packagingProgressed && $0 != .revisionPrepared }
            #expect(steps == [.sourcesResolved, .artifactVerified, .artifactInspected])
        }
    }
}
