import Foundation
import Glibc
import Testing
import WaybillAPI
import WaybillCore
import WaybillTestSupport

@testable import waybill

/// What the second version says that it was made with.
private enum LineageSample {
    static let data = Digest(of: Array("training rows".utf8))
    static let lock = "numpy==2.1.0 --hash=sha256:\(String(repeating: "0", count: 64))\n"
}

/// Where a revision comes from, on the real binary: a governed fleet, a real remote, words of people, and no controller at the end.
extension `End to end` {
    @Test func `a revision is explained down to its data and its approval, and its pack holds without Waybill`()
        async throws
    {
        try await withFleet { fleet in
            let name = "production/risk-score"
            let code = try await fleet.serveApproved()
            let before = fleet.folder + "/before"
            try FileManager.default.copyItem(atPath: "\(fleet.ledger)/log/checkpoint", toPath: before)
            let now = Timestamp.now.description
            try await fleet.ended()

            let explained = try await fleet.waybill("lineage", "--deployment", name, "--at", now, "-o", "json")
            #expect(explained.code == 0, "\(explained.errors)")
            let lineage = try #require(Value(json: explained.output.utf8))
            let links = lineage["links"]?.list ?? []
            func standing(_ what: String) -> [String] {
                links.filter { $0["what"]?.string == what }.map {
                    "\($0["standing"]?.string ?? "") \($0["value"]?.string ?? "")"
                }
            }
            #expect(standing("version") == ["proven risk-score@2.0.0"])
            #expect(standing("data") == ["claimed \(LineageSample.data)"])
            #expect(standing("code") == ["claimed \(code)"])
            #expect(standing("environment") == ["proven \(Digest(of: Array(LineageSample.lock.utf8)))"])
            #expect(standing("author") == ["proven dave"])
            #expect(standing("approval").count == 1 && standing("weights").count == 2 && standing("bundle").count == 1)
            #expect(standing("trailer") == ["claimed Bob <bob@example.org>"])
            #expect(standing("traffic").first?.hasPrefix("proven production.risk-score.") == true)
            let approval = links.first { $0["what"] == "approval" }
            #expect((approval?["by"]?.list ?? []).map { $0.object?.keys.first ?? "" } == ["ledger", "key", "commit"])
            #expect(lineage["problems"] == nil, "\(explained.output)")
            let text = try await fleet.waybill("lineage", "--deployment", name, "--at", now)
            #expect(text.output.contains("  data train: \(LineageSample.data)\n"), "\(text.output)")
            #expect(text.output.contains("claimed by the version's manifest, models/risk-score/2.0.0.yaml at "))

            let pack = fleet.folder + "/out.zip"
            let made = try await fleet.waybill(
                "lineage", "--deployment", name, "--at", now, "--bundle", pack, "--since", before)
            #expect(made.code == 0, "\(made.errors)")
            let key = fleet.folder + "/handed-out"
            try FileManager.default.copyItem(atPath: "\(fleet.ledger)/vkey", toPath: key)
            let verified = try await fleet.waybill("audit", "verify", pack, "--key", key, "--since", before)
            #expect(verified.code == 0 && verified.output.hasPrefix("all proofs of the pack hold; "), "\(verified)")
            #expect(verified.output.contains("; consistent with the checkpoint of "), "\(verified.output)")
            let python = try await Program.run(
                [
                    "/usr/bin/python3", "-I", "-B", "\(Fleet.root)/samples/verify/verify.py", pack, "--key", key,
                    "--since", before,
                ],
                in: fleet.folder)
            #expect(python.code == 0, "\(python.errors)")
            #expect(
                python.output.contains(" of \(name) hold; consistent with the checkpoint that was given\n"),
                "\(python.output)")
            try await fleet.expectTamperingFound(pack, key: key)
            try await fleet.expectReceipts(key: key)
            try await fleet.expectImpact(name, code: code)
        }
    }

    @Test func `what lineage cannot answer it says, and guesses nothing`() async throws {
        try await withFleet { fleet in
            try await fleet.startServing()
            try await fleet.ended()
            let early = try await fleet.waybill(
                "lineage", "--deployment", "production/risk-score", "--at", "2020-01-01T00:00:00Z")
            #expect(early.code == 1)
            #expect(
                early.errors
                    == "error: no revision of production/risk-score had traffic at 2020-01-01T00:00:00.000Z; 'waybill history production/risk-score' shows what happened\n"
            )
            let unknown = try await fleet.waybill("lineage", "--deployment", "production/none", "--at", "2020-01-01")
            #expect(
                unknown.errors.hasPrefix("error: the ledger knows no deployment production/none"), "\(unknown.errors)")
            let nothing = try await fleet.waybill("lineage")
            #expect(nothing.code == 64, "\(nothing.errors)")
            let text = try await fleet.waybill(
                "lineage", "--deployment", "production/risk-score", "--at", Timestamp.now.description)
            #expect(
                text.output.contains("change: missing: no entry says that this change waited for anybody's word"),
                "\(text.output)")
            #expect(text.output.contains("code: missing: the manifest names no code"), "\(text.output)")
            let keyless = try await fleet.waybill("audit", "prove", "0", "--out", "p.tlog-proof")
            #expect(keyless.code == 0, "\(keyless.errors)")
            let bare = try await fleet.waybill("audit", "verify", "p.tlog-proof")
            #expect(
                bare.code == 1
                    && bare.errors
                        == "error: p.tlog-proof: give the public key as it was handed out with --key; what is in the file proves nothing\n",
                "\(bare.errors)")
        }
    }
}

