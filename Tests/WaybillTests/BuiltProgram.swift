import Foundation

/// The built program itself, run in a folder with variables of its own.
struct BuiltProgram: Sendable {
    struct Result: Sendable {
        var code: Int32
        var output: String
        var errors: String
    }

    var folder: URL
    var variables: [String: String] = [:]
    /// Whether commits have an author without any setting.
    var hasGitIdentity = true

    /// Where the programs lie: beside the test bundle.
    static var products: URL {
        Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL.deletingLastPathComponent()
            ?? URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    }

    /// The top of this checkout.
    static var source: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    /// What a controller needs so that it meets no other one of this machine: ports that the kernel gives, and a block of
    /// replicas' ports below the ephemeral ones.
    static func ownPorts() -> [String: String] {
        let first = Int.random(in: 105...318) * 100
        return [
            "WAYBILL_GATEWAY_ADDRESS": "127.0.0.1:0", "WAYBILL_METRICS_ADDRESS": "127.0.0.1:0",
            "WAYBILL_PORTS": "\(first)-\(first + 99)",
        ]
    }

    func run(_ arguments: [String]) throws -> Result {
        try run(Self.products.appending(path: "waybill"), arguments)
    }

    /// Both streams go to files, so that neither fills a pipe. The program must leave none behind: on Linux `Process` waits
    /// for every heir of its socket.
    func run(_ program: URL, _ arguments: [String]) throws -> Result {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "waybill-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let (output, errors) = (scratch.appending(path: "out"), scratch.appending(path: "err"))
        let process = try start(program, arguments, output: output, errors: errors)
        process.waitUntilExit()
        return Result(
            code: process.terminationStatus, output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: errors), as: UTF8.self))
    }

    /// Starts `waybill` with its log in a file, for whoever ends it.
    func start(_ arguments: [String], log: URL) throws -> Process {
        try start(Self.products.appending(path: "waybill"), arguments, output: log, errors: log)
    }

    private func start(_ program: URL, _ arguments: [String], output: URL, errors: URL) throws -> Process {
        for file in [output, errors] { try Data().write(to: file) }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = [
            "HOME": folder.path, "PATH": "\(Self.products.path):/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
        ].merging(hasGitIdentity ? Self.identity : [:]) { _, new in new }.merging(variables) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        return process
    }

    private static let identity = [
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
    ]

    /// A script of bash that ends at the first command that fails.
    func bash(_ script: String) throws -> Result {
        try run(URL(filePath: "/bin/bash"), ["-euo", "pipefail", "-c", script])
    }
}
