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

    /// Twelve seconds' worth of download; the disk fills in the middle of it.
    @Test(.enabled(if: geteuid() == 0, "mounting a small disk needs root"))
    func `a disk that fills during a download is left clean, and it goes on by itself when there is room`() async throws
    {
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
                    let content = try fleet.mountContent("size=100m,mode=0700")
                    defer { umount2(content, 2) }
                    try await fleet.startServing()
                    try fleet.version(
                        "2.0.0", adding: "weights.bin", from: "https://localhost:\(web.port)/slow/300000/weights.bin",
                        weights)
                    try fleet.deploy("2.0.0")
                    try await fleet.apply("a large model")
                    try await fleet.eventually("some of it has arrived") {
                        try await fleet.deployment("production/risk-score")?.packaging.map { $0.done > 500_000 }
                    }
                    try fleet.fill("\(content)/ballast")
                    try await fleet.eventually("it says that the disk is full") {
                        let message = try await fleet.deployment("production/risk-score")?.decisive?.message
                        return message?.contains("No space left on device") == true
                            || message?.contains("do not fit; free some space") == true
                    }
                    #expect(try FileManager.default.contentsOfDirectory(atPath: content + "/partial") == [])
                    #expect(try await fleet.condition("production/risk-score", "Stalled") == nil)
                    #expect(try await fleet.answeringVersion("production/risk-score") == "1.0.0")
                    let failed = try await fleet.events(.revisionPrepared, phase: .outcome).filter {
                        $0.outcome == .failed
                    }
                    #expect(failed.first?.body["message"]?.string?.contains("No space left on device") == true)

                    try FileManager.default.removeItem(atPath: "\(content)/ballast")
                    try await fleet.serves("production/risk-score", "2.0.0")
                    #expect(try await fleet.events(.operatorCommand).allSatisfy { $0.body["command"] == "sync" })
                }
            }
        }
    }
}

extension Fleet {
    /// Puts the content store on a small disk of its own.
    fileprivate func mountContent(_ options: String) throws -> String {
        let content = state + "/content"
        try FileManager.default.createDirectory(atPath: content, withIntermediateDirectories: true)
        #expect(chmod(state, 0o711) == 0 && mount("none", content, "tmpfs", 0, options) == 0)
        return content
    }

    /// Writes a file until the disk is full.
    fileprivate func fill(_ path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(file) }
        let bytes = [UInt8](repeating: 1, count: 1 << 16)
        for size in [1 << 16, 4096, 1] { while Glibc.write(file, bytes, size) > 0 {} }
    }
}
