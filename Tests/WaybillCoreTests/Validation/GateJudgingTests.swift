import Testing
import WaybillCore

/// What measurements come to by their bounds: pure, so that it can be judged again years later.
@Suite struct GateJudgingTests {
    private static let one = Digest(of: "one".utf8)
    private static let other = Digest(of: "other".utf8)

    private func said(_ check: Gate.Check, _ measured: GateMeasurement) -> String {
        let judged = Gate(check).judge(measured)
        return "\(judged.verdict.rawValue): \(judged.message)"
    }

    @Test(
        arguments: [
            ([("a", one, one)], "passed: 1 file has the bytes of the manifest"),
            ([("a", one, one), ("b", other, other)], "passed: 2 files have the bytes of the manifest"),
            ([("a", one, other)], "failed: 'a' is \(other), expected \(one)"),
            ([("a", one, nil), ("b", one, other)], "failed: 'a' is missing, expected \(one) (and 1 more)"),
            ([], "inconclusive: the bundle has no files"),
        ] as [([(String, Digest, Digest?)], String)])
    func `integrity wants every byte`(_ files: [(String, Digest, Digest?)], _ expected: String) {
        let measured = files.map { GateMeasurement.FileDigests(path: $0.0, expected: $0.1, found: $0.2) }
        #expect(said(.integrity, .integrity(measured)) == expected)
    }

    @Test(
        arguments: [
            (1, [("ada", "good")], "passed: signed by ada"),
            (2, [("ada", "good"), ("ada", "again")], "failed: 1 of 2 signatures that count"),
            (2, [("eve", "good"), ("ada", "good")], "passed: signed by ada, eve"),
            (
                1, [(nil, "refused: nobody has this key")],
                "failed: 0 of 1 signatures that count; refused: nobody has this key"
            ),
            (1, [], "failed: nobody signed the bundle"),
        ] as [(Int, [(String?, String)], String)])
    func `signatures count once a person`(_ people: Int, _ signers: [(String?, String)], _ expected: String) {
        let measured = signers.map { GateMeasurement.Signer(trusted: $0.0, sentence: $0.1) }
        #expect(said(.signed(people: people), .signed(measured)) == expected)
    }

    @Test(
        arguments: [
            (["safe", "safe"], "passed: nothing in 2 files runs when it is loaded"),
            (["safe", "unscanned"], "inconclusive: '1' is unscanned: because"),
            (["unscanned", "dangerous", "dangerous"], "failed: '1' is dangerous: because (and 1 more)"),
            (["unheard-of"], "inconclusive: no file was looked into"), ([], "inconclusive: no file was looked into"),
        ] as [([String], String)])
    func `what was not read to its end is never safe`(_ verdicts: [String], _ expected: String) {
        let files = verdicts.enumerated().map { place, verdict in
            GateMeasurement.FileSafety(
                path: "\(place)", verdict: verdict, reason: verdict == "safe" ? nil : "because")
        }
        #expect(said(.safeFormat, .safeFormat(files)) == expected)
    }

