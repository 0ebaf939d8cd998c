import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

extension `End to end` {
    /// Twelve seconds' worth of download; the controller is killed in the middle of it.
    @Test func `a slow download is progress, not ill health, and goes on after a crash`() async throws {
        let weights = (0..<3_600_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
        try await withTemporaryFolder { (folder) async throws in
            let file = folder.appending(path: "weights.bin")
            try Data(weights).write(to: file)
            let authority = try TestAuthority(in: folder, names: "DNS:localhost")
            try await ScriptServer.with(
                "/usr/bin/python3",
                [
                    TestServers.scripts.appending(path: "web.py").path, file.path, "--tls", authority.certificate,
                    authority.key,
                ], in: folder
            ) { (web) async throws in
                try await withFleet(["sources: {caFile: '\(authority.authority)'}"]) { (fleet) async throws in
                    try await fleet.startServing()
                    try fleet.version(
                        "2.0.0", adding: "weights.bin", from: "https://localhost:\(web.port)/slow/300000/weights.bin",
                        weights)
                    try fleet.deploy("2.0.0")
                    try await fleet.apply("a large model")
                    let before = try await fleet.watchProgress(until: 1_000_000)
                    #expect(before.count >= 3, "\(before)")

                    try await fleet.controller.end(SIGKILL)
                    #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
                    try await fleet.start()
                    let after = try await fleet.watchProgress(until: 3_000_000)
                    #expect(try #require(after.first) >= 1_000_000, "\(after)")
                    try await fleet.serves("production/risk-score", "2.0.0")
                    #expect(try await fleet.events(.bundleBuilt).count == 2)
                }
                let ranges = web.lines.map { String($0.split(separator: " ")[2]) }
                #expect(ranges.count == 2 && ranges.first == "-", "\(ranges)")
                let start = try #require(try #/bytes=(\d+)-/#.wholeMatch(in: ranges[1]))
                #expect(try #require(Int(start.1)) >= 1_000_000)
            }
        }
    }
}

extension Fleet {
    /// Writes a version of `risk-score` with a further file of another machine.
    func version(_ version: String, adding name: String, from source: String, _ bytes: [UInt8]) throws {
        try self.version(version)
        let path = "models/risk-score/\(version).yaml"
        let manifest = try String(contentsOfFile: "\(clone)/\(path)", encoding: .utf8)
        let entry = """
                - path: \(name)
                  source: \(source)
                  digest: \(Digest(of: bytes))
                  size: \(bytes.count)

            """
        try write(path, manifest + entry)
    }

    /// Looks again and again while bytes arrive, and expects each time that all is well and the old version answers. Gives the bytes that
    /// were seen, once there are as many as wanted.
    fileprivate func watchProgress(until wanted: Int64) async throws -> [Int64] {
        var seen: [Int64] = []
        try await eventually("\(wanted) bytes have arrived") {
            let key = "production/risk-score"
            guard let view = try await deployment(key), let progress = view.packaging, progress.done > 0 else {
                return false
            }
            guard seen.last != progress.done else { return false }
            seen.append(progress.done)
            #expect(progress.message == "packaging \(ByteCount.text(progress.done, of: progress.total))")
            #expect(view.conditions.first { $0.type == "Stalled" && $0.status } == nil)
            #expect(try await monitor("/readyz") == (200, "ready\n"))
            #expect(try await answeringVersion(key) == "1.0.0")
            for words in [["get", "deployments"], ["describe", key]] {
                let shown = try await Program.run([Program.waybill] + words, in: folder)
                #expect(shown.output.contains(/packaging \d\.\d\/3\.\d MB/), "\(shown.output)")
            }
            return progress.done >= wanted
        }
        return seen
    }
}
