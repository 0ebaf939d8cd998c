import WaybillCore
import WaybillPackage
import WaybillTrust

/// What stands beside a bundle: signatures, provenance, a bill of materials.
struct BundleSurroundings {
    let signatures: [SignatureFinding]
    let statements: [BundleStatement]
    let access: Access?

    var members: Members {
        [
            "signatures": .list(signatures.map(\.value)),
            "statements": .list(
                statements.map { statement in
                    var members: Members = [
                        "kind": .string(Self.title(statement.kind)), "digest": .string(statement.digest.description),
                        "size": .integer(statement.size),
                        "signers": .list(statement.signers.map { .string($0.fingerprint) }),
                    ]
                    if case .attestation(let type) = statement.kind { members["predicateType"] = .string(type) }
                    if let problem = statement.problem { members["problem"] = .string(problem) }
                    return .object(members)
                }),
        ]
    }

    func text(_ style: Style) -> String {
        var sections = Sections(style)
        if !signatures.isEmpty {
            sections.title("Signatures")
            sections.lines(signatures.map(\.sentence))
        }
        if !statements.isEmpty {
            sections.title("Statements")
            sections.lines(statements.map(sentence))
        }
        return sections.text.isEmpty ? "" : "\n" + sections.text
    }

    private static func title(_ kind: BundleStatement.Kind) -> String {
        switch kind {
        case .bill: "bill of materials (CycloneDX 1.6)"
        case .evidence: "evidence of a checklist"
        case .attestation(Provenance.predicateType): "provenance (SLSA v1)"
        case .attestation(EvidenceStatements.testResult): "test result (in-toto)"
        case .attestation(EvidenceStatements.summary): "verification summary (SLSA v1)"
        case .attestation(let type): "statement \(type)"
        }
    }

    private func sentence(_ statement: BundleStatement) -> String {
        let signers = statement.signers.map { key in
            (access?.person(of: key).map { "\($0) " } ?? "") + key.fingerprint
        }
        let isOpen = if case .attestation = statement.kind { statement.problem == nil } else { false }
        let nobody = isOpen ? " signed by nobody" : ""
        let by = signers.isEmpty ? nobody : " signed by \(signers.joined(separator: ", "))"
        let problem = statement.problem.map { ": \($0)" } ?? ""
        return "\(Self.title(statement.kind)) \(statement.digest)\(by)\(problem)"
    }
}
