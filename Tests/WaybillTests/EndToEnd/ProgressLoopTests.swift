import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// What people see of a version that takes long to come, or for which there is no room.
extension `End to end` {
    private static let commit = String(repeating: "0123456789", count: 4)

    /// A hub with `weights.bin` of 1.5 MB.
    private func withHub(_ body: (ScriptServer, Data) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let weights = Data((0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
            let place = folder.appending(path: "hub/models/acme/churn/\(Self.commit)")
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try weights.write(to: place.appending(path: "weights.bin"))
            try Data("main \(Self.commit)\n".utf8).write(to: place.deletingLastPathComponent().appending(path: "refs"))
            try await ScriptServer.with(
                "/usr/bin/python3", [TestServers.scripts.appending(path: "hub.py").path, folder.path + "/hub"],
                in: folder
            ) { try await body($0, weights) }
        }
    }

    @Test func `a slow transfer is progress that people see, while what served goes on`() async throws {
        try await withHub { hub, weights in
            try await withFleet(
                ["sources: {rate: 300KiB}"], variables: ["HF_ENDPOINT": "http://127.0.0.1:\(hub.port)"]
            ) { fleet in
                try await fleet.startServing()
                let known = try await fleet.ledgerSize()
                try fleet.version("2.0.0", adding: [("weights.bin", Array(weights))])
                try fleet.fromHub("2.0.0", Self.commit)
                try fleet.deploy("2.0.0")
                let tally = try await fleet.load("production/risk-score") {
                    try await fleet.apply("from a hub")
                    try await fleet.showsProgress()
                    #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
                    try await fleet.serves("production/risk-score", "2.0.0")
                }
                #expect(tally.isFlawless, "\(tally.answers) \(tally.lost)")
                let steps = try await fleet.events(from: known).map(\.type).filter {
                    [.sourcesResolved, .artifactVerified, .artifactInspected, .bundleBuilt].contains($0)
                }
                #expect(steps.first == .sourcesResolved && steps.last == .bundleBuilt)
                #expect(steps.filter { $0 == .artifactVerified }.count == 3)
                #expect(steps.filter { $0 == .artifactInspected }.count == 3)
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a small disk needs root"))
    func `a full disk stops nothing that serves, is left clean, and it goes on when there is room`() async throws {
        try await withFleet { fleet in
            try FileManager.default.createDirectory(atPath: fleet.state + "/content", withIntermediateDirectories: true)
            let content = fleet.state + "/content"
            #expect(chmod(fleet.state, 0o711) == 0 && mount("none", content, "tmpfs", 0, "size=66m,mode=0700") == 0)
            defer { umount2(content, 2) }
            try await fleet.startServing()
            let weights = [UInt8](repeating: 7, count: 3_000_000)
            try fleet.version("2.0.0", adding: [("weights.bin", weights)])
            try fleet.deploy("2.0.0")
            try await fleet.apply("more than there is room for")
            try await fleet.eventually("it says that the disk is full") {
                try await fleet.deployment("production/risk-score")?.decisive?.message.contains(
                    "of model files with 67 MB to spare do not fit; free some space")
            }
            #expect(try await fleet.condition("production/risk-score", "Stalled") == nil)
            #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
            #expect(try FileManager.default.contentsOfDirectory(atPath: content + "/partial") == [])
            let blob = "\(content)/layout/blobs/sha256/\(Digest(of: weights).hex)"
            #expect(!FileManager.default.fileExists(atPath: blob))

            #expect(mount("none", content, "tmpfs", UInt(MS_REMOUNT), "size=200m,mode=0700") == 0)
            _ = try await fleet.client.perform(.retry(try key("production/risk-score")))
            try await fleet.serves("production/risk-score", "2.0.0")
            #expect(FileManager.default.fileExists(atPath: blob))
        }
    }
}

extension Fleet {
    /// Has `weights.bin` of a version come from the hub.
    fileprivate func fromHub(_ version: String, _ commit: String) throws {
        let path = "models/risk-score/\(version).yaml"
        let text = try String(contentsOfFile: "\(clone)/\(path)", encoding: .utf8)
        let own = "artifacts/risk-score/\(version)/weights.bin"
        try write(path, text.replacing("source: \(own)", with: "source: hf:acme/churn@\(commit)/weights.bin"))
        try remove(own)
    }

    /// Waits for words such as `packaging 0.3/1.5 MB` in `get`, in `describe` and in the conditions; nothing is ill meanwhile.
    fileprivate func showsProgress() async throws {
        let words = #/packaging [01]\.[0-9]/1\.5 MB/#
        try await eventually("get says how far it is") {
            try await waybill("get", "deployments").output.contains(words)
        }
        let shown = try await waybill("describe", "production/risk-score")
        #expect(shown.output.contains(words), "\(shown.output)")
        let view = try #require(try await deployment("production/risk-score"))
        #expect(view.conditions.contains { $0.type == "Reconciling" && $0.status && $0.message.contains(words) })
        #expect(!view.conditions.contains { ["Stalled", "Degraded"].contains($0.type) && $0.status })
    }
}
