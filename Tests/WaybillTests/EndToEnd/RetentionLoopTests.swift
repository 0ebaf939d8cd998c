import Foundation
import Testing
import WaybillCore
import WaybillTrust

@testable import waybill

extension `End to end` {
    @Test func `a collection keeps the last revisions of each deployment, whatever else is packaged`() async throws {
        try await withFleet(["packaging: {keep: 2}"]) { fleet in
            for version in ["1.0.0", "2.0.0", "3.0.0", "4.0.0", "5.0.0"] { try fleet.distinctVersion(version) }
            // One deployment goes from 1 to 2, then another one from 3 over 4 to 5.
            try fleet.deploy("1.0.0", as: "first")
            try await fleet.push("first")
            try await fleet.start()
            for (name, version) in [
                ("first", "1.0.0"), ("first", "2.0.0"), ("second", "3.0.0"), ("second", "4.0.0"), ("second", "5.0.0"),
            ] {
                try fleet.deploy(version, as: name)
                try await fleet.apply(version)
                try await fleet.serves("production/\(name)", version)
            }
            // Their files are no longer in place, so that nothing but the rule keeps their bundles.
            try await fleet.eventually("the sets of old revisions are gone") {
                try FileManager.default.contentsOfDirectory(atPath: fleet.state + "/models/sets").count == 2
            }
            #expect(try await fleet.waybill("package", "collect").code == 0)
            #expect(
                try await fleet.bundles() == [
                    "risk-score@1.0.0", "risk-score@2.0.0", "risk-score@4.0.0", "risk-score@5.0.0",
                ])
            // Without the deployment its last revisions are nobody's way back.
            try fleet.remove("deployments/first.yaml")
            try await fleet.apply("the first goes")
            try await fleet.eventually("it is gone") { try await fleet.deployment("production/first") == nil }
            try await fleet.eventually("they are collected") {
                _ = try await fleet.waybill("package", "collect")
                return try await fleet.bundles() == ["risk-score@4.0.0", "risk-score@5.0.0"]
            }
        }
    }
}

extension Fleet {
    /// A version that shares no file with another.
    fileprivate func distinctVersion(_ version: String) throws {
        let files = try ["model.json", "server.py"].map { name in
            (
                name,
                Data(
                    (try sample("artifacts/risk-score/1.0.0/\(name)")
                        + String(repeating: "\n", count: Int(version.prefix(1)) ?? 0)).utf8)
            )
        }
        try modelVersion("risk-score", version, format: "python-oip", files)
    }

    fileprivate func bundles() async throws -> [String] {
        let index = try Data(contentsOf: URL(fileURLWithPath: state + "/content/layout/index.json"))
        let manifests = Value(json: [UInt8](index))?["manifests"]?.list ?? []
        return manifests.compactMap { $0["annotations"]?["org.opencontainers.image.ref.name"]?.string }.sorted()
    }
}
