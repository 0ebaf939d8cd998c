import Glibc
import WaybillCore

/// The secrets of one remote, read when they are needed and by the process that uses them.
struct SecretValues {
    private(set) var password: String?
    private(set) var passphrase: String?

    /// Every secret, for keeping them out of messages.
    var all: [String] { [password, passphrase].compactMap(\.self) }

    /// - Throws: `CredentialMissing`, which names the reference and never the content.
    init(_ remote: RemoteConfiguration) throws(Failure) {
        if let reference = remote.credentials?.secret { password = try Self.read(reference) }
        if case .key(let path, let reference) = remote.ssh?.identity {
            if let reference { passphrase = try Self.read(reference) }
            guard access(path, R_OK) == 0 else {
                throw Self.missing("the SSH key '\(path)' cannot be read: \(SystemError.last)")
            }
        }
    }

    private static func read(_ reference: SecretReference) throws(Failure) -> String {
        switch reference {
        case .environment(let name):
            guard let value = getenv(name), value.pointee != 0 else {
                throw missing("the \(reference) is not set; set it for the controller")
            }
            return try usable(String(cString: value), reference)
        case .file(let path):
            let bytes: [UInt8]
            do throws(SystemError) {
                let file = open(path, O_RDONLY | O_CLOEXEC)
                guard file >= 0 else { throw .last }
                bytes = try Descriptor(file).readSome()
            } catch {
                throw missing("the \(reference) cannot be read: \(error)")
            }
            return try usable(String(decoding: bytes, as: UTF8.self), reference)
        }
    }

    /// The secret without its line end.
    private static func usable(_ text: String, _ reference: SecretReference) throws(Failure) -> String {
        var secret = text
        while let last = secret.last, last.isNewline { secret.removeLast() }
        guard !secret.isEmpty, secret.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
            throw missing(
                "the \(reference) is empty or has more than one line; it must hold the secret and nothing else")
        }
        return secret
    }

    private static func missing(_ message: String) -> Failure {
        Failure(.stall, reason: "CredentialMissing", message: message)
    }
}
