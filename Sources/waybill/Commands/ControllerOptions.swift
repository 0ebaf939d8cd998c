import ArgumentParser
import Foundation
import Glibc
import WaybillAPI
import WaybillCore

/// How a command finds the controller.
struct ControllerOptions: ParsableArguments {
    @Option(
        name: .long, help: ArgumentHelp("The controller's state folder.", valueName: "folder"), completion: .directory)
    var state: String?

    @Option(
        name: .long, help: ArgumentHelp("Settings to read instead of ./waybill.yaml.", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?

    func configuration() throws(Failure) -> WaybillConfiguration {
        try Self.sources(flags: state.map { ["state": $0] } ?? [:], config: config).resolve()
    }

    func client() throws(Failure) -> ControlClient {
        ControlClient(stateFolder: try configuration().stateFolder)
    }

    /// The sources of settings of this process.
    static func sources(flags: [String: String], config: String?) -> ConfigurationSources {
        ConfigurationSources(
            flags: flags, configFlag: config, variables: ProcessInfo.processInfo.environment,
            workingFolder: FileManager.default.currentDirectoryPath, isRoot: geteuid() == 0,
            reader: Wiring.standard.configurationFile)
    }
}

extension Console {
    static var current: Console { .standard(variables: ProcessInfo.processInfo.environment) }
}

extension Timestamp {
    /// The wall clock.
    static var now: Timestamp { SystemClock().now() }
}

/// A deployment on the command line; the shell completes it from the running controller.
struct KeyArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The deployment, as in production/churn.", valueName: "env/name"),
        completion: .custom { _, _, _ in await KeyArgument.known() }, transform: KeyArgument.parse)
    var key: DeploymentKey

    @Sendable static func parse(_ text: String) throws -> DeploymentKey {
        do {
            return try DeploymentKey(parsing: text)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// Deployments that the controller knows; none when there is no controller.
    private static func known() async -> [String] {
        guard let configuration = try? ControllerOptions.sources(flags: [:], config: nil).resolve(),
            let listing = try? await ControlClient(stateFolder: configuration.stateFolder).list(DeploymentView.self)
        else { return [] }
        return listing.items.map(\.deployment)
    }
}
