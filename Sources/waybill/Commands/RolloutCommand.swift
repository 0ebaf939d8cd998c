import ArgumentParser
import WaybillAPI
import WaybillCore

/// `waybill rollout`.
struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "See where a rollout is, let it go on, take it back.",
        discussion: """
            'waybill pause' and 'resume' stop and start it where it is; 'waybill retry' begins one again that failed or was taken \
            back.
            """, subcommands: [RolloutStatus.self, RolloutAdvance.self, RolloutAbort.self])
}

/// `waybill rollout status`.
struct RolloutStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "The steps of a rollout, which one it is in, and what it waits for.")

    @OptionGroup var deployment: KeyArgument
    @OptionGroup var controller: ControllerOptions

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    func run() async throws {
        let view = try await controller.client().describe(deployment.key).deployment
        let console = Console.current
        guard let rollout = view.rollout else {
            let serving = view.serving.isEmpty ? "nothing" : view.serving.joined(separator: ", ")
            if output != .text { return console.line("null") }
            return console.line("no rollout of \(deployment.key) is under way; \(serving.harmless) serves")
        }
        let lines = rollout.lines(deployment.key).map { $0.harmless + "\n" }
        console.write(try output.text(of: rollout) { lines.joined() })
    }
}

/// `waybill rollout advance`.
struct RolloutAdvance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "advance", abstract: "Let a rollout go on past the pause or the analysis that it is in.",
        discussion: """
            So it does past an analysis that failed or is inconclusive: the ledger says who said so, and no verdict. Steps that wait for \
            replicas or for the gateway are not skipped.
            """)

    @OptionGroup var deployment: KeyArgument
    @Option(help: "Why; goes into the ledger.")
    var reason: String?
    @OptionGroup var acting: ActOptions

    func run() async throws { try await acting.perform(.advance(deployment.key, reason: reason)) }
}

/// `waybill rollout abort`.
struct RolloutAbort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "Give all traffic back to what served before, now.",
        discussion: """
            The new revision has no traffic until 'waybill retry', or a commit that changes the deployment. It needs the role \
            'abort' once an access file gives that to anybody.
            """)

    @OptionGroup var deployment: KeyArgument
    @OptionGroup var reason: RequiredReason
    @OptionGroup var acting: ActOptions

    func run() async throws { try await acting.perform(.abort(deployment.key, reason: reason.text)) }
}

extension RolloutStatusView {
    /// For people: who takes over from whom, each step with a mark, and what it waits for.
    func lines(_ key: DeploymentKey) -> [String] {
        let (old, new) = (from ?? fromRevision ?? "nothing", to ?? toRevision)
        var lines = ["\(key): \(old) → \(new), \(status), \(weight) % of the traffic"]
        lines += steps.enumerated().map { index, words in
            let mark = index + 1 < step ? "✓" : index + 1 == step ? "▸" : " "
            return "  \(mark) \(index + 1). \(words)"
        }
        lines += analysis?.lines ?? []
        lines.append("why: \(reason)")
        if let until {
            lines.append("waits until \(until.timestamp.secondsText) (\(waitsFor))")
        } else if !waitsFor.isEmpty {
            let end = analysis?.inconclusiveAt.map { ", inconclusive at \($0.timestamp.secondsText)" } ?? ""
            lines.append("waits for \(waitsFor)\(end)")
        }
        return lines
    }
}

extension AnalysisView {
    /// For people: each check with what was counted, and between what it lies.
    fileprivate var lines: [String] {
        let begun = tries > 1 ? ", counted anew for the \(tries). time" : ""
        return ["counted since \(from.timestamp.secondsText)\(begun):"]
            + checks.flatMap { ["  \($0.outcome): \($0.asked)", "    \($0.words)"] }
    }
}
