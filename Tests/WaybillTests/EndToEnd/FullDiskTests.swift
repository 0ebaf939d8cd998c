import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// A version for which there is no room.
extension `End to end` {
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
