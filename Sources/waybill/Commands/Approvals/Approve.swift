import ArgumentParser
import Foundation
import WaybillCore
import WaybillTrust

/// `waybill approve`.
struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Approve a change with your SSH key.",
        discussion: """
            Shows what changes between two commits of a clone, asks, and signs a few lines that name the change by its digest, what \
            it starts from, its evidence, your role and an end. The file is written below .waybill/approvals/, one for each person \
            and change, where the controller and anybody with 'ssh-keygen -Y verify' can check it. No controller is needed.
            """)

    @Argument(help: ArgumentHelp("The deployment.", valueName: "env/name"), transform: ChangeOptions.key)
    var key: DeploymentKey

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The role in which you approve, when you have more than one.", valueName: "role"),
        transform: ChangeOptions.name)
    var role: Name?

    @Option(help: ArgumentHelp("Digest of the evidence that you approve on, or 'none'.", valueName: "digest"))
    var evidence = ApprovalStatement.none

    @Option(
        help: ArgumentHelp(
            "How long it counts. Left out: as long as the environment lets one hold.", valueName: "duration"))
    var expires: String?

    @OptionGroup var statement: StatementOptions
    @OptionGroup var change: ChangeOptions

    func run() async throws {
        let voice = try await Voice(change, statement, key, as: role)
        let evidence = try self.evidence == ApprovalStatement.none ? nil : Digest(parsing: self.evidence)
        if evidence == nil, voice.policy.requiresEvidence {
            throw Failure(
                .stall, reason: "EvidenceMissing",
                message:
                    "\(key.environment) asks for evidence: name its digest by --evidence; 'waybill validate' and the plan show it"
            )
        }
        let holds = min(try expires.map { try Duration(parsing: $0) } ?? voice.policy.holds, voice.policy.holds)
        let now = Timestamp.now
        let approval = ApprovalStatement(
            .approve, key, change: voice.subject.digest, from: voice.subject.from, evidence: evidence, role: voice.role,
            issued: now, expires: now + holds)
        try statement.give(approval, of: voice.signer, about: voice.subject, in: voice.pending, below: change.top)
    }
}

/// `waybill reject`.
struct Reject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say no to a change; nothing begins until it is withdrawn.",
        discussion: """
            As 'waybill approve', and in the place of your approval. It is withdrawn by removing its file, or by approving.
            """)

    @Argument(help: ArgumentHelp("The deployment.", valueName: "env/name"), transform: ChangeOptions.key)
    var key: DeploymentKey

    @Option(help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("The role in which you speak, when you have more than one.", valueName: "role"),
        transform: ChangeOptions.name)
    var role: Name?

    @OptionGroup var statement: StatementOptions
    @OptionGroup var change: ChangeOptions

    func validate() throws {
        do { try ApprovalStatement.check(reason: reason) } catch { throw ValidationError("\(error)") }
    }

    func run() async throws {
        let voice = try await Voice(change, statement, key, as: role)
        let rejection = ApprovalStatement(
            .reject, key, change: voice.subject.digest, from: voice.subject.from, role: voice.role, issued: .now,
            expires: nil, reason: reason)
        try statement.give(rejection, of: voice.signer, about: voice.subject, in: voice.pending, below: change.top)
    }
}

/// Who approves or rejects what, in which role.
private struct Voice {
    let pending: PendingChanges
    let subject: Change
    let policy: ApprovalPolicy
    let signer: Signer
    let role: Name

    init(
        _ change: ChangeOptions, _ statement: StatementOptions, _ key: DeploymentKey, as role: Name?
    ) async throws {
        pending = try await change.load()
        (subject, policy) = (try pending.change(of: key), try pending.policyAsked(of: key))
        let access = try pending.requireRules().access
        signer = try Signer(try statement.key.load(), access)
        self.role = try signer.role(role, subject, policy, model: pending.model(of: key), access)
    }
}

/// `waybill propose`.
struct Propose: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sign that you are the author of a change.",
        discussion: """
            An author's own approval does not count. Where nobody signed that they are the author, one more person must approve.
            """)

    @Argument(help: ArgumentHelp("The deployment.", valueName: "env/name"), transform: ChangeOptions.key)
    var key: DeploymentKey

    @OptionGroup var statement: StatementOptions
    @OptionGroup var change: ChangeOptions

    func run() async throws {
        let pending = try await change.load()
        let subject = try pending.change(of: key)
        let signer = try Signer(try statement.key.load(), try pending.requireRules().access)
        let proposal = ApprovalStatement(
            .propose, key, change: subject.digest, from: subject.from, role: nil, issued: .now, expires: nil)
        try statement.give(proposal, of: signer, about: subject, in: pending, below: change.top)
    }
}

extension PendingChanges {
    /// What the environment asks for.
    ///
    /// - Throws: `NoApprovals` when it asks for nothing.
    func policyAsked(of key: DeploymentKey) throws(Failure) -> ApprovalPolicy {
        if let policy = policy(of: key), !policy.required.isEmpty { return policy }
        throw Failure(
            .stall, reason: "NoApprovals",
            message: "the environment \(key.environment) asks for no approvals; its 'approvals.required' says which")
    }

    /// What a person approves, for a terminal.
    func shown(_ change: Change, _ style: Style) -> String {
        if change.key == Ruleset.key {
            let lines = rulesAfter.differences(from: rulesBefore).map { "    \($0.harmless) changes\n" }
            return style.paint("the rules", .strong) + "\n" + lines.joined()
        }
        let (old, new) = (before.deployments[change.key], after.deployments[change.key])
        func line(_ side: DesiredDeployment?) -> String {
            side.map { "\($0.spec.version), revision \($0.revision.short), by \($0.spec.runtime)" } ?? "nothing"
        }
        var text = style.paint("\(change.key)", .strong) + "\n"
        text += "  now   \(line(old))\n  then  \(line(new))\n"
        for change in FieldChange.between(old?.rendering, new?.rendering) { text += "    \(change.line.harmless)\n" }
        let (policy, rules) = (policy(of: change.key), before.resources.isEmpty ? head : base)
        if let policy, !policy.required.isEmpty {
            text += "  asks for \(policy.summary), by the rules at \(rules.short)\n"
        }
        return text
    }
}

extension FieldChange {
    /// `path: old → new`.
    var line: String { "\(path): \(before ?? "nothing") → \(after ?? "nothing")\(restarts ? "" : " (no restart)")" }
}
