import WaybillCore
import WaybillTestSupport

extension RegistryServer {
    func reference(_ rest: String) throws -> ImageReference { try ImageReference(parsing: "\(host)/\(rest)") }
}

/// Runs a program and gives what it says; both of its outputs together.
func run(_ command: [String]) async throws -> (status: Int32, output: String) { try await ChildProgram.run(command) }
