/// What one gate came to: the question, what was measured, and the judgement of it.
package struct GateResult: Hashable, Sendable {
    package var gate: Gate
    package var measured: GateMeasurement
    /// What besides the bundle and the gate the measurement depends on: digests of data, by what they are.
    package var inputs: [String: Digest]

    package init(gate: Gate, measured: GateMeasurement, inputs: [String: Digest] = [:]) {
        self.gate = gate
        self.measured = measured
        self.inputs = inputs
    }

    package var judged: Judgement { gate.judge(measured) }

    /// As evidence keeps it.
    package var value: Value {
        let judged = judged
        return object([
            "name": .string(gate.name), "gate": gate.value, "judgement": .string(gate.judgement),
            "verdict": .string(judged.verdict.rawValue), "message": .string(judged.message), "measured": measured.value,
            "samples": measured.samples.map { .integer(Int64($0)) },
            "inputs": inputs.isEmpty ? nil : .object(Members(inputs.mapValues { .string($0.description) })),
        ])
    }
}

/// What a bundle came to by a checklist. A function of what was asked and measured: it holds no time and no machine.
package struct Evidence: Hashable, Sendable {
    package var version: VersionID
    package var bundle: Digest
    package var checklist: Name
    /// Of the rules, whatever they are called.
    package var rules: Digest
    /// The revision of the candidate that was asked; nil when no gate asked one.
    package var runtime: Runtime?
    package var results: [GateResult]
    /// Gates that were not run, since one before them did not pass.
    package var skipped: [String]
    /// Gates whose measurement is that of an earlier run. No part of the evidence: it says what was measured, not when.
    package var cached: [String] = []

    package struct Runtime: Hashable, Sendable {
        package var name: Name
        /// Of all that a replica of it does: command, files, environment, probes.
        package var digest: Digest

        package init(name: Name, digest: Digest) {
            self.name = name
            self.digest = digest
        }
    }

    package init(
        version: VersionID, bundle: Digest, checklist: Name, rules: Digest, runtime: Runtime?, results: [GateResult],
        skipped: [String]
    ) {
        self.version = version
        self.bundle = bundle
        self.checklist = checklist
        self.rules = rules
        self.runtime = runtime
        self.results = results
        self.skipped = skipped
    }

    package static let schema = "waybill.evidence/1"

    /// A checklist passes when every gate of it was run and passed.
    package var verdict: Verdict {
        let worst = Verdict.of(results.map(\.judged.verdict))
        return worst == .passed && !skipped.isEmpty ? .inconclusive : worst
    }

    package var value: Value {
        object([
            "schema": .string(Self.schema), "version": .string(version.description),
            "bundle": .string(bundle.description),
            "checklist": ["name": .string(checklist.text), "digest": .string(rules.description)],
            "runtime": runtime.map { ["name": .string($0.name.text), "digest": .string($0.digest.description)] },
            "verdict": .string(verdict.rawValue), "gates": .list(results.map(\.value)),
            "skipped": list(skipped.map { .string($0) }),
        ])
    }

    /// The bytes that its digest names.
    package var bytes: [UInt8] { value.jsonBytes }
    package var digest: Digest { Digest(of: bytes) }
}
