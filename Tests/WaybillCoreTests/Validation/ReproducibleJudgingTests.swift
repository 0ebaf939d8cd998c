import Testing
import WaybillCore

/// What it means that the version's own code gave this or that.
@Suite struct ReproducibleJudgingTests {
    private static let (old, new) = (Digest(of: "old".utf8), Digest(of: "new".utf8))

    private func said(_ check: ReproducibleCheck, _ came: GateMeasurement) -> String {
        let judged = Gate(.reproducible(check)).judge(came)
        return "\(judged.verdict.rawValue): \(judged.message)"
    }

    private func file(_ path: String, _ found: Digest?) -> GateMeasurement.FileDigests {
        .init(path: path, expected: Self.old, found: found)
    }

    @Test func `weights are the same, others, or not there`() {
        let check = ReproducibleCheck(run: ["python", "t.py"], givesWeights: true)
        func said(_ files: GateMeasurement.FileDigests...) -> String {
            self.said(check, .reproducible(Reproduction(files: files)))
        }
        #expect(said(file("m", Self.old)) == "passed: 1 file came out with the bytes of the version")
        #expect(
            said(file("a", nil), file("m", Self.new), file("n", Self.new))
                == "failed: 'm' came out as \(Self.new), and the version has \(Self.old) (and 1 more)")
        #expect(
            said(file("m", Self.old), file("n", nil))
                == "inconclusive: the code wrote no 'n' into 'output'")
        #expect(said() == "inconclusive: the version has no files with weights")
    }

    @Test(
        arguments: [
            (0.9, 0.9, "passed: 'auc' came out as 0.9, and the version states 0.9"),
            (0.9, 0.91, "passed: 'auc' came out as 0.91, and the version states 0.9"),
            (0.95, 0.96, "passed: 'auc' came out as 0.96, and the version states 0.95"),
            (0.95, 0.94, "passed: 'auc' came out as 0.94, and the version states 0.95"),
            (
                0.9, 0.8899,
                "failed: 'auc' came out as 0.8899, and the version states 0.9: more than 0.01 apart"
            ),
            (
                0.9, 0.9101,
                "failed: 'auc' came out as 0.9101, and the version states 0.9: more than 0.01 apart"
            ),
            (nil, 0.9, "inconclusive: the version states no metric 'auc'"),
            (0.9, nil, "inconclusive: the code wrote no 'auc' into output/metrics.json"),
        ] as [(Double?, Double?, String)])
    func `a metric is within what may be, or not`(
        _ stated: Double?, _ found: Double?, _ expected: String
    ) {
        let check = ReproducibleCheck(run: ["python"], metric: .init(name: "auc", within: 0.01))
        #expect(said(check, .reproducible(Reproduction(stated: stated, found: found))) == expected)
    }

    @Test func `both are asked, what failed is said first, and what was not run says nothing`() {
        let check = ReproducibleCheck(
            run: ["python"], givesWeights: true, metric: .init(name: "auc", within: 0))
        let good = Reproduction(files: [file("m", Self.old)], stated: 1, found: 1)
        #expect(
            said(check, .reproducible(good))
                == "passed: 1 file came out with the bytes of the version; 'auc' came out as 1, and the version states 1"
        )
        var bad = good
        (bad.files, bad.found) = ([file("m", nil)], 0.5)
        #expect(said(check, .reproducible(bad)).hasPrefix("failed: 'auc' came out as 0.5"))
        #expect(
            said(check, .reproducible(Reproduction(problem: "the version names no code")))
                == "inconclusive: the version names no code")
        #expect(said(check, .nothing("its time is over")) == "errored: its time is over")
        #expect(said(check, .card(nil)) == "errored: what was measured is not what 'reproducible' asks")
    }

    @Test(
        arguments: [
            ("{\"auc\": 0.5, \"more\": \"text\"}", "0.5"), ("{}", "none"),
            ("{\"auc\": \"0.5\"}", "'auc' in metrics.json is no number"),
            ("{\"auc\": null}", "'auc' in metrics.json is no number"),
            ("{\"auc\": NaN}", "metrics.json is no JSON object (RFC 8259; no NaN, no member twice)"),
            ("[0.5]", "metrics.json is no JSON object (RFC 8259; no NaN, no member twice)"),
            ("", "metrics.json is no JSON object (RFC 8259; no NaN, no member twice)"),
        ])
    func `a file of metrics is read strictly`(_ text: String, _ expected: String) {
        do {
            let number = try Reproduction.metric("auc", in: Array(text.utf8))
            #expect(number.map { "\($0)" } ?? "none" == expected)
        } catch { #expect(error.message == expected) }
    }

    @Test func `what came out reads back from evidence as it was`() throws {
        for came in [
            Reproduction(files: [file("m", nil), file("n", Self.new)], stated: 0.5, found: 0.25),
            Reproduction(problem: "no code"), Reproduction(),
        ] {
            let measured = GateMeasurement.reproducible(came)
            #expect(GateMeasurement(kept: measured.value, of: .reproducible) == measured)
        }
    }
}