extension `End to end` {
    @Test func `an answer is explained from its id, and its pack proves what was asked and answered`() async throws {
        try await withFleet { fleet in
            let name = "production/risk-score"
            try fleet.deploy("1.0.0")
            let path = "deployments/risk-score.yaml"
            try fleet.write(
                path,
                try String(contentsOfFile: "\(fleet.clone)/\(path)", encoding: .utf8)
                    + "  recording: {mode: bestEffort}\n")
            try await fleet.push("first")
            try await fleet.start()
            try await fleet.serves(name, "1.0.0")
            var ids: [String] = []
            for _ in 0..<3 {
                let answer = try await fleet.ask(Fleet.path(name), body: Fleet.request)
                ids.append(try #require(answer.values("x-waybill-prediction-id").first))
            }
            let id = ids[1]
            try await fleet.eventually("the record can be read") {
                try await fleet.waybill("lineage", id).code == 0
            }
            // Until its segment's root is in the ledger, the record is a claim.
            try await fleet.eventually("its segment is in the ledger") {
                try await fleet.events(.recordsSealed).contains { ($0.body["count"]?.integer ?? 0) >= 3 }
            }
            try await fleet.ended()

            let explained = try await fleet.waybill("lineage", id, "-o", "json")
            #expect(explained.code == 0, "\(explained.errors)")
            let links = Value(json: explained.output.utf8)?["links"]?.list ?? []
            for what in ["prediction", "routing", "request", "answer", "revision", "replica", "traffic"] {
                #expect(
                    links.first { $0["what"]?.string == what }?["standing"] == "proven", "\(what): \(explained.output)")
            }
            #expect(links.first { $0["what"] == "prediction" }?["value"]?.string == id)
            #expect(links.first { $0["what"] == "routing" }?["value"] == "all")
            let (pack, key) = (fleet.folder + "/out.zip", "\(fleet.ledger)/vkey")
            let made = try await fleet.waybill("lineage", id, "--bundle", pack, "--payloads")
            #expect(made.code == 0, "\(made.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: pack)).range(of: Data(Fleet.request.utf8)) != nil)
            let verified = try await fleet.waybill("audit", "verify", pack, "--key", key)
            #expect(verified.code == 0 && verified.output.contains("  record      true\n"), "\(verified)")
            let python = try await Program.run(
                ["/usr/bin/python3", "-I", "-B", "\(Fleet.root)/samples/verify/verify.py", pack, "--key", key],
                in: fleet.folder)
            #expect(
                python.code == 0 && python.output.hasPrefix("all proofs of prediction \(id) of \(name) hold; "),
                "\(python)")
            // Without the word, nobody's data leaves.
            _ = try await fleet.waybill("lineage", id, "--bundle", pack)
            #expect(try Data(contentsOf: URL(fileURLWithPath: pack)).range(of: Data(Fleet.request.utf8)) == nil)
            let counted = try await fleet.waybill(
                "lineage", "--commit", try await fleet.git("rev-parse", "HEAD"), "-o", "json")
            #expect(counted.output.contains("\"recordedPredictions\": 3"), "\(counted.output)")
            let none = try await fleet.waybill("lineage", "01935f2a-7c1e-7a44-9d0b-6a1f0c2e8b11")
            #expect(
                none.code == 1 && none.errors.hasPrefix("error: no record of prediction 01935f2a-"), "\(none.errors)")
            let malformed = try await fleet.waybill("lineage", "12")
            #expect(
                malformed.code == 1 && malformed.errors.hasPrefix("error: '12' is no prediction's id"),
                "\(malformed.errors)")
        }
    }
}

