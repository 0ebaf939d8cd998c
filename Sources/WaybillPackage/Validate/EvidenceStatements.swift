package import WaybillCore
package import WaybillTrust

/// Evidence as statements that other tools read: an in-toto test result, and a SLSA verification summary.
package struct EvidenceStatements: Sendable {
    package static let mediaType = "application/vnd.waybill.evidence.v1+json"
    package static let testResult = "https://in-toto.io/attestation/test-result/v0.1"
    package static let summary = "https://slsa.dev/verification_summary/v1"
    private static let verifier = "https://waybill.dev/waybill"

    /// How a test result names the checklist, the evidence and the manifest of the version.
    static let (checklistName, evidenceName, documentName) = ("checklist:", "evidence", "modelversion")

    let evidence: Evidence
    /// Of the `ModelVersion` that the bundle keeps: git alone gives the same, so that a plan knows what was tested without the bundle.
    let document: Digest?

    /// - Parameter bundle: the one that the evidence is about.
    package init(_ evidence: Evidence, of bundle: StoredBundle) {
        (self.evidence, document) = (evidence, bundle.documentDigest)
    }

    /// `PASSED` when every gate passed, else `FAILED`: what is inconclusive passes nobody.
    package var testResult: Statement {
        var tests: [Verdict: [Value]] = [:]
        for result in evidence.results {
            tests[result.judged.verdict, default: []].append(.string(result.gate.name))
        }
        var inputs: [String: Digest] = [:]
        for result in evidence.results { inputs.merge(result.inputs) { first, _ in first } }
        let configuration =
            [
                Self.resource("\(Self.checklistName)\(evidence.checklist)", evidence.rules),
                Self.resource(Self.evidenceName, evidence.digest),
            ] + (document.map { [Self.resource(Self.documentName, $0)] } ?? [])
            + (evidence.runtime.map { [Self.resource("runtime:\($0.name)", $0.digest)] } ?? [])
            + inputs.sorted { $0.key < $1.key }.map { Self.resource($0.key, $0.value) }
        return statement(
            Self.testResult,
            [
                "result": .string(isPassed ? "PASSED" : "FAILED"), "configuration": .list(configuration),
                "passedTests": .list(tests[.passed] ?? []),
                "warnedTests": .list((tests[.inconclusive] ?? []) + evidence.skipped.map { .string($0) }),
                "failedTests": .list((tests[.failed] ?? []) + (tests[.errored] ?? [])),
            ])
    }

    /// That the bundle passed the checklist, or did not, at `time`.
    package func summary(at time: Timestamp, build: String) -> Statement {
        statement(
            Self.summary,
            [
                "verifier": ["id": .string(Self.verifier), "version": ["waybill": .string(build)]],
                "timeVerified": .string(time.description), "resourceUri": .string("waybill:\(evidence.version)"),
                "policy": [
                    "uri": .string("waybill:checklist/\(evidence.checklist)"),
                    "digest": ["sha256": .string(evidence.rules.hex)],
                ],
                "inputAttestations": [["digest": ["sha256": .string(evidence.digest.hex)]]],
                "verificationResult": .string(isPassed ? "PASSED" : "FAILED"),
                "verifiedLevels": [.string(isPassed ? "WAYBILL_CHECKLIST" : "FAILED")],
            ])
    }

    private var isPassed: Bool { evidence.verdict == .passed }

    private func statement(_ type: String, _ predicate: Value) -> Statement {
        Statement(
            subjects: [
                Statement.Subject(name: evidence.version.description, digest: ["sha256": evidence.bundle.hex])
            ], predicateType: type, predicate: predicate)
    }

    private static func resource(_ name: String, _ digest: Digest) -> Value {
        ["name": .string(name), "digest": ["sha256": .string(digest.hex)]]
    }
}

extension ContentStore {
    /// Puts evidence beside the bundle that it is about, as its digest names it. Equal evidence is there once.
    package func attach(_ evidence: Evidence, to bundle: StoredBundle) async throws(Failure) -> Referrer {
        try await attach(
            evidence.bytes, mediaType: EvidenceStatements.mediaType, artifactType: EvidenceStatements.mediaType,
            to: bundle.descriptor)
    }
}
