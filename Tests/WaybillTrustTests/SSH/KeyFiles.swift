import Foundation
import WaybillTestSupport

/// Key files and signatures that OpenSSH made.
struct KeyFiles {
    let folder: URL

    static let types: [(name: String, options: [String])] = [
        ("ed25519", ["-t", "ed25519"]), ("ecdsa256", ["-t", "ecdsa", "-b", "256"]),
        ("ecdsa384", ["-t", "ecdsa", "-b", "384"]), ("ecdsa521", ["-t", "ecdsa", "-b", "521"]),
        ("rsa", ["-t", "rsa", "-b", "2048"]),
    ]

    /// Makes one of each type.
    func makeAll() async throws {
        for (name, options) in Self.types { try await make(name, options) }
    }

    func make(_ name: String, _ options: [String], passphrase: String = "") async throws {
        let made = try await Self.run(
            ["ssh-keygen", "-q", "-N", passphrase, "-C", "\(name)@test", "-f", path(name)] + options)
        guard made.status == 0 else { throw KeyFilesError(message: made.output) }
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }
    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }
    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    @discardableResult
    func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
        try Data(Array(bytes)).write(to: folder.appending(path: name))
        return path(name)
    }

    static func run(_ command: [String], input: String? = nil) async throws -> (status: Int32, output: String) {
        try await ChildProgram.run(["/usr/bin/env"] + command, input: input.map { .file($0) } ?? .nothing)
    }
}

struct KeyFilesError: Error { let message: String }
