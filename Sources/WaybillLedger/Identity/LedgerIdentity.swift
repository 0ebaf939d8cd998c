import Crypto
import Glibc
import WaybillCore
import WaybillTrust

/// Who a ledger is: its key, its origin, and the secret of its actors' pseudonyms.
struct LedgerIdentity: Sendable {
    let signer: NoteSigner
    private let pseudonymSecret: SymmetricKey

    /// Makes a new one; `origin` nil is a name of chance.
    init(origin: String?) throws(Failure) {
        let name = origin ?? "waybill.dev/ledger/" + hexadecimal(Self.randomBytes(16))
        do {
            signer = try NoteSigner(name: name, privateKey: Curve25519.Signing.PrivateKey())
        } catch {
            throw .ledgerIdentity("the origin \(name.quotedForMessage) cannot be used: \(error)")
        }
        pseudonymSecret = SymmetricKey(data: Self.randomBytes(32))
    }

    /// Reads what an earlier start made. Secrets never show in what it throws.
    init(reading paths: LedgerPaths) throws(Failure) {
        let texts: [String]
        do {
            texts = try [paths.key, paths.publicKey, paths.pseudonyms].map { path throws(SystemError) in
                guard let bytes = try FileSystem.read(path, limit: 4096) else {
                    throw SystemError("open", path, code: ENOENT)
                }
                return String(decoding: bytes, as: UTF8.self)
            }
        } catch {
            guard error.code == ENOENT else { throw .ledgerUnavailable(error) }
            throw .ledgerIdentity(
                "\(error.path) is missing; restore it from a backup: a new one would begin another log")
        }
        do {
            signer = try NoteSigner(parsingSecret: texts[0])
        } catch {
            throw .ledgerIdentity("\(paths.key) is unreadable (\(error)); restore it from a backup")
        }
        guard texts[1] == "\(signer.key)\n" else {
            throw .ledgerIdentity(
                "\(paths.publicKey) is not the public key of \(paths.key); restore both from a backup")
        }
        guard texts[2].utf8.count == 65, let secret = bytesOfHex(texts[2].dropLast()) else {
            throw .ledgerIdentity("\(paths.pseudonyms) is unreadable; restore it from a backup")
        }
        pseudonymSecret = SymmetricKey(data: secret)
    }

    /// Writes the files of section 1 of `docs/ledger.md` into a folder that nobody reads yet.
    func write(to paths: LedgerPaths) throws(SystemError) {
        try FileSystem.replace(paths.key, with: Array("\(signer.secretText)\n".utf8), mode: 0o600)
        try FileSystem.replace(paths.publicKey, with: Array("\(signer.key)\n".utf8), mode: 0o644)
        let secret = pseudonymSecret.withUnsafeBytes { hexadecimal($0) }
        try FileSystem.replace(paths.pseudonyms, with: Array("\(secret)\n".utf8), mode: 0o600)
    }

    /// The name of an actor in a header: the same for the same actor, meaningless without the secret.
    func pseudonym(of actor: Actor) -> String {
        let kind: String
        switch actor {
        case .controller: return "controller"
        case .unixUser: kind = "unix"
        case .gitAuthor: kind = "git"
        }
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(kind.utf8) + [0] + Array(actor.name.utf8), using: pseudonymSecret)
        return "\(kind):\(hexadecimal(code.prefix(16)))"
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
