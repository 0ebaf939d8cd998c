import Foundation
import Testing
import WaybillCore
import WaybillLedger
import WaybillTestSupport
import WaybillTrust

/// The hammer appends, this kills it: nothing that it acknowledged may be lost.
@Suite struct KillTests {
    /// `ledger-hammer` beside the test bundle.
    static func hammer() throws -> URL {
        let products = Bundle.allBundles.map(\.bundleURL) + [URL(fileURLWithPath: CommandLine.arguments[0])]
        let places = products.map { $0.deletingLastPathComponent().appending(path: "ledger-hammer") }
        return try #require(
            places.first { FileManager.default.isExecutableFile(atPath: $0.path) }, "no ledger-hammer built")
    }

    static let kills = ProcessInfo.processInfo.environment["WAYBILL_KILLS"].flatMap { Int($0) } ?? 15

    @Test func `nothing acknowledged is lost by kill -9`() async throws {
        try await withTemporaryFolder { folder in
            let ledger = folder.appending(path: "ledger").path
            var generator = SystemRandomNumberGenerator()
            var acknowledged: UInt64 = 0
            for round in 0..<Self.kills {
                let process = Process()
                process.executableURL = try Self.hammer()
                process.arguments = [ledger, "1000000", "\(1 + round % 5)", "50000", "\(3 + round % 20)"]
                let output = Pipe()
                process.standardOutput = output
                try process.run()
                let lines = output.fileHandleForReading.readLines(atLeast: Int.random(in: 1...60, using: &generator)) {
                    usleep(UInt32.random(in: 0...3000))
                    kill(process.processIdentifier, SIGKILL)
                }
                process.waitUntilExit()
                if let last = lines.last { acknowledged = max(acknowledged, last + 1) }
                #expect(lines == Array((lines.first ?? 0)..<((lines.first ?? 0) + UInt64(lines.count))))
                try await check(ledger, acknowledged, round)
            }
            #expect(acknowledged > 0)
        }
    }

    private func check(_ ledger: String, _ acknowledged: UInt64, _ round: Int) async throws {
        let before = try LedgerVerifier.verify(folder: ledger, key: nil)
        #expect(before.size >= acknowledged, "round \(round)")
        let store = try LedgerStore(LedgerSettings(folder: ledger))
        #expect(store.size == before.size)
        let report = try LedgerVerifier.verify(folder: ledger, key: store.key, since: store.checkpoint?.note)
        #expect(report.size >= acknowledged)
        #expect(report.tornBytes == 0)
        let events = try await LedgerReader(folder: ledger).events()
        #expect(events.allSatisfy { $0.event?.subject == "hammer/\($0.index)" })
    }
}

extension FileHandle {
    /// Numbers, one a line, to the end of the stream; `enough` is called once when `count` are there.
    fileprivate func readLines(atLeast count: Int, enough: () -> Void) -> [UInt64] {
        var text: [UInt8] = []
        var isEnough = false
        while case let chunk = availableData, !chunk.isEmpty {
            text += chunk
            if !isEnough, text.count(where: { $0 == 0x0A }) >= count {
                isEnough = true
                enough()
            }
        }
        let whole = text.prefix((text.lastIndex(of: 0x0A) ?? -1) + 1)
        return String(decoding: whole, as: UTF8.self).split(separator: "\n").compactMap { UInt64($0) }
    }
}
