import Foundation
import WaybillCore
import WaybillTrust

/// The person whose key is at hand, and in which role they speak.
struct Signer {
    let person: Name
    let key: SigningKey

    init(_ key: SigningKey, _ access: Access) throws(Failure) {
        guard let publicKey = try key.publicKey() else {
            throw Failure(
                .stall, reason: "SigningFailed", message: "a key in PEM makes no SSH signatures; use an SSH key")
        }
        guard let person = access.person(of: publicKey) else {
            throw Failure(
                .stall, reason: "UnknownKey",
                message:
                    "nobody in '\(AccessSchema.path)' has the key \(publicKey.fingerprint); add it to its owner there")
        }
        self.person = person
        self.key = key
    }

    /// The role that is named, or the only one of those asked for that the person has.
    func role(
        _ named: Name?, _ change: Change, _ policy: ApprovalPolicy, model: Name?, _ access: Access
    ) throws(Failure) -> Name {
        if change.key == Ruleset.key {
            guard access.isGiven(.governor, to: person, model: nil) else {
                throw Failure(
                    .stall, reason: "RoleMissing", message: "\(person) is no governor, who alone approve the rules")
            }
            return Ruleset.governor
        }
        let held = policy.required.map(\.role).filter {
            access.isGiven(.approver, as: $0, to: person, model: model, in: change.key.environment)
        }
        if let named {
            guard held.contains(named) else {
                throw Failure(
                    .stall, reason: "RoleMissing",
                    message: "\(person) cannot speak as \(named) for \(change.key); asked for is \(policy.summary)")
            }
            return named
        }
        guard let only = held.first, held.count == 1 else {
            throw Failure(
                .stall, reason: "RoleMissing",
                message: held.isEmpty
                    ? "\(person) has no role that \(change.key.environment) asks for, which is \(policy.summary)"
                    : "\(person) has more than one role that is asked for; name one by --as: "
                        + held.map(\.text).joined(separator: ", "))
        }
        return only
    }
}

extension SigningKey {
    /// The public half, before anything is signed; nil for a key in PEM.
    ///
    /// - Throws: `KeyUnusable` when it is in no file.
    func publicKey() throws(Failure) -> SSHPublicKey? {
        switch self {
        case .ec: return nil
        case .ssh(let key): return key.publicKey
        case .agent(let line): return try Self.parse(line, "the agent's key")
        case .openSSH(let path):
            let file = path.hasSuffix(".pub") ? path : path + ".pub"
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw Failure(
                    .stall, reason: "KeyUnusable",
                    message: "\(file.quotedForMessage) cannot be read, which says whose key it is; write it by "
                        + "'ssh-keygen -y -f \(path)'")
            }
            return try Self.parse(text, file)
        }
    }

    private static func parse(_ line: String, _ place: String) throws(Failure) -> SSHPublicKey {
        do throws(InvalidInput) { return try SSHPublicKey(parsing: line) } catch {
            throw Failure(.stall, reason: "KeyUnusable", message: "\(place.harmless): \(error.message)")
        }
    }
}
