import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

@Suite struct `What differs between bundles` {
    @Test func `a difference says whether the weights or only words differ`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            var fixture = try BundleFixture(in: folder)
            _ = try await fixture.build(try fixture.version("churn@1.0.0"))
            var store = fixture.store
            store.tree.files["docs/churn.md"] = Array("# Churn, again\n".utf8)
            fixture = BundleFixture(store: store)
            _ = try await fixture.build(try fixture.version("churn@1.0.1"))
            store.tree.files["models/churn/model.joblib"] = Array("other weights".utf8)
            fixture = BundleFixture(store: store)
            _ = try await fixture.build(try fixture.version("churn@1.1.0"))

            let content = fixture.store.content
            let (one, two, three) = (
                try await content.bundle("churn@1.0.0"), try await content.bundle("churn@1.0.1"),
                try await content.bundle("churn@1.1.0")
            )
            let words = BundleDifference(from: one, to: two)
            #expect(words.summary == "the weights are the same, only words about them differ")
            #expect(words.files.map(\.item.name) == [".waybill/card/churn.md"])
            #expect(words.facts.map(\.name) == ["descriptor.version", "dev.waybill.version"])
            let weights = BundleDifference(from: two, to: three)
            #expect(weights.summary == "the weights differ")
            #expect(weights.files.map(\.item.name) == ["model.joblib"])
            #expect(BundleDifference(from: one, to: one).summary == "the same content")
        }
    }

    /// A safetensors file with one tensor of that shape, and one more name if asked.
    private static func weights(_ shape: [Int], more: String? = nil) -> [UInt8] {
        let count = shape.reduce(1, *)
        var header = "{\"w\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[0,\(count * 4)]}"
        if let more {
            header += ",\"\(more)\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[\(count * 4),\(count * 4 + 2)]}"
        }
        header += "}"
        while header.utf8.count % 8 != 0 { header += " " }
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        return length + Array(header.utf8) + [UInt8](repeating: 0, count: count * 4 + (more == nil ? 0 : 2))
    }

    @Test func `a difference names packages, tensors, and what the version says of itself`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            var store = fixture.store
            func hash(_ digit: String) -> String { "--hash=sha256:\(String(repeating: digit, count: 64))" }
            func build(
                _ id: String, _ weights: [UInt8], _ lock: String, _ columns: Int64
            ) async throws -> (StoredBundle, BundleInside) {
                store.tree.files["models/churn/model.joblib"] = weights
                store.tree.files["locks/train.lock"] = Array(lock.utf8)
                let fixture = BundleFixture(store: store)
                var version = try fixture.version(id)
                version.artifacts[0].path = "model.safetensors"
                version.inputs = [Tensor(name: "input-0", datatype: .FP32, shape: [-1, columns])]
                version.metrics = ["auc": columns == 4 ? 0.91 : 0.93, "rows": 1000]
                _ = try await fixture.build(version)
                let bundle = try await store.content.bundle(id)
                return (bundle, try await store.content.inside(bundle, allowing: .shipped))
            }
            let old = try await build(
                "churn@1.0.0", Self.weights([2, 3], more: "gone"),
                "numpy==2.0.0 \(hash("a"))\nscipy==1.0.0 \(hash("b"))\nsix==1.0.0 \(hash("c"))\n", 4)
            let new = try await build(
                "churn@2.0.0", Self.weights([3, 3], more: "came"),
                "numpy==2.1.0 \(hash("d"))\npandas==2.2.0 \(hash("e"))\nsix==1.0.0 \(hash("f"))\n", 5)
            #expect(old.1.files.map(\.inspection.format) == ["safetensors", "json"])
            #expect(old.1.libraries.map(\.name) == ["numpy", "scipy", "six"])
            #expect(old.1.spec["interface"]?["inputs"]?.list?.first?["name"] == "input-0")
            let found = BundleDifference(from: old.0, to: new.0, inside: (old.1, new.1))
            func words(_ items: [BundleDifference.Item]) -> [String] {
                items.map { "\($0.change) \($0.name) \($0.before ?? "-") \($0.after ?? "-")" }
            }
            #expect(
                words(found.packages) == [
                    "changed numpy 2.0.0 2.1.0", "added pandas - 2.2.0", "removed scipy 1.0.0 -",
                    "changed six 1.0.0 1.0.0, other files",
                ])
            #expect(
                words(found.tensors) == [
                    "added model.safetensors: came - U8 [2]", "removed model.safetensors: gone U8 [2] -",
                    "changed model.safetensors: w F32 [2, 3] F32 [3, 3]",
                ])
            #expect(
                words(found.facts) == [
                    "changed descriptor.version 1.0.0 2.0.0", "changed dev.waybill.version churn@1.0.0 churn@2.0.0",
                    "changed interface.inputs.input-0 FP32 [-1, 4] FP32 [-1, 5]", "changed metrics.auc 0.91 0.93",
                ])
            #expect(found.summary == "the weights differ")
            #expect(BundleDifference(from: old.0, to: old.0, inside: (old.1, old.1)).isEmpty)
        }
    }

    @Test func `what is inside a foreign or broken bundle is said as far as it can be`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try BundleFixture(in: folder)
            _ = try await fixture.build(try fixture.version())
            let content = fixture.store.content
            var bundle = try await content.bundle("churn@1.4.0")
            bundle.layers.removeAll { $0.path == BundleContent.versionPath || $0.path.contains("/lock/") }
            let foreign = try await content.inside(bundle, allowing: .shipped)
            #expect(foreign.spec == .null && foreign.libraries.isEmpty && foreign.lockProblem == nil)
            #expect(foreign.files.map(\.path) == ["model.joblib", "tokenizer.json"])
            // A blob that is gone is unscanned, not passed over.
            try FileManager.default.removeItem(atPath: content.layout.blob(bundle.layers[0].digest))
            let broken = try await content.inside(bundle, allowing: .shipped)
            #expect(broken.files[0].inspection.verdict == .unscanned)
        }
    }
}
