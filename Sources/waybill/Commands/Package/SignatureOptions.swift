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
        let place = FleetAllowList.place(below: try ManifestFolder.configured(in: top))
        guard FileManager.default.fileExists(atPath: "\(top)/\(place)") else { return .shipped }
        let broken = Failure(.stall, reason: "AllowListBroken", message: "\(place): cannot be read")
        guard let handle = FileHandle(forReadingAtPath: "\(top)/\(place)") else { throw broken }
        let data: Data
        // Nothing at the end is no failure: an empty list allows nothing.
        do { data = try handle.read(upToCount: AllowList.longest + 1) ?? Data() } catch { throw broken }
        return try FleetAllowList.parse([UInt8](data), place)
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
        var members: Members = [
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
