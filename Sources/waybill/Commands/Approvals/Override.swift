import ArgumentParser
import WaybillCore
import WaybillTrust

/// `waybill override`.
struct Override: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a change begin in spite of what it waits for: break-glass.",
        discussion: """
            For people with the role 'override' in the access file. It is in the place of missing approvals, of a soak and of a \
            freeze; it gets nothing past a checklist, and alters no rules. Signed and carried like an approval: commit it, or push \
            it beside the branch with --push-ref. The ledger, the deployment's status and every later reader say who did it and why.
            """)

    @Argument(help: ArgumentHelp("The deployment.", valueName: "env/name"), transform: ChangeOptions.key)
    var key: DeploymentKey

    @Option(help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @Option(help: ArgumentHelp("How long the change may begin because of it, as '2h'.", valueName: "duration"))
    var expires: String

    @OptionGroup var statement: StatementOptions
    @OptionGroup var change: ChangeOptions

    func validate() throws {
        do {
            try ApprovalStatement.check(reason: reason)
            guard try Duration(parsing: expires) > .zero else {
                throw ValidationError("an override holds for some time")
            }
        } catch let error as InvalidInput { throw ValidationError(error.message) }
    }

    func run() async throws {
        let pending = try await change.load()
        let subject = try pending.change(of: key)
        let access = try pending.requireRules().access
        if key == Ruleset.key {
            throw Failure(
                .stall, reason: "NotOverridable",
                message: "the rules themselves are never overridden; they are approved")
        }
        guard pending.policy(of: key) != nil else {
            throw Failure(
                .stall, reason: "NothingToOverride",
                message: "\(key.environment) has no 'approvals', 'promotion' or 'freezes' that a change could wait for")
        }
        let signer = try Signer(try statement.key.load(), access)
        guard !access.isBot(signer.person),
            access.isGiven(.override, to: signer.person, model: pending.model(of: key), in: key.environment)
        else {
            throw Failure(
                .stall, reason: "RoleMissing", message: "\(signer.person) has not the role override for \(key)")
        }
        let now = Timestamp.now
        let override = ApprovalStatement(
            .override, key, change: subject.digest, from: subject.from, role: ApprovalPolicy.overriding, issued: now,
            expires: now + (try Duration(parsing: expires)), reason: reason)
        try statement.give(override, of: signer, about: subject, in: pending, below: change.top)
    }
}
