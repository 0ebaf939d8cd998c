import Testing
import WaybillCore

/// What a team's program may answer, and what its numbers come to.
@Suite struct CommandJudgingTests {
    private func said(_ check: CommandCheck, _ measured: GateMeasurement) -> String {
        let judged = Gate(.command(check)).judge(measured)
        return "\(judged.verdict.rawValue): \(judged.message)"
    }

    private func check(_ bounds: [CommandCheck.Bound], minSamples: Int? = nil) -> CommandCheck {
        CommandCheck(run: ["python3", "c.py"], files: ["c.py"], bounds: bounds, minSamples: minSamples)
    }

    @Test(
        arguments: [
            (["auc": 0.9], nil, nil, "passed: 'auc' is 0.9"),
            (["auc": 0.8], nil, nil, "passed: 'auc' is 0.8"),
            (["auc": 0.9, "other": 7], nil, "fine", "passed: 'auc' is 0.9; it says 'fine'"),
            (["auc": 0.79], nil, nil, "failed: 'auc' is 0.79, less than 0.8"),
            (["auc": 1.5], nil, "odd\n", "failed: 'auc' is 1.5, more than 1; it says 'odd\\u{a}'"),
            (["AUC": 0.9], nil, nil, "inconclusive: the program gives no number 'auc'"),
            ([:], nil, "later", "inconclusive: the program gives no number 'auc'; it says 'later'"),
        ] as [([String: Double], Int?, String?, String)])
    func `numbers are judged by the bounds of the manifest, whatever the program says`(
        _ numbers: [String: Double], _ samples: Int?, _ message: String?, _ expected: String
    ) {
        let gate = check([.init(number: "auc", atLeast: 0.8, atMost: 1)])
        #expect(said(gate, .command(.init(numbers: numbers, message: message, samples: samples))) == expected)
    }

    @Test func `a number out of bounds fails also when another is missing`() {
        let gate = check([.init(number: "a", atLeast: 1), .init(number: "b", atMost: 0)])
        #expect(said(gate, .command(.init(numbers: ["b": 1]))) == "failed: 'b' is 1, more than 0")
        #expect(said(gate, .command(.init(numbers: ["b": 0]))) == "inconclusive: the program gives no number 'a'")
        #expect(said(gate, .command(.init(numbers: ["a": 1, "b": 0]))) == "passed: 'a' is 1, 'b' is 0")
        #expect(said(gate, .nothing("its time is over")) == "errored: its time is over")
        #expect(said(gate, .card(nil)) == "errored: what was measured is not what 'command' asks")
    }

    @Test(
        arguments: [
            (nil, "inconclusive: the program does not say how many samples it took: at least 10 are needed"),
            (1, "inconclusive: the program took 1 sample, which says too little: at least 10 are needed"),
            (10, "passed: 'a' is 1"),
        ] as [(Int?, String)])
    func `too few samples say nothing`(_ samples: Int?, _ expected: String) {
        let gate = check([.init(number: "a", atLeast: 1)], minSamples: 10)
        #expect(said(gate, .command(.init(numbers: ["a": 1], samples: samples))) == expected)
    }

    @Test(
        arguments: [
            ("", "there is nothing"), (" \n", "there is nothing"),
            ("yes", "it is no JSON object (RFC 8259; no NaN, no member twice)"),
            ("[]", "it is no JSON object (RFC 8259; no NaN, no member twice)"),
            ("{\"numbers\": {\"a\": NaN}}", "it is no JSON object (RFC 8259; no NaN, no member twice)"),
            ("{\"numbers\": {\"a\": Infinity}}", "it is no JSON object (RFC 8259; no NaN, no member twice)"),
            ("{\"numbers\": {\"a\": 1, \"a\": 2}}", "it is no JSON object (RFC 8259; no NaN, no member twice)"),
            ("{\"numbers\": {}, \"numbers\": {}}", "it is no JSON object (RFC 8259; no NaN, no member twice)"),
            ("{\"numbers\": {}} {}", "it is no JSON object (RFC 8259; no NaN, no member twice)"),
            ("{}", "'numbers' is not an object of numbers"),
            ("{\"numbers\": [1]}", "'numbers' is not an object of numbers"),
            ("{\"numbers\": {\"a\": \"1\"}}", "the number 'a' is none"),
            ("{\"numbers\": {\"a\": null}}", "the number 'a' is none"),
            ("{\"numbers\": {\"a\": true}}", "the number 'a' is none"),
            (
                "{\"numbers\": {}, \"verdict\": \"passed\"}",
                "there is no member 'verdict'; expected 'numbers', 'message' and 'samples'"
            ),
            ("{\"numbers\": {}, \"message\": 1}", "'message' is not a text of at most 1000 bytes"),
            ("{\"numbers\": {}, \"samples\": -1}", "'samples' is not a whole number of 0 or more"),
            ("{\"numbers\": {}, \"samples\": 1.5}", "'samples' is not a whole number of 0 or more"),
        ])
    func `an answer that is not as described is refused with what is wrong`(_ text: String, _ expected: String) {
        #expect(throws: InvalidInput(expected)) { try CommandAnswer(parsing: Array(text.utf8)) }
    }

    @Test func `an answer has bounds of its own, and a whole one reads back from evidence`() throws {
        let many = (0...100).map { "\"\($0)\": 1" }.joined(separator: ",")
        #expect(throws: InvalidInput("'numbers' has more than 100 members")) {
            try CommandAnswer(parsing: Array("{\"numbers\": {\(many)}}".utf8))
        }
        #expect(throws: InvalidInput("it has more than 65536 bytes")) {
            try CommandAnswer(parsing: [UInt8](repeating: 32, count: 65_537))
        }
        let text = "{\"numbers\": {\"a\": 1e-3, \"b\": -2}, \"message\": \"done\", \"samples\": 7}"
        let answer = try CommandAnswer(parsing: Array(text.utf8))
        #expect(answer == CommandAnswer(numbers: ["a": 0.001, "b": -2], message: "done", samples: 7))
        let measured = GateMeasurement.command(answer)
        #expect(GateMeasurement(kept: measured.value, of: .command) == measured)
        #expect(measured.samples == 7)
    }
}
