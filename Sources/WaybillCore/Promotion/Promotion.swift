/// One deployment takes the version of a model that another environment's deployment of the same name has: one scalar of one manifest.
package struct Promotion: Hashable, Sendable {
    package let source: DeploymentKey
    package let target: DeploymentKey
    package let old: VersionID
    package let new: VersionID
    /// Where the target is defined.
    package let location: SourceLocation

    /// What git asks for in both environments decides; nil when the target has the source's version already.
    ///
    /// - Throws: `PromotionImpossible`, stalling, which says what is missing where and what to write.
    package static func decide(
        _ name: Name, from: Name, to: Name, in state: DesiredState
    ) throws(Failure) -> Promotion? {
        guard from != to else {
            throw impossible("\(from) cannot be promoted to itself", "name two environments by --from and --to")
        }
        let source = try deployment(DeploymentKey(environment: from, name: name), in: state)
        let target = try deployment(DeploymentKey(environment: to, name: name), in: state)
        let (new, old) = (source.spec.version, target.spec.version)
        guard new.model == old.model else {
            throw impossible(
                "\(source.key) serves the model \(new.model), and \(target.key) serves \(old.model)",
                "a promotion changes the version of one model; edit \(target.location.path) by hand")
        }
        if new == old { return nil }
        return Promotion(source: source.key, target: target.key, old: old, new: new, location: target.location)
    }

    private static func deployment(
        _ key: DeploymentKey, in state: DesiredState
    ) throws(Failure) -> DesiredDeployment {
        guard state.resources[.environment(key.environment)] != nil else {
            let known = state.resources.keys.filter { $0.kind == .environment }.map(\.name)
            let near = Suggestion.nearest(to: key.environment.text, in: known)
            throw impossible(
                "no manifest defines the Environment \(key.environment)",
                near.map { "did you mean '\($0)'?" } ?? "there is \(known.sorted().joined(separator: ", "))")
        }
        if let problem = state.held[key]?.first {
            throw impossible(
                "\(key) is held, since its manifest has a problem: \(DiagnosticText.headline(problem))",
                "mend it first; 'waybill lint' shows all")
        }
        guard let deployment = state.deployments[key] else {
            throw impossible(
                "no manifest defines the ModelDeployment \(key)",
                "write one first: what a version needs in an environment is yours to say")
        }
        return deployment
    }

    private static func impossible(_ what: String, _ hint: String) -> Failure {
        Failure(.stall, reason: "PromotionImpossible", message: "\(what); \(hint)")
    }

    /// The scalar that changes.
    package static let field: [FieldStep] = [.member("spec"), .member("version")]

    /// The branch's usual name: one for each version on its way to a deployment.
    package var branch: String { "promote/\(target.environment)/\(target.name)-\(new.version)" }

    /// The commit's message: a summary, what changes, and trailers as `git interpret-trailers` reads them.
    ///
    /// - Parameters:
    ///   - evidence: the digest of what was measured of the version, if it is known.
    ///   - index: the ledger's entry that says that the source serves it, if it is known.
    package func message(evidence: Digest?, index: UInt64?) -> String {
        var trailers = [
            "Waybill-Promote: \(target)", "Waybill-Version: \(new)", "Waybill-From: \(source)",
        ]
        if let evidence { trailers.append("Waybill-Evidence: \(evidence)") }
        if let index { trailers.append("Waybill-Ledger-Index: \(index)") }
        return """
            Promote \(new.model) \(new.version) to \(target.environment)

            \(target) takes the version that \(source) has: \(old.version) -> \(new.version).

            \(trailers.joined(separator: "\n"))

            """
    }
}