extension Fleet {
    /// A second version with code, data and lock, proposed by dave and approved by alice, serves.
    ///
    /// - Returns: the commit of its code, which is in the fleet's own remote.
    fileprivate func serveApproved() async throws -> String {
        try await startServing()
        try await governed()
        let code = try await apply("rules").hex
        try version("2.0.0")
        try write("locks/training.txt", LineageSample.lock)
        let path = "models/risk-score/2.0.0.yaml"
        let manifest = try String(contentsOfFile: "\(clone)/\(path)", encoding: .utf8)
        try write(
            path,
            manifest + """
                  code: {repository: \(remote), commit: \(code), path: runtimes}
                  data: [{name: train, uri: s3://lake/train.parquet, digest: \(LineageSample.data)}]
                  environment: {python: "3.11", lock: locks/training.txt}
                  metrics: {auc: 0.91}

                """)
        try deploy("2.0.0")
        try await apply("Serve 2.0.0\n\nIt is better.\n\nReviewed-by: Bob <bob@example.org>")
        for (verb, person) in [("propose", "dave"), ("approve", "alice")] {
            let given = try await waybill(
                verb, "production/risk-score", "--key", "\(folder)/\(person)", "--yes", "--push-ref", "--base",
                "HEAD~1",
                "--repository", clone)
            #expect(given.code == 0, "\(given.output)\(given.errors)")
        }
        _ = try await client.perform(.sync)
        try await serves("production/risk-score", "2.0.0")
        try await eventually("it is packaged") {
            try await events(.bundleBuilt).contains { $0.body["version"] == "risk-score@2.0.0" }
        }
        return code
    }

    /// The controller stops; lineage needs none.
    fileprivate func ended() async throws { #expect(try await controller.end(SIGTERM) == 0) }

    fileprivate func expectTamperingFound(_ pack: String, key: String) async throws {
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: pack)))
        let place = try #require(Data(bytes).range(of: Data("\"what\": \"data\"".utf8))).lowerBound
        bytes[place + 1] ^= 1
        let altered = folder + "/altered.zip"
        try Data(bytes).write(to: URL(fileURLWithPath: altered))
        let found = try await waybill("audit", "verify", altered, "--key", key)
        #expect(found.code == 1 && found.output.isEmpty, "\(found)")
        #expect(
            found.errors
                == "error: \(altered): it is not the zip that these members make: it was altered, or packed again\n")
    }

    fileprivate func expectReceipts(key: String) async throws {
        let receipt = folder + "/3.tlog-proof"
        let made = try await waybill("audit", "prove", "3", "--out", receipt, "--body", folder + "/3.sealed")
        #expect(made.code == 0 && made.output.hasPrefix("entry 3: "), "\(made)")
        let verified = try await waybill("audit", "verify", receipt, "--key", key, "-o", "json")
        #expect(verified.code == 0 && verified.output.contains("\"index\": 3"), "\(verified)")
        // The same from a copy of the published log, byte for byte.
        let copy = try await waybill("audit", "prove", "3", "--dir", "\(ledger)/log")
        #expect(copy.code == 0)
        #expect(try String(contentsOfFile: receipt, encoding: .utf8) == copy.output)
        let beyond = try await waybill("audit", "prove", "100000")
        #expect(beyond.code == 1 && beyond.errors.hasSuffix("there is no entry 100000 in it\n"), "\(beyond.errors)")
    }

    fileprivate func expectImpact(_ name: String, code: String) async throws {
        for cause in [
            ["--data", "\(LineageSample.data)"], ["--commit", code], ["--package", "NumPy==2.1.0"],
        ] {
            let found = try await waybill("lineage", cause[0], cause[1], "-o", "json")
            #expect(found.code == 0, "\(found.errors)")
            let impact = try #require(Value(json: found.output.utf8))
            #expect(
                (impact["versions"]?.list ?? []).map { $0["version"]?.string } == ["risk-score@2.0.0"],
                "\(found.output)")
            let served = impact["served"]?.list ?? []
            #expect(served.map { $0["deployment"]?.string } == [name] && served.first?["periods"]?.list?.count == 1)
        }
        let none = try await waybill("lineage", "--package", "numpy==2.1.1", "-o", "json")
        #expect(Value(json: none.output.utf8)?["served"] == .list([]))
        let malformed = try await waybill("lineage", "--data", "train")
        #expect(malformed.code == 1 && malformed.errors.hasPrefix("error: 'train' is not a digest"), "\(malformed)")
    }
}
