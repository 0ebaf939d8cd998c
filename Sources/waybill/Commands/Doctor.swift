import ArgumentParser
import WaybillCore

/// `waybill doctor`.
struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check that this machine has what Waybill needs.",
        discussion: "Each line is ok, warning or problem, with a remedy. Returns 1 when there is a problem.")

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        let examination = await Examination.run(Self.checks, try controller.configuration())
        let console = Console.current
        console.write(try output.text(of: examination) { examination.text(console.style) })
        if examination.worst == .problem { throw ExitCode(1) }
    }

    private static var checks: [any Check] {
        [
            GitCheck(), GitLimitsCheck(), PermissionsCheck(), DiskCheck(), PythonCheck(), PortsCheck(), TargetCheck(),
            UnisolatedCheck(), OpenFilesCheck(),
            ClockCheck(), GatewayCheck(), LedgerCheck(),
        ]
    }
}
