import ArgumentParser
import WaybillAPI
import WaybillCore

/// `waybill sync`.
struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at the git remote now instead of at the next poll.",
        discussion: "With --wait, returns 0 once every deployment is ready at the new commit, and 1 when one cannot be."
    )

    @Flag(help: "Wait until what the commit asks for serves.")
    var wait = false

    @Option(help: ArgumentHelp("With --wait: give up after this time.", valueName: "time"))
    var timeout = "10m"

    @OptionGroup var acting: ActOptions

    func validate() throws {
        guard Quantity.duration(timeout) != nil else {
            throw ValidationError("--timeout must be a time, as in '30s' or '10m'")
        }
    }

    func run() async throws {
        let client = try acting.controller.client()
        let console = Console.current
        let result = try await ask(client, console)
        try acting.tell(result)
        guard wait, let limit = Quantity.duration(timeout) else { return }
        var settling = Settling(client: client, console: console)
        settling.commit = result.commit
        let settled = try await settling.wait(atMost: limit)
        // As data, the answer to the command is all that there is; success is in the exit code.
        if acting.output == .text { console.line(settled) }
    }

    /// A remote may take its time to answer.
    private func ask(_ client: ControlClient, _ console: Console) async throws -> CommandResult {
        console.progress("asking the remote …")
        defer { console.endProgress() }
        return try await client.perform(.sync)
    }
}

/// `waybill pause`.
struct Pause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leave a deployment as it is, whatever git says, until it is resumed.")
    @OptionGroup var deployment: KeyArgument
    @Option(help: "Why; goes into the ledger.")
    var reason: String?
    @OptionGroup var acting: ActOptions
    func run() async throws { try await acting.perform(.pause(deployment.key, reason: reason)) }
}

/// `waybill resume`.
struct Resume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End a pause.")
    @OptionGroup var deployment: KeyArgument
    @OptionGroup var acting: ActOptions
    func run() async throws { try await acting.perform(.resume(deployment.key)) }
}

/// `waybill retry`.
struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try again now: forget the back-off and the stall of a deployment.")
    @OptionGroup var deployment: KeyArgument
    @OptionGroup var acting: ActOptions
    func run() async throws { try await acting.perform(.retry(deployment.key)) }
}

/// `waybill restart`.
struct Restart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Replace the replicas of a deployment by fresh ones, without losing a request.")
    @OptionGroup var deployment: KeyArgument
    @OptionGroup var acting: ActOptions
    func run() async throws { try await acting.perform(.restart(deployment.key)) }
}

/// `waybill accept`.
struct Accept: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take a held commit as the desired state.",
        discussion: "'waybill status' shows what is held and why. The reason and your user go into the ledger.")

    @Argument(
        help: ArgumentHelp("The commit, all 40 digits.", valueName: "commit"), transform: Accept.parse)
    var commit: CommitID

    @OptionGroup var reason: RequiredReason
    @OptionGroup var acting: ActOptions

    func run() async throws { try await acting.perform(.accept(commit, reason: reason.text)) }

    @Sendable static func parse(_ text: String) throws -> CommitID {
        do {
            return try CommitID(parsing: text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
