import ArgumentParser
import Foundation
import WaybillCore
import WaybillPackage
import WaybillTrust

/// Which key a command signs with.
struct SigningKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A private key: SSH, or ECDSA in PEM for OpenSSF Model Signing; or a public SSH key whose private half an agent has.",
            valueName: "file"), completion: .file())
    var key: String?

    @Flag(help: "The one key that ssh-agent has.")
    var agent = false

    func validate() throws {
        guard agent != (key != nil) else { throw ValidationError("give --key or --agent") }
    }

    func load() throws(Failure) -> SigningKey {
        if let key { return try Self.load(key) }
        let keys = try OpenSSHSigner.agentKeys()
        guard keys.count == 1, let only = keys.first else {
            let list = keys.map {
                "\n  \($0.key.fingerprint) \($0.line.split(separator: " ").dropFirst(2).joined(separator: " "))"
            }
            throw Failure(
                .stall, reason: "KeyAmbiguous",
                message:
                    "ssh-agent has \(keys.count) keys that can sign; write the public one to a file and name it by --key:"
                    + list.joined().harmless)
        }
        return .agent(only.line)
    }
}

extension SigningKeyOptions {
    /// The key in the file at `path`.
    static func load(_ path: String) throws(Failure) -> SigningKey {
        switch try KeyFile.read(path) {
        case .ssh(let key): .ssh(key)
        case .ec(let key): .ec(key)
        case .openSSH(let path): .openSSH(path)
        }
    }
}

/// A key to sign with, wherever it is.
enum SigningKey {
    case ssh(SSHPrivateKey)
    case ec(ECPrivateKey)
    /// A file that OpenSSH signs with.
    case openSSH(String)
    /// A key in an agent, by its public line.
    case agent(String)

    /// An SSH signature for one purpose; nil for a key in PEM, which makes none.
    func signature(of message: [UInt8], namespace: String) throws(Failure) -> SSHSignature? {
        switch self {
        case .ec: return nil
        case .ssh(let key):
            do throws(InvalidInput) { return try key.sign(message, namespace: namespace) } catch {
                throw Failure(.stall, reason: "SigningFailed", message: error.message)
            }
        case .openSSH(let path): return try OpenSSHSigner.sign(message, namespace: namespace, key: path)
        case .agent(let line):
            let file = FileManager.default.temporaryDirectory.appending(path: "waybill-key-\(UUID().uuidString).pub")
            defer { try? FileManager.default.removeItem(at: file) }
            do { try Data("\(line)\n".utf8).write(to: file) } catch {
                throw Failure(.retry, reason: "SigningFailed", message: "\(file.path): \(error.localizedDescription)")
            }
            return try OpenSSHSigner.sign(message, namespace: namespace, key: file.path)
        }
    }

    /// A statement in a DSSE envelope that the key signs, and the public half.
    func envelope(_ statement: Statement) throws(Failure) -> (envelope: Envelope, key: SSHPublicKey) {
        if case .ec(let key) = self {
            do throws(InvalidInput) {
                return (try Attestation.envelope(statement, by: key), SSHPublicKey(key.publicKey))
            } catch { throw Failure(.stall, reason: "SigningFailed", message: error.message) }
        }
        let message = Attestation.signedBytes(of: statement)
        guard let signature = try signature(of: message, namespace: Attestation.namespace) else {
            throw Failure(.stall, reason: "SigningFailed", message: "the key makes no SSH signatures")
        }
        return (Attestation.envelope(statement, with: signature), signature.key)
    }
}
