import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillEngine
import WaybillLedger
import WaybillTestSupport

@testable import waybill

/// Checkpoints that leave by HTTP, and a ledger that forgets nothing silently.
@Suite struct AnchorTests {
    /// Answers each POST with the number in its path, and keeps what came in a file of that name.
    private static let server = """
        import http.server, sys
        class Keeper(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['content-length']))
                code = self.path[1:]
                open(sys.argv[1] + '/' + code, 'wb').write(self.headers['content-type'].encode() + b'\\n' + body)
                self.send_response(int(code)); self.end_headers()
            def log_message(self, *parts): pass
        server = http.server.HTTPServer(('127.0.0.1', 0), Keeper)
        open(sys.argv[1] + '/port.new', 'w').write(str(server.server_port))
        import os; os.rename(sys.argv[1] + '/port.new', sys.argv[1] + '/port')
        server.serve_forever()
        """

    @Test func `a checkpoint is posted as it is, and a refusal or a silence is told`() async throws {
        try await withTemporaryFolder { folder in
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/python3")
            process.arguments = ["-c", Self.server, folder.path]
            try process.run()
            // It may have inherited that SIGTERM is ignored.
            defer {
                if process.isRunning { kill(process.processIdentifier, SIGKILL) }
                process.waitUntilExit()
            }
            let place = folder.appending(path: "port")
            while !FileManager.default.fileExists(atPath: place.path) { try await Task.sleep(for: .milliseconds(20)) }
            let address = "http://127.0.0.1:" + (try String(contentsOf: place, encoding: .utf8))
            let note = Array("origin\n1\nroot\n\n\u{2014} origin signature\n".utf8)
            try await CheckpointAnchor.post(note, to: address + "/200")
            let kept = try Data(contentsOf: folder.appending(path: "200"))
            #expect(Array(kept) == Array("text/plain; charset=utf-8\n".utf8) + note)
            let refused = await #expect(throws: Failure.self) {
                try await CheckpointAnchor.post(note, to: address + "/503")
            }
            #expect(refused?.reason == "AnchorRefused" && refused?.message == "\(address)/503 answered 503")
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let silent = await #expect(throws: Failure.self) { try await CheckpointAnchor.post(note, to: address) }
            #expect(silent?.reason == "AnchorUnreachable")
        }
    }

    @Test(
        arguments: [
            ("", ["file STATE/anchor/checkpoint"]),
            ("http://127.0.0.1:9/log", ["file STATE/anchor/checkpoint", "http://127.0.0.1:9/log"]),
            ("http://127.0.0.1:9/log, file:/mnt/checkpoint", ["http://127.0.0.1:9/log", "file /mnt/checkpoint"]),
        ])
    func `checkpoints go to a file whatever else is configured`(_ anchors: String, _ names: [String]) async throws {
        try await withTemporaryFolder { url in
            let folder = StateFolder(at: url.appending(path: "state"))
            try folder.create()
            var configuration = try WaybillConfiguration(layers: [], standardState: folder.path)
            configuration.anchors = anchors.split(separator: ", ").map(String.init)
            var settings = try configuration.ledgerSettings(in: folder, repository: nil)
            #expect(settings.sinks.map(\.name) == names.map { $0.replacing("STATE", with: folder.path) })
            guard names.contains(where: { $0.contains("STATE") }) else { return }
            settings.anchorInterval = .milliseconds(10)
            try await writePauses(settings, until: folder.anchor)
            // What is kept there is asked of the next ledger.
            #expect(try configuration.ledgerSettings(in: folder, repository: nil).knownCheckpoints.count == 1)
        }
    }

    /// A ledger of three pauses, closed again: the lock goes with the last reference.
    /// - Parameter place: a file that the ledger's loop has to bring about first.
    private func writePauses(_ settings: LedgerSettings, until place: String? = nil) async throws {
        let ledger = try await Ledger.open(settings)
        let pause = Event(
            .operatorCommand, decision: DecisionID(1), time: Timestamp(milliseconds: 1_700_000_000_000),
            subject: "production/churn", body: ["command": "pause", "arguments": .object([:]), "result": "paused"])
        for _ in 0..<3 { _ = try await ledger.append([pause]) }
        #expect(try await Memory.read(ledger.reader).memory.facts.keys.values.map(\.isPaused) == [true])
        if let place {
            async let _ = ledger.run()
            for _ in 0..<1500 where !FileManager.default.fileExists(atPath: place) {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        await ledger.close()
    }

    /// The writer before lets go of its lock once its queues have.
    private func opened(_ settings: LedgerSettings) async throws -> Ledger {
        for _ in 0..<500 {
            if let ledger = try? await Ledger.open(settings) { return ledger }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await Ledger.open(settings)
    }

    @Test func `a pause whose body was zeroed keeps the controller from starting`() async throws {
        try await withTemporaryFolder { folder in
            var settings = LedgerSettings(folder: folder.appending(path: "ledger").path)
            settings.segmentLimit = 1
            try await writePauses(settings)
            let segment = folder.appending(path: "ledger/journal/00000000000000000000.segment")
            var bytes = Array(try Data(contentsOf: segment))
            func number(_ range: Range<Int>) -> Int { bytes[range].reduce(0) { $0 << 8 | Int($1) } }
            let record = 52 + number(16..<20)
            let (entry, sealed) = (number(record + 1..<record + 3), number(record + 3..<record + 7))
            for place in record + 39 + entry..<record + 39 + entry + sealed { bytes[place] = 0 }
            try Data(bytes).write(to: segment)

            let again = try await opened(settings)
            let refused = await #expect(throws: Failure.self) { try await Memory.read(again.reader) }
            await again.close()
            #expect(refused?.reason == "LedgerUnreadable" && refused?.disposition == .stall)
            #expect(
                refused?.message.hasPrefix(
                    "ledger: entry 0 (operator.command about 'production/churn') cannot be read: the body is all zeros")
                    == true, "\(refused?.message ?? "")")
        }
    }
}
