import Foundation
import Synchronization
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import WaybillAPI

@Suite struct LogTests {
    private func replica(_ serial: UInt64) throws -> ReplicaID {
        ReplicaID(key: try Samples.key(), revision: Samples.revision, serial: serial)
    }

    private func write(_ text: String, to file: URL) throws { try Data(text.utf8).write(to: file) }

    private func append(_ text: String, to file: URL) throws {
        let handle = try FileHandle(forWritingTo: file)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    @Test func `the last lines reach back into older files`() async throws {
        try await withTemporaryFolder { folder in
            let (older, file) = (folder.appending(path: "log.1"), folder.appending(path: "log"))
            try write("1\n2\n3\n", to: older)
            try write("4\n5\nunfinished", to: file)
            let log = LogFile(files: [older.path, file.path])
            #expect(log.tail(4) == ["3", "4", "5", "unfinished"])
            #expect(LogFile(files: [older.path, file.path]).tail(2) == ["5", "unfinished"])
            #expect(LogFile(files: [older.path, file.path]).tail(0) == [])
        }
    }

    @Test func `a log is followed across rotation and truncation`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "log")
            try write("1\n", to: file)
            let log = LogFile(files: [file.path])
            #expect(log.tail(10) == ["1"])
            try append("2\nhal", to: file)
            #expect(log.added() == ["2"])
            try append("f\n3\n", to: file)
            try FileManager.default.moveItem(at: file, to: folder.appending(path: "log.1"))
            try write("4\n", to: file)
            #expect(log.added() == ["half", "3", "4"])
            try write("", to: file)
            #expect(log.added() == [])
            try append("5\n", to: file)
            #expect(log.added() == ["5"])
        }
    }

    @Test func `a log that is not there yet is empty, then read`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "log")
            let log = LogFile(files: [file.path])
            #expect(log.tail(10) == [])
            try write("1\n", to: file)
            #expect(log.added() == ["1"])
        }
    }

    @Test func `an endless line is cut and bytes that are not text do no harm`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "log")
            try Data(repeating: 0x61, count: LogFile.longestLine + 5).write(to: file)
            #expect(LogFile(files: [file.path]).tail(10).map(\.utf8.count) == [LogFile.longestLine, 5])
            try Data([0xff, 0x0a]).write(to: file)
            #expect(LogFile(files: [file.path]).tail(10) == ["\u{fffd}"])
        }
    }

    @Test func `a keeper's line is taken apart, another is all text`() {
        let line = LogLine(replica: "r", line: "2026-11-23T15:04:05.678Z err boom at x")
        #expect(line == LogLine(replica: "r", time: "2026-11-23T15:04:05.678Z", stream: "err", text: "boom at x"))
        let other = LogLine(replica: "r", line: "Traceback out of order")
        #expect(other == LogLine(replica: "r", time: nil, stream: nil, text: "Traceback out of order"))
    }

    @Test func `logs of replicas come in the order of time and are followed`() async throws {
        let (first, second) = (try replica(1), try replica(2))
        let controller = FakeController()
        let key = try Samples.key()
        try await withServer(controller) { client, folder in
            let (one, two) = (folder.appending(path: "1"), folder.appending(path: "2"))
            try write("2026-11-23T15:00:01.000Z out a\nmore\n2026-11-23T15:00:03.000Z out c\n", to: one)
            try write("2026-11-23T15:00:02.000Z err b\n", to: two)
            controller.write(
                logs: [
                    ReplicaLog(replica: first, files: [one.path]), ReplicaLog(replica: second, files: [two.path]),
                ])
            var seen: [String] = []
            try await client.logs(of: key, tail: 10, follow: true) { line in
                seen.append(line.text)
                if seen.count == 4 { try? append("2026-11-23T15:00:04.000Z out d\n", to: two) }
                return line.text != "d"
            }
            #expect(seen == ["a", "more", "b", "c", "d"])
        }
    }
}
