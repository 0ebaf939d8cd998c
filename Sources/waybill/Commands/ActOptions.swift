import ArgumentParser
import WaybillAPI
import WaybillCore

/// What every command that acts shares: where the controller is, and in which form it answers.
struct ActOptions: ParsableArguments {
    @OptionGroup var controller: ControllerOptions

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    /// Tells what came of `command`: in one line, or as data.
    func perform(_ command: OperatorCommand) async throws { try tell(try await controller.client().perform(command)) }

    func tell(_ result: CommandResult) throws {
        Console.current.write(try output.text(of: result) { result.message.harmless + "\n" })
    }
}

/// `--reason` of an act that is not done without one.
struct RequiredReason: ParsableArguments {
    @Option(name: .customLong("reason"), help: "Why; goes into the ledger.")
    var text: String

    func validate() throws {
        guard !text.trimmed.isEmpty else { throw ValidationError("--reason must say why") }
    }
}
