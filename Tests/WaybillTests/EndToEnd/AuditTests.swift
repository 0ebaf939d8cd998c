import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTrust

extension `End to end` {
    @Test func `the audit holds, against anchors too, and names the place of a flipped byte`() async throws {
        let anchors = "ledger: {anchors: ['file:ANCHOR', 'git:refs/waybill/checkpoints'], anchorInterval: 1s}"
        try await withFleet { fleet in
            let anchor = fleet.folder + "/anchor"
            try fleet.write(
                "../waybill.yaml",
                try String(contentsOfFile: fleet.folder + "/waybill.yaml", encoding: .utf8)
                    + anchors.replacing("ANCHOR", with: anchor) + "\n")
            try await fleet.startServing()
            try await fleet.eventually("both anchors have a checkpoint") {
                let reference = try? await fleet.git("-C", fleet.remote, "cat-file", "-p", Self.anchored)
                return reference != nil && FileManager.default.fileExists(atPath: anchor)
            }
            try await fleet.controller.end(SIGTERM)

            let plain = try await fleet.waybill("audit", "verify")
            #expect(plain.code == 0 && plain.output.hasPrefix("consistent with the checkpoint of "), "\(plain)")
            #expect(plain.output.contains(", that ledger.anchors has kept outside the state folder\n"), "\(plain)")
            #expect(plain.output.contains("\n  checkpoint  \(anchor)\n"), "\(plain)")
            let every = try await fleet.waybill("audit", "verify", fleet.ledger, "--every-signature")
            #expect(every.code == 0 && every.output.hasPrefix("internally consistent, not anchored\n"), "\(every)")
            let note = try await fleet.git("-C", fleet.remote, "cat-file", "-p", Self.anchored) + "\n"
            try fleet.write("../from-git", note)
            for file in [anchor, fleet.folder + "/from-git"] {
                let result = try await fleet.waybill("audit", "verify", "--since", file)
                #expect(result.code == 0, "\(result.errors)")
                #expect(result.output.hasPrefix("consistent with the checkpoint of "), "\(result.output)")
                #expect(result.output.contains(", that was given\n"), "\(result.output)")
                // The key as it was handed out, and not another.
                let pinned = try await fleet.waybill(
                    "audit", "verify", "--since", file, "--key", "\(fleet.ledger)/vkey", "-o", "json")
                #expect(pinned.output.contains("\"keyPinned\": true"), "\(pinned)")
                #expect(pinned.output.contains("\"anchored\": true"), "\(pinned)")
                #expect(pinned.output.contains("\"comparedWith\": \"given\""), "\(pinned)")
            }

            // A key of the same log's name that is not the one that was handed out.
            let name = try #require(
                String(contentsOfFile: "\(fleet.ledger)/vkey", encoding: .utf8).split(separator: "+").first)
            let stranger = try NoteKey(name: String(name), publicKey: [UInt8](repeating: 7, count: 32))
            try fleet.write("../stranger.vkey", "\(stranger)\n")
            let denied = try await fleet.waybill("audit", "verify", "--key", fleet.folder + "/stranger.vkey")
            #expect(denied.code == 1 && denied.output.isEmpty, "\(denied)")
            #expect(denied.errors.contains("\(fleet.ledger): "), "\(denied)")

            let segment = "00000000000000000000.segment"
            let path = "\(fleet.ledger)/journal/\(segment)"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            let place = try #require(bytes.range(of: Data("\"state\":".utf8))).lowerBound
            bytes[place + 1] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
            let broken = try await fleet.waybill("audit", "verify")
            #expect(broken.code == 1)
            #expect(broken.errors.contains("\(segment): byte "), "\(broken.errors)")
            #expect(broken.errors.contains("entry 0: "), "\(broken.errors)")
        }
    }

    private static let anchored = "refs/waybill/checkpoints:checkpoint"
}
