import Foundation
import Glibc
import Testing
import WaybillCore
import WaybillTestSupport

@testable import waybill

@Suite struct StateFolderTests {
    private func modes(in folder: StateFolder) throws -> [String: String] {
        var modes: [String: String] = [:]
        for name in ["."] + (try FileManager.default.contentsOfDirectory(atPath: folder.path)) {
            let mode = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")[.posixPermissions]
            modes[name] = String(try #require(mode as? Int), radix: 8)
        }
        return modes
    }

    private static let expected = [
        ".": "711", "anchor": "700", "git": "700", "models": "711", "environments": "711", "replicas": "711",
        "gateway": "700", "facts": "700",
    ]

    @Test func `replicas may pass through what they need and list nothing`() async throws {
        try await withTemporaryFolder { url in
            let folder = StateFolder(at: url.appending(path: "state"))
            try folder.create()
            #expect(try modes(in: folder) == Self.expected)
            // As earlier builds and other people leave them.
            for name in Self.expected.keys { #expect(chmod("\(folder.path)/\(name)", 0o755) == 0) }
            try folder.create()
            #expect(try modes(in: folder) == Self.expected)
        }
    }
}