    @Test func `a file that declares nothing proves no interface`() {
        func file(_ disagreements: [String], _ isConclusive: Bool) -> GateMeasurement.FileInterface {
            GateMeasurement.FileInterface(path: "m", disagreements: disagreements, isConclusive: isConclusive)
        }
        #expect(
            said(.interface, .interface([file([], false)]))
                == "inconclusive: no model file declares inputs or outputs that could be compared")
        #expect(
            said(.interface, .interface([file([], false), file([], true)]))
                == "passed: what the files declare agrees with the manifest")
        #expect(
            said(.interface, .interface([file([], true), file(["x", "y"], false)])) == "failed: 'm': x (and 1 more)")
    }

    @Test(
        arguments: [
            ("MIT", "passed: MIT is allowed"), ("mit", "passed: mit is allowed"),
            ("GPL-3.0-only", "failed: GPL-3.0-only is none of MIT, Apache-2.0"),
            ("GPL-3.0-only OR MIT", "passed: GPL-3.0-only OR MIT is allowed"),
            ("GPL-3.0-only AND MIT", "failed: GPL-3.0-only AND MIT is none of MIT, Apache-2.0"),
            ("MIT AND (Apache-2.0 OR X)", "passed: MIT AND (Apache-2.0 OR X) is allowed"),
            ("X OR MIT AND Apache-2.0", "passed: X OR MIT AND Apache-2.0 is allowed"),
            ("Apache-2.0 WITH LLVM-exception", "failed: Apache-2.0 WITH LLVM-exception is none of MIT, Apache-2.0"),
            ("MIT OR", "errored: 'MIT OR' is no SPDX license: the license expression ends too early"),
            ("(MIT", "errored: '(MIT' is no SPDX license: a '(' of the license expression is not closed"),
            ("MIT MIT", "errored: 'MIT MIT' is no SPDX license: 'MIT' is not expected in 'MIT MIT'"),
            ("my own", "errored: 'my own' is no SPDX license: 'own' is not expected in 'my own'"),
            (nil, "inconclusive: neither the version nor its model states a license"),
        ] as [(String?, String)])
    func `a license is an SPDX expression`(_ license: String?, _ expected: String) {
        #expect(said(.license(allowed: ["MIT", "Apache-2.0"]), .license(license)) == expected)
    }

    @Test func `an expression without an end of brackets is refused and does no harm`() {
        let deep = String(repeating: "(", count: 100_000)
        #expect(throws: InvalidInput("a license of more than 100 words")) { try LicenseExpression(parsing: deep) }
    }

    @Test func `a card has the sections with text and the fields that are asked for`() {
        let card = CardOutline(
            markdown:
                "---\nlicense: mit\ntags:\n  - a\nempty:\n---\n# Churn\n## Intended use\nFor us.\n## Risks\n## Data\nX\n"
        )
        #expect(
            said(.card(sections: ["intended USE", "Churn"], fields: ["license", "tags"]), .card(card))
                == "passed: the model card has all of 4")
        #expect(
            said(.card(sections: ["Risks", "Limits"], fields: ["empty"]), .card(card))
                == "failed: the model card has no section 'Risks', no section 'Limits', no field 'empty'")
        #expect(said(.card(sections: ["Churn"], fields: []), .card(nil)) == "failed: the version has no model card")
    }

    @Test func `recorded requests are all answered as recorded`() {
        func answers(_ requests: Int, _ differences: [String]) -> GateMeasurement {
            .golden(.init(requests: requests, differences: differences, differing: differences.count))
        }
        let gate = Gate.Check.golden(
            GoldenCheck(requests: DataFile(source: .repository(path: "g"), digest: Self.one, size: 1)))
        #expect(said(gate, answers(3, [])) == "passed: 3 of 3 recorded requests are answered as recorded")
        #expect(
            said(gate, answers(3, ["line 2: x", "line 3: y"]))
                == "failed: 2 of 3 recorded requests are answered otherwise: line 2: x")
        #expect(said(gate, answers(0, [])) == "inconclusive: there are no recorded requests")
    }

    @Test(
        arguments: [
            (0.95, 100, "passed: rocAuc is 0.95 on 100 rows, at least 0.9 and at most 0.99 is asked"),
            (0.9, 100, "passed: rocAuc is 0.9 on 100 rows, at least 0.9 and at most 0.99 is asked"),
            (0.8999999, 100, "failed: rocAuc is 0.9 on 100 rows, less than 0.9"),
            (0.995, 100, "failed: rocAuc is 0.995 on 100 rows, more than 0.99"),
            (0.95, 99, "inconclusive: rocAuc on 99 rows says too little: at least 100 are needed"),
            (nil, 100, "inconclusive: rocAuc is not defined on 100 rows: one class only"),
            (Double.nan, 100, "inconclusive: rocAuc is not defined on 100 rows: one class only"),
            (Double.infinity, 100, "inconclusive: rocAuc is not defined on 100 rows: one class only"),
            (nil, 0, "inconclusive: rocAuc on 0 rows says too little: at least 100 are needed"),
        ] as [(Double?, Int, String)])
    func `a metric is within its bounds, or it does not pass`(_ value: Double?, _ samples: Int, _ expected: String) {
        let check = MetricCheck(MetricQuestion(.rocAuc, data: "d"), atLeast: 0.9, atMost: 0.99)
        let measured = GateMeasurement.MetricValue(value: value, problem: "one class only", samples: samples)
        #expect(said(.metric(check), .metric(measured)) == expected)
    }

    @Test func `what a manifest claims stands beside what was measured`() {
        let check = MetricCheck(MetricQuestion(.accuracy, data: "d"), atLeast: 0.5, minSamples: 1)
        let measured = GateMeasurement.MetricValue(value: 0.75, samples: 4, claimed: 0.99)
        #expect(
            said(.metric(check), .metric(measured))
                == "passed: accuracy is 0.75 on 4 rows (its manifest claims 0.99), at least 0.5 is asked")
    }

    private func compared(
        _ lower: Double, _ upper: Double, isTrusted: Bool = true, needed: Int? = 900
    ) throws -> GateMeasurement {
        var value = GateMeasurement.MetricValue(value: 0.9, samples: 200)
        value.baseline = .init(
            version: try VersionID(parsing: "churn@1.0.0"), value: 0.91, difference: (lower + upper) / 2, lower: lower,
            upper: upper, margin: 0.02, isTrusted: isTrusted, rowsNeeded: needed)
        return .metric(value)
    }

    @Test func `not worse is what is certain, worse as well, and the rest is open with the rows that would decide`()
        throws
    {
        let gate = Gate.Check.metric(
            MetricCheck(
                MetricQuestion(.rocAuc, data: "d"),
                notWorse: .init(than: try Name(parsing: "production"), margin: 0.02)))
        let begin = "rocAuc is 0.9 on 200 rows; "
        #expect(
            said(gate, try compared(-0.019, 0.01))
                == "passed: \(begin)not worse than churn@1.0.0 in production (0.91) by more than 0.02")
        #expect(
            said(gate, try compared(-0.05, -0.03))
                == "failed: \(begin)worse than churn@1.0.0 in production (0.91) by more than 0.02: by at least 0.03")
        let open = "inconclusive: \(begin)the difference to churn@1.0.0 in production (0.91) is "
        #expect(
            said(gate, try compared(-0.03, 0.01))
                == "\(open)-0.01, between -0.03 and 0.01 at 95 %: whether it is worse by more than 0.02 is not known; some 900 rows would decide"
        )
        // A bound exactly at the margin is not above it.
        #expect(said(gate, try compared(-0.02, 0.02, needed: nil)).hasPrefix(open))
        #expect(said(gate, try compared(-0.02, 0.02, needed: nil)).hasSuffix("; no number of rows would decide"))
        #expect(said(gate, try compared(0.01, 0.02, isTrusted: false)).hasPrefix(open))
        #expect(
            said(gate, .metric(.init(value: 0.9, samples: 200)))
                == "inconclusive: \(begin)there is nothing to compare with: nothing serves in production")
    }

    private func sliced(
        _ slices: [(String?, Double?, Verdict)], gap: GateMeasurement.SliceValues.Gap? = nil
    ) -> GateMeasurement {
        .slice(
            .init(
                samples: 100,
                slices: slices.map {
                    .init(name: $0.0, count: 40, value: $0.1, problem: $0.1 == nil ? "one class" : nil, verdict: $0.2)
                }, gap: gap))
    }

    @Test func `every group reaches the bound, and groups are no farther apart than allowed`() {
        let question = MetricQuestion(.accuracy, data: "d")
        let bounded = Gate.Check.slice(SliceCheck(question, by: "city", bound: 0.8))
        let gap = Gate.Check.slice(SliceCheck(question, by: "city", gap: 0.1))
        let fine: [(String?, Double?, Verdict)] = [("Rome", 0.85, .passed), (nil, 0.95, .passed)]
        #expect(
            said(bounded, sliced(fine))
                == "passed: the worst of 2 groups: accuracy is 0.85 on the 40 rows of 'Rome'")
        #expect(
            said(bounded, sliced([(nil, 0.5, .failed)] + fine))
                == "failed: accuracy is 0.5 on the 40 rows of no 'city', 0.8 is asked")
        #expect(
            said(bounded, sliced(fine + [("Ulm", nil, .inconclusive)]))
                == "inconclusive: accuracy is one class on the 40 rows of 'Ulm', which is too little to say")
        #expect(
            said(gap, sliced(fine, gap: .init(value: 0.3, lower: 0.15, best: "Rome", worst: "Ulm")))
                == "failed: 'Rome' and 'Ulm' are 0.3 apart, more than 0.1")
        #expect(
            said(gap, sliced(fine, gap: .init(value: 0.3, lower: 0.05, best: "Rome", worst: "Ulm")))
                == "inconclusive: 'Rome' and 'Ulm' are 0.3 apart, which may be chance")
        #expect(
            said(gap, sliced(fine, gap: .init(value: 0.05, lower: 0, best: "Rome", worst: "Ulm")))
                == "passed: the worst of 2 groups: accuracy is 0.85 on the 40 rows of 'Rome'")
        #expect(said(gap, sliced(fine)) == "inconclusive: there are no two groups of 'city' to compare")
        #expect(said(bounded, sliced([])) == "inconclusive: there are no rows")
    }

    @Test func `nothing measured is an error of its own, and so is the wrong thing`() {
        for check in [
            Gate.Check.integrity, .safeFormat, .metric(MetricCheck(MetricQuestion(.r2, data: "d"), atLeast: 0)),
        ] {
            #expect(said(check, .nothing("the disk is full")) == "errored: the disk is full")
            #expect(
                said(check, .card(nil)) == "errored: what was measured is not what '\(check.kind.rawValue)' asks")
        }
    }

    @Test func `the worst verdict is that of a checklist, and of nothing it is inconclusive`() {
        #expect(Verdict.of([.passed, .passed]) == .passed)
        #expect(Verdict.of([.passed, .inconclusive]) == .inconclusive)
        #expect(Verdict.of([.inconclusive, .failed]) == .failed)
        #expect(Verdict.of([.failed, .errored, .passed]) == .errored)
        #expect(Verdict.of([]) == .inconclusive)
    }
}
