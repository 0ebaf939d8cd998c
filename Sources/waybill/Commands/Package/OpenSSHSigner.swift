import Foundation
import WaybillCore
import WaybillTrust

/// Signs by `ssh-keygen`: keys that are encrypted, in hardware, or in an agent. It asks for a passphrase, a PIN or a touch by itself.
enum OpenSSHSigner {
    /// - Parameter key: a private key file, or a public one whose private half an agent has.
    static func sign(_ message: [UInt8], namespace: String, key: String) throws(Failure) -> SSHSignature {
        let result = try run(["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", key], input: message)
        guard result.status == 0 else {
            throw Failure(
                .stall, reason: "SigningFailed",
                message:
                    "ssh-keygen did not sign with \(key.quotedForMessage) (status \(result.status)); what it said is above. "
                    + "'ssh-add -L' lists the keys that an agent has")
        }
        do throws(InvalidInput) { return try SSHSignature(armored: result.output) } catch {
            throw Failure(.stall, reason: "SigningFailed", message: "what ssh-keygen wrote is \(error.message)")
        }
    }

    /// Public keys that the agent has, with their comments.
    static func agentKeys() throws(Failure) -> [(line: String, key: SSHPublicKey)] {
        let result = try run(["ssh-add", "-L"])
        guard result.status == 0 else {
            throw Failure(
                .stall, reason: "NoAgent",
                message: "no ssh-agent has a key: start one, add a key by 'ssh-add', or name a file by --key")
        }
        let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
        return lines.compactMap { line in (try? SSHPublicKey(parsing: line)).map { (line, $0) } }
    }

    private static func run(_ command: [String], input: [UInt8] = []) throws(Failure) -> ProgramRun {
        do throws(ProgramRun.NotRun) {
            return try ProgramRun(command, input: input, errors: .shown)
        } catch {
            throw Failure(
                .stall, reason: "SigningFailed", message: "\(command[0]) cannot be run: \(error.message)")
        }
    }
}
