import Glibc
package import WaybillCore
package import WaybillTrust

/// A file that names a key to sign with.
package enum KeyFile: Sendable {
    /// A private SSH key that can be used here.
    case ssh(SSHPrivateKey)
    /// A private key for OpenSSF Model Signing.
    case ec(ECPrivateKey)
    /// A key that only OpenSSH can use: encrypted, in hardware, or in an agent.
    case openSSH(String)

    private static let limit = 64 << 10

    /// Reads the file at `path`. A private key must be readable by its owner alone.
    ///
    /// - Throws: `KeyUnusable`, stalling; no byte of the file is in the message.
    package static func read(_ path: String) throws(Failure) -> KeyFile {
        let (text, mode) = try contents(of: path)
        if (try? SSHPublicKey(parsing: text)) != nil { return .openSSH(path) }
        guard mode & 0o077 == 0 else {
            throw unusable(
                path, "others can read it (mode 0\(String(mode, radix: 8))); run: chmod 600 \(path.quotedForMessage)")
        }
        do throws(SSHPrivateKey.Problem) {
            return .ssh(try SSHPrivateKey(parsing: text))
        } catch {
            switch error {
            case .needsOpenSSH: return .openSSH(path)
            case .broken(let why): throw unusable(path, "a broken private key of OpenSSH: \(why)")
            case .otherForm: break
            }
        }
        do throws(InvalidInput) { return .ec(try ECPrivateKey(pem: text)) } catch {
            throw unusable(path, error.message)
        }
    }

    private static func unusable(_ path: String, _ what: String) -> Failure {
        Failure(.stall, reason: "KeyUnusable", message: "\(path.quotedForMessage) cannot sign: \(what)")
    }

    private static func contents(of path: String) throws(Failure) -> (text: String, mode: mode_t) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw unusable(path, "it cannot be opened: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.isRegularFile, status.st_size <= limit else {
            throw unusable(path, "it is no file of at most 64 KiB")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard got == bytes.count, let text = String(validating: bytes, as: UTF8.self) else {
            throw unusable(path, "it is no key file")
        }
        return (text, status.permissions)
    }
}
