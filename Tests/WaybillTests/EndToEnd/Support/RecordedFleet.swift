import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

/// The fleet that `scripts/record-old-fleet` recorded: what the last build without packaging left on a disk while it served
/// `risk-score@1.0.0`.
///
/// It stands where it was recorded, since mirrors, keepers' records and ledgers name their places.
enum RecordedFleet {
    static let folder = "/tmp/waybill-e2e-before-packaging"
    static let ports = PortBlock(gateway: 20_960)
    static let replica = "production.risk-score.68501d915f8e.1"
    static let revision = "sha256:68501d915f8e66a8e23efcf2f51d8591e12fcf504540837a7221548b763a120d"
    static let archive = "\(Fleet.root)/Tests/WaybillTests/EndToEnd/Recorded/before-packaging.tar.gz"

    /// Lays it out, runs `body`, and takes it away again; one at a time on a machine.
    static func with(_ body: (Fleet) async throws -> Void) async throws {
        // Locks the folder above, so that no file is left of it.
        let above = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(above) }
        for _ in 0..<3000 where flock(above, LOCK_EX | LOCK_NB) != 0 { try await Task.sleep(for: .milliseconds(50)) }
        let fleet = Fleet(
            folder: folder, ports: ports, controller: RunningController(folder: folder, variables: [:]))
        // What a killed test left.
        await fleet.processes.endAll()
        try? FileManager.default.removeItem(atPath: folder)
        try await run(fleet) {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let unpacked = try await Program.run(
                ["/bin/tar", "-xzpf", archive, "--numeric-owner", "-C", folder], in: folder)
            #expect(unpacked.code == 0, "\(unpacked.errors)")
            try await body(fleet)
        }
    }
}

extension Fleet {
    /// Starts keeper and program of the recorded replica by the keeper of this build, from the old record as it is, and then the
    /// gateway on the old route table: as if neither had ever ended.
    func resumeRecorded() async throws {
        let place = "\(state)/replicas/\(RecordedFleet.replica)"
        // Written by the keeper that was killed; its numbers are nobody's now.
        for name in ["running", ".exit.room"] { try FileManager.default.removeItem(atPath: "\(place)/\(name)") }
        let shim = URL(fileURLWithPath: Program.waybill).deletingLastPathComponent().appending(path: "waybill-shim")
        let script = #"exec 3<>"$0/lock" && flock -n 3 && : | "$1" keep "$0""#
        let kept = try await Program.run(
            ["/usr/bin/env", "-i", "/bin/bash", "-c", script, place, shim.path], in: folder)
        #expect(kept.code == 0, "\(kept)")
        let gateway = try Program.process(
            [Program.waybill, "gateway", "--state", state, "--address", "127.0.0.1:\(ports.gateway)"], in: folder, [:],
            output: folder + "/gateway.log", errors: folder + "/gateway.log")
        try gateway.run()
        try await eventually("the recorded replica answers through the gateway") {
            try? await answeringVersion("production/risk-score") == "1.0.0"
        }
    }
}
