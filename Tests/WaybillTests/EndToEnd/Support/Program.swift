import Foundation
import Glibc
import WaybillCore
import WaybillTestSupport

/// Runs programs to their end, and the controller until it is stopped.
enum Program {
    struct Result: Sendable {
        var code: Int32
        var output: String
        var errors: String
    }

    /// The programs of this build lie beside the test bundle.
    static var waybill: String {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        return (bundle ?? URL(fileURLWithPath: CommandLine.arguments[0])).deletingLastPathComponent()
            .appending(path: "waybill").path
    }

    /// Output goes through files, so that a child that lives on holds nobody up.
    static func run(
        _ arguments: [String], in folder: String, _ variables: [String: String] = [:]
    ) async throws -> Result {
        let base = "\(folder)/.output-\(UUID().uuidString)"
        let program = try ChildProgram(
            arguments, in: URL(fileURLWithPath: folder), environment: Self.variables(folder, variables),
            output: URL(fileURLWithPath: base + ".out"), errors: URL(fileURLWithPath: base + ".err"))
        let code = await program.status()
        defer { for end in [".out", ".err"] { try? FileManager.default.removeItem(atPath: base + end) } }
        return Result(code: code, output: try text(of: base + ".out"), errors: try text(of: base + ".err"))
    }

    private static func variables(_ home: String, _ more: [String: String]) -> [String: String] {
        ["HOME": home, "PATH": "/usr/bin:/bin"].merging(more) { _, new in new }
    }

    static func process(
        _ arguments: [String], in folder: String, _ variables: [String: String], output: String, errors: String
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = Self.variables(folder, variables)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try appending(output)
        process.standardError = output == errors ? process.standardOutput : try appending(errors)
        return process
    }

    private static func appending(_ path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure(.stall, reason: "Test", message: "\(path): cannot be written") }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func text(of path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
}
