import WaybillCore
import WaybillPackage
import WaybillReport
import WaybillTrust

/// Evidence that was given for a plan, and what was signed about it. Neither is proven yet.
struct GivenEvidence: Sendable {
    var reports: [EvidenceReport] = []
    var envelopes: [Envelope] = []
}

/// Says whether evidence is the word of somebody who may give it: a test result that a validator signed, about this very evidence of
/// this very version.
struct EvidenceJudge {
    /// Who may do what, by the rules in force; or why nobody can be told.
    enum Rules {
        case access(Access)
        case absent
        case unreadable(String)
    }

    let rules: Rules
    let now: Timestamp
    /// The key of a controller whose word is believed; nil: none is.
    var controller: SSHPublicKey?
    private let claims: [SignedEvidence]

    /// - Throws: `EvidenceUnreadable`, stalling, for an envelope that is no statement.
    init(_ envelopes: [Envelope], rules: Rules, now: Timestamp) throws(Failure) {
        (self.rules, self.now) = (rules, now)
        var keys: [ECPublicKey] = []
        if case .access(let access) = rules { keys = access.keys.compactMap(\.ecKey) }
        var claims: [SignedEvidence] = []
        for envelope in envelopes {
            do throws(InvalidInput) {
                if let claim = try SignedEvidence(envelope, keys: keys) { claims.append(claim) }
            } catch { throw Failure(.stall, reason: "EvidenceUnreadable", message: error.message) }
        }
        self.claims = claims
    }

    /// - Parameter document: of the version's manifest as the head has it; or why it cannot be told.
    func proof(
        of evidence: EvidenceReport, model: Name, in environment: Name, document: Result<Digest, Failure>
    ) -> EvidenceProof {
        let results = claims.filter { $0.evidence == evidence.digest && $0.isResult }
        if controller == nil, let why = rulesProblem { return .unproven(why) }
        let expected: Digest
        switch document {
        case .success(let digest): expected = digest
        case .failure(let failure): return .unproven(failure.message)
        }
        guard !results.isEmpty else { return .unproven("it is not signed: no test result names it") }
        var reasons: [String] = []
        for claim in results {
            if let problem = Self.problem(claim, of: evidence, document: expected) {
                reasons.append(problem)
                continue
            }
            for signer in claim.signers {
                do throws(InvalidInput) {
                    let who = try name(of: signer, model: model, in: environment)
                    return .proven(by: who, key: signer.fingerprint, at: time(of: evidence, by: signer))
                } catch { reasons.append(error.message) }
            }
        }
        return .unproven(reasons.first ?? "nobody signed it")
    }

    /// Why nobody's word counts.
    private var rulesProblem: String? {
        switch rules {
        case .access: nil
        case .absent: "the base has no '\(AccessSchema.path)', so nobody is named who may say it"
        case .unreadable(let why): "who may say it cannot be told: \(why)"
        }
    }

    /// Who signed with `key`, when they may say so.
    ///
    /// - Throws: why they may not.
    private func name(
        of key: SSHPublicKey, model: Name, in environment: Name
    ) throws(InvalidInput) -> String {
        if key == controller { return "the controller" }
        guard case .access(let access) = rules else { throw InvalidInput(rulesProblem ?? "") }
        return try Self.person(of: key, access, model: model, in: environment, now: now).text
    }

    /// Why a test result says nothing of `evidence`, whoever signed it.
    private static func problem(_ claim: SignedEvidence, of evidence: EvidenceReport, document: Digest) -> String? {
        if claim.signers.isEmpty { return "its signature does not hold, or is by a key that nobody has" }
        if claim.version != evidence.version || claim.bundle.description != evidence.bundle {
            return "what was signed is about \(claim.version) as bundle \(claim.bundle), not about what it measured"
        }
        if claim.rules.description != evidence.rules { return "what was signed is about another checklist" }
        if claim.word != .result(isPassed: evidence.verdict == .passed) {
            return "what was signed says otherwise than its gates"
        }
        guard let said = claim.document else {
            return "what was signed does not say which manifest of the version it is about"
        }
        return said == document
            ? nil
            : "it is about another manifest of \(evidence.version) than this commit has: it was tested before it changed"
    }

    /// Whose `key` is, when that person may say so.
    ///
    /// - Throws: why nobody is.
    private static func person(
        of key: SSHPublicKey, _ access: Access, model: Name, in environment: Name, now: Timestamp
    ) throws(InvalidInput) -> Name {
        let print = key.fingerprint
        switch access.decide(key, seen: now) {
        case .allowed(let person), .missingRole(let person):
            guard access.isGiven(.validator, to: person, model: model, in: environment) else {
                throw InvalidInput("\(person) signed it and has no role 'validator' for \(model) in \(environment)")
            }
            return person
        case .unknownKey:
            throw InvalidInput("nobody in the base's \(AccessSchema.path) has the key \(print) that signed it")
        case .notYetValid(let person, let from):
            throw InvalidInput("the key \(print) of \(person) that signed it counts from \(from)")
        case .expired(let person, let time):
            throw InvalidInput("the key \(print) of \(person) that signed it no longer counts since \(time)")
        case .revoked(let person, let time):
            throw InvalidInput("the key \(print) of \(person) that signed it was revoked at \(time)")
        }
    }

    /// When `signer` says that it was verified: the newest such word.
    private func time(of evidence: EvidenceReport, by signer: SSHPublicKey) -> Timestamp? {
        claims.compactMap { claim in
            guard claim.evidence == evidence.digest, claim.signers.contains(signer),
                case .summary(let time) = claim.word
            else { return nil }
            return time
        }.max()
    }
}

extension SignedEvidence {
    fileprivate var isResult: Bool { if case .result = word { true } else { false } }
}
