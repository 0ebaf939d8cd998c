import Foundation
import Testing
import WaybillCore
import WaybillTestSupport
import WaybillTrust

@testable import WaybillGateway

/// Files of records: closed after a death, found again, read though they are hostile.
@Suite struct SegmentTests {
    private static func record(_ number: UInt64, time: UInt64 = 1_700_000_000_000) -> Record {
        let salt = Salt(number + 1, 7)
        return .prediction(
            PredictionRecord(
                id: RecordID(high: time << 16 | 0x7000, low: 1 << 63 | number), time: time * 1000 + number, duration: 1,
                status: 200, ending: .answered, reason: .all, generation: 1,
                server: .init(environment: "production", deployment: "churn"),
                request: RecordedBody(whole: Array("request \(number)".utf8), salt: salt),
                answer: RecordedBody(whole: [], salt: salt)))
    }

    /// The bytes of a segment that nobody closed, and where each of its frames ends.
    private static func open(_ id: RecordID, _ records: [Record]) -> (bytes: [UInt8], ends: [Int]) {
        var bytes = ByteWriter()
        var ends: [Int] = []
        SegmentHeader(pid: 1, id: id, writer: id, number: 0, opened: id.microseconds).append(to: &bytes)
        for record in records {
            _ = RecordFrame.append(record, to: &bytes)
            ends.append(bytes.count)
        }
        return (bytes.bytes, ends)
    }

    private static func put(_ bytes: [UInt8], _ id: RecordID, _ names: SegmentNames) throws {
        try FileManager.default.createDirectory(atPath: names.folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: names.open(id)))
    }

    @Test func `what a killed gateway left is closed with every whole record, wherever it was torn`() async throws {
        let id = RecordID(high: 1_700_000_000_000 << 16 | 0x7000, low: 1 << 63)
        let records = (0..<4).map { Self.record($0) }
        let (bytes, ends) = Self.open(id, records)
        try await withTemporaryFolder { (folder) async throws in
            let store = SegmentStore(folder)
            for length in stride(from: 0, through: bytes.count, by: 23) {
                try Self.put(Array(bytes[..<length]), id, store.names)
                let (closed, problems) = SegmentRecovery.run(store.names)
                let whole = ends.count { $0 <= length }
                #expect(closed == (whole > 0 ? 1 : 0) && problems.isEmpty, "\(length): \(problems)")
                #expect(try store.all() == Array(records.prefix(whole)), "\(length)")
                if whole > 0 { #expect(try store.verified(id).footer.count == UInt64(whole)) }
                try FileManager.default.removeItem(atPath: store.names.folder)
            }
        }
    }

    @Test func `a segment that a living process writes is left alone`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let names = SegmentNames(stateFolder: folder.path)
            let id = RecordID(high: 1, low: 1)
            let open = try OpenSegment(
                SegmentHeader(pid: 1, id: id, writer: id, number: 0, opened: 0), in: names, now: 0)
            #expect(SegmentRecovery.run(names).closed == 0)
            #expect(FileManager.default.fileExists(atPath: names.open(id)))
            let mode = try FileManager.default.attributesOfItem(atPath: names.open(id))[.posixPermissions] as? Int
            let folderMode = try FileManager.default.attributesOfItem(atPath: names.folder)[.posixPermissions] as? Int
            #expect((mode, folderMode) == (0o600, 0o700))
            withExtendedLifetime(open) {}
        }
    }

    @Test func `records are found by id and by time, also when an index was lost`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = SegmentStore(folder)
            let hours: [UInt64] = [0, 5, 10]
            for hour in hours {
                let time = 1_700_000_000_000 + hour * 3_600_000
                let id = RecordID(high: time << 16 | 0x7000, low: 1 << 63)
                try Self.put(Self.open(id, (0..<100).map { Self.record($0, time: time + $0) }).bytes, id, store.names)
            }
            #expect(SegmentRecovery.run(store.names).closed == 3)
            let wanted = Self.record(42, time: 1_700_000_000_000 + 5 * 3_600_000 + 42)
            #expect(try store.predictions(wanted.id).map(\.record) == [wanted])
            for id in store.names.list(".index") { try FileManager.default.removeItem(atPath: store.names.index(id)) }
            #expect(try store.predictions(wanted.id).map(\.record) == [wanted])
            #expect(store.names.list(".index").count == 1)
            #expect(try store.predictions(RecordID(high: wanted.id.high, low: 5)).isEmpty)
            var seen = 0
            let from: UInt64 = (1_700_000_000_000 + 5 * 3_600_000) * 1000
            try store.forEach(from: from, to: from + 3_600_000_000) { _ in
                seen += 1
                return true
            }
            #expect(seen == 100)
            try store.forEach(of: try DeploymentKey(parsing: "production/other")) { _ in
                seen += 1
                return true
            }
            #expect(seen == 100)
        }
    }

    @Test func `an altered segment is an error that names the byte`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let store = SegmentStore(folder)
            let id = RecordID(high: 1_700_000_000_000 << 16 | 0x7000, low: 1 << 63)
            let (bytes, ends) = Self.open(id, (0..<3).map { Self.record($0) })
            try Self.put(bytes, id, store.names)
            #expect(SegmentRecovery.run(store.names).closed == 1)
            let file = try FileHandle(forUpdating: URL(filePath: store.names.closed(id)))
            try file.seek(toOffset: UInt64(ends[0] + 40))
            try file.write(contentsOf: Data([0xFF]))
            try file.close()
            #expect {
                try store.verified(id)
            } throws: { error in
                (error as? Failure)?.message
                    == "segment \(id): at byte \(ends[0]): it is malformed: its core was altered: it has another hash"
            }
        }
    }
}
