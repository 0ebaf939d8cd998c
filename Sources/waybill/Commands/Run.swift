import ArgumentParser
import Foundation
import WaybillCore

/// `waybill run`.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the controller: watch the repository and make what serves follow it.",
        discussion: """
            Runs until SIGTERM or SIGINT; models and the gateway go on serving after it. It starts the gateway too, unless
            --no-gateway is given. Settings come from waybill.yaml, WAYBILL_ variables and the flags here.
            """)

    @Option(help: ArgumentHelp("The fleet repository.", valueName: "url"))
    var repository: String?

    @Option(help: "The watched branch.")
    var branch: String?

    @Option(help: ArgumentHelp("Where applications call models.", valueName: "host:port"))
    var gatewayAddress: String?

    @Option(help: ArgumentHelp("Where health, metrics and webhooks are.", valueName: "host:port"))
    var metricsAddress: String?

    @Flag(help: "Do not start the gateway; somebody else runs 'waybill gateway'.")
    var noGateway = false

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        var flags: [String: String] = [:]
        flags["state"] = controller.state
        flags["repository.url"] = repository
        flags["repository.branch"] = branch
        flags["gateway.address"] = gatewayAddress
        flags["metrics.address"] = metricsAddress
        if noGateway { flags["gateway.start"] = "false" }
        let configuration = try ControllerOptions.sources(flags: flags, config: controller.config).resolve()
        let setup = LogSetup(
            configuration, isTerminal: isatty(2) == 1, variables: ProcessInfo.processInfo.environment)
        try await ControllerRun(configuration: configuration, logger: setup.logger("controller")).run()
    }
}

/// `waybill gateway`.
struct Gateway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the gateway: one stable URL for each deployment.",
        discussion: """
            'waybill run' starts it by itself. It serves on the last good route table whether or not a controller runs, until
            SIGTERM; then it finishes what is under way. --take-over replaces a running one by this build, with its listener,
            and loses no request.
            """)

    @Option(help: ArgumentHelp("Where applications call models.", valueName: "host:port"))
    var address: String?

    @Flag(help: "Allow an address that other machines can reach; nobody is authenticated.")
    var insecure = false

    @Flag(help: "Take the listener over from the gateway that runs now.")
    var takeOver = false

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        var flags: [String: String] = [:]
        flags["state"] = controller.state
        flags["gateway.address"] = address
        if insecure { flags["gateway.insecure"] = "true" }
        let configuration = try ControllerOptions.sources(flags: flags, config: controller.config).resolve()
        try await GatewayRun(configuration: configuration, takesOver: takeOver).run()
    }
}
