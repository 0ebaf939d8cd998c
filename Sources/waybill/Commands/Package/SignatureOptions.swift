import ArgumentParser
import Foundation
import WaybillCore
import WaybillPackage
import WaybillTrust

/// By which rules a command looks at signatures.
struct SignatureOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The access file, when it is not that of the fleet folder.", valueName: "file"),
        completion: .file())
    var access: String?

    @Option(
        help: ArgumentHelp("A folder in the fleet repository, for its rules.", valueName: "folder"),
        completion: .directory)
    var repository = "."

    @Option(
        name: .customLong("public-key"),
        help: ArgumentHelp(
            "A public key, of SSH or in PEM, to look for. Without an access file what it signed counts.",
            valueName: "file"),
        completion: .file())
    var publicKeys: [String] = []

    /// What signs `bundle`, and the rules by which that was judged.
    func findings(
        _ bundle: StoredBundle, in content: ContentStore, ledger: String
    ) async throws(Failure) -> (findings: [SignatureFinding], rules: AccessRules?) {
        let rules = try AccessRules.load(access, repository: repository)
        let check = SignatureCheck(
            content, access: rules?.access, keys: try keys(), firstSeen: try await FirstSights.read(ledger: ledger),
            now: .now
        )
        return (try await check.run(bundle), rules)
    }

    /// What pickles may import, by the fleet folder's own list when it has one.
    func allowList() throws(Failure) -> AllowList {
        let top = FleetTop.above(repository)
        let folder = try ManifestFolder.configured(in: top)
        let file = (folder.isEmpty ? "" : folder + "/") + FleetAllowList.file
        guard FileManager.default.fileExists(atPath: "\(top)/\(file)") else { return .shipped }
        guard let data = FileManager.default.contents(atPath: "\(top)/\(file)"), data.count <= 4 << 20 else {
            throw Failure(
                .stall, reason: "AllowListBroken", message: "\(file): cannot be read, or is larger than 4 MiB")
        }
        do throws(InvalidInput) {
            return try AllowList(parsing: String(decoding: data, as: UTF8.self), file: file)
        } catch { throw Failure(.stall, reason: "AllowListBroken", message: error.message) }
    }

    func keys() throws(Failure) -> [SSHPublicKey] {
        var keys: [SSHPublicKey] = []
        for path in publicKeys { keys.append(try Self.publicKey(path)) }
        return keys
    }

    private static func publicKey(_ path: String) throws(Failure) -> SSHPublicKey {
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: 64 << 10) else {
            throw Failure(.stall, reason: "KeyUnusable", message: "\(path.quotedForMessage) cannot be read")
        }
        let text = String(decoding: data, as: UTF8.self)
        do throws(InvalidInput) {
            if text.hasPrefix("-----") { return SSHPublicKey(try ECPublicKey(pem: text)) }
            return try SSHPublicKey(parsing: String(text.prefix { !$0.isNewline }))
        } catch {
            throw Failure(.stall, reason: "KeyUnusable", message: "\(path.quotedForMessage): \(error.message)")
        }
    }
}

extension SignatureFinding {
    var value: Value {
        var members: [String: Value] = [
            "form": .string(form.rawValue), "signature": .string(signature.description),
            "referrer": .string(referrer.description), "message": .string(sentence),
        ]
        switch verdict {
        case .trusted(let person):
            members["verdict"] = "trusted"
            members["person"] = .string(person.text)
        case .given: members["verdict"] = "given"
        case .sound: members["verdict"] = "sound"
        case .refused(let why):
            members["verdict"] = "refused"
            members["reason"] = .string(why)
        }
        if let key { members["key"] = .string(key.fingerprint) }
        if let firstSeen { members["firstSeen"] = .string(firstSeen.description) }
        if let presence {
            members["presence"] = [
                "userPresent": .bool(presence.isUserPresent), "userVerified": .bool(presence.isUserVerified),
            ]
        }
        if !notes.isEmpty { members["notes"] = .list(notes.map { .string($0) }) }
        return .object(members)
    }
}
