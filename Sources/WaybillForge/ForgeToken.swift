import Glibc
package import WaybillCore

/// A token in a file, read when it is needed and never shown.
package struct ForgeToken: Sendable, CustomStringConvertible, CustomReflectable {
    let secret: String

    /// - Throws: `CredentialMissing`, which names the file and never its content: it must be a file that nobody but its owner can read,
    ///   with the token on its only line.
    package init(file path: String) throws(Failure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.unusable(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Self.unusable(path, "it is no file")
        }
        guard status.st_mode & 0o077 == 0 else {
            let mode = String(status.st_mode & 0o777, radix: 8)
            throw Self.unusable(path, "others can read it (mode \(mode)); chmod 600 it")
        }
        var bytes = [UInt8](repeating: 0, count: 4097)
        let count = read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw Self.unusable(path, String(cString: strerror(errno))) }
        var line = bytes[..<count]
        while let last = line.last, last == 0x0a || last == 0x0d { line.removeLast() }
        guard !line.isEmpty, count < bytes.count, line.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Self.unusable(path, "it must hold the token on one line and nothing else")
        }
        secret = String(decoding: line, as: UTF8.self)
    }

    package var description: String { "a token" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    private static func unusable(_ path: String, _ what: String) -> Failure {
        Failure(
            .stall, reason: "CredentialMissing", message: "forge.tokenFile: '\(path)' cannot be used: \(what)")
    }
}
