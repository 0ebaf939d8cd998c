import Crypto
import Foundation
import Glibc
import WaybillCore
import WaybillPackage
import WaybillTrust

/// The key with which a controller signs what it says of bundles: its own, in the state folder, and not the ledger's. The ledger says
/// which it is.
struct StatementKey: Sendable {
    private let key: SSHPrivateKey

    var publicKey: SSHPublicKey { key.publicKey }

    /// The key of a state folder; made at the first start, with the least mode that works.
    ///
    /// - Throws: `StatementKeyUnusable`, stalling, for one that is there and cannot be read: it is never replaced silently.
    init(in folder: StateFolder) throws(Failure) {
        let path = folder.statementKey
        if FileManager.default.fileExists(atPath: path) {
            key = try Self.read(path)
        } else {
            let new = Curve25519.Signing.PrivateKey()
            try Self.write(hexadecimal(Array(new.rawRepresentation)) + "\n", path, mode: 0o600)
            key = SSHPrivateKey(new)
        }
        // For people and tools; what the ledger says is what counts. Closed like all that replicas have no business with.
        try Self.write("\(key.publicKey)\n", folder.statementPublicKey, mode: 0o600)
    }

    private static func read(_ path: String) throws(Failure) -> SSHPrivateKey {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0.prefix(4096), as: UTF8.self) }
        guard let text, text.utf8.count == 65, let seed = bytesOfHex(text.dropLast()),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        else {
            throw Failure(
                .stall, reason: "StatementKeyUnusable",
                message:
                    "\(path) holds no key; restore it from a backup, or remove it to have another one made, which the ledger "
                    + "records")
        }
        return SSHPrivateKey(key)
    }

    /// Whole or not at all, and readable by nobody else before it is.
    private static func write(_ text: String, _ path: String, mode: mode_t) throws(Failure) {
        let temporary = path + ".new"
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw unusable(path) }
        let bytes = Array(text.utf8)
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            unlink(temporary)
            throw unusable(path)
        }
    }

    private static func unusable(_ path: String) -> Failure {
        Failure(
            .stall, reason: "StateFolderUnusable", message: "cannot write \(path): \(String(cString: strerror(errno)))")
    }

    /// A statement in a DSSE envelope that the key signs.
    func envelope(_ statement: Statement) throws(Failure) -> Envelope {
        try SigningKey.ssh(key).envelope(statement).envelope
    }

    /// That the controller signs with it from now on.
    func made(at time: Timestamp) -> Event {
        Event(
            .statementKeyMade, decision: .random(), time: time, subject: "controller",
            body: ["key": .string(publicKey.fingerprint), "publicKey": .string(publicKey.description)])
    }
}
