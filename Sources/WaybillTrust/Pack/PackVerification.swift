package import WaybillCore

/// What holds of a pack.
package struct PackReport: Hashable, Sendable {
    package var checkpoint: Checkpoint
    /// The size of the checkpoint that was given beside it; nil when none was.
    package var givenSize: UInt64?
    package var entries = 0
    package var bodies = 0
    package var objects = 0
    package var statements = 0
    package var hasRecord = false
    package var proven = 0
    package var claimed = 0
    package var missing = 0
    /// The lineage, all of whose proofs hold.
    package var lineage: Value

    /// The one line that matters.
    package var conclusion: String {
        let against =
            givenSize.map { "consistent with the checkpoint of \($0) entries that was given" }
            ?? "internally consistent; no checkpoint was given to compare it with"
        return "all proofs of the pack hold; \(against)"
    }
}

/// Checks a pack with nothing but a public key: everything in it is hashed again, and each statement's proofs are looked up.
package struct PackVerification {
    private let zip: StoredZip
    private let key: NoteKey
    private(set) var bodies: [LedgerIndex: (header: Value, document: Value?)] = [:]
    private(set) var objects: [String: GitObject] = [:]
    private(set) var statements: [String: (key: String, text: String)] = [:]
    private(set) var record: Value?
    var report: PackReport

    /// - Parameters:
    ///   - since: a checkpoint, as a note, that somebody else kept.
    /// - Throws: `InvalidInput` that names the member and what is wrong with it.
    package static func verify(
        _ file: [UInt8], key: NoteKey, since: [UInt8]? = nil
    ) throws(InvalidInput) -> PackReport {
        var verification = try PackVerification(file, key)
        try verification.checkNames()
        if let since { try verification.compare(with: since) }
        try verification.checkEntries()
        try verification.checkObjects()
        try verification.checkStatements()
        try verification.checkRecord()
        try verification.checkLinks()
        return verification.report
    }

    private init(_ file: [UInt8], _ key: NoteKey) throws(InvalidInput) {
        zip = try StoredZip(reading: file)
        self.key = key
        guard let note = zip[EvidencePack.checkpointName] else { throw InvalidInput("checkpoint: it is missing") }
        let checkpoint: Checkpoint
        do throws(NoteError) { checkpoint = try SignedCheckpoint(verifying: note, with: key).checkpoint } catch {
            throw InvalidInput("checkpoint: \(error)")
        }
        guard let json = zip[EvidencePack.lineageName], let lineage = Value(json: json),
            lineage["format"]?.string == Lineage.format
        else { throw InvalidInput("lineage.json: it is missing, or not of the form \(Lineage.format)") }
        report = PackReport(checkpoint: checkpoint, lineage: lineage)
    }

    private func checkNames() throws(InvalidInput) {
        let plain = [
            EvidencePack.readmeName, EvidencePack.lineageName, EvidencePack.keyName, EvidencePack.checkpointName,
            EvidencePack.consistencyName, ProvenRecord.coreName, ProvenRecord.proofName, ProvenRecord.attachmentsName,
        ]
        let folders = ["ledger/", "git/", "statements/"]
        for member in zip.members
        where !plain.contains(member.name) && !folders.contains(where: { member.name.hasPrefix($0) }) {
            throw InvalidInput("\(member.name): no pack has such a member")
        }
        guard let own = zip[EvidencePack.keyName], own == Array("\(key)\n".utf8) else {
            throw InvalidInput("vkey: it is not the key that was given")
        }
    }

    /// Compares with a checkpoint from elsewhere: of the same size, or of an older one when the pack has the way from it.
    private mutating func compare(with note: [UInt8]) throws(InvalidInput) {
        let given: Checkpoint
        do throws(NoteError) { given = try SignedCheckpoint(verifying: note, with: key).checkpoint } catch {
            throw InvalidInput("the checkpoint that was given: \(error)")
        }
        let own = report.checkpoint
        var path: [MerkleHash] = []
        if given.size != own.size {
            guard let file = zip[EvidencePack.consistencyName], let found = Self.consistency(file),
                found.size == given.size
            else {
                throw InvalidInput(
                    "the pack has no way from the checkpoint that was given, \(given.size) entries, to its own, "
                        + "\(own.size) entries; have it made again with --since and that checkpoint")
            }
            path = found.path
        }
        do throws(ProofError) {
            try MerkleProof.verifyConsistency(
                from: given.size, oldRoot: given.root, to: own.size, root: own.root, path: path)
        } catch {
            throw InvalidInput(
                "the pack's log does not begin with that of the checkpoint that was given: it was rewritten")
        }
        report.givenSize = given.size
    }

    private static func consistency(_ file: [UInt8]) -> EvidencePack.Consistency? {
        let lines = String(decoding: file, as: UTF8.self).split(separator: "\n")
        guard let size = lines.first.flatMap({ UInt64($0) }), lines.count <= 128 else { return nil }
        let path = lines.dropFirst().compactMap { Base64.decode($0).flatMap(MerkleHash.init(bytes:)) }
        return path.count == lines.count - 1 ? EvidencePack.Consistency(size: size, path: path) : nil
    }

    // MARK: What is in it

    private mutating func checkEntries() throws(InvalidInput) {
        for member in zip.members where member.name.hasSuffix(".tlog-proof") && member.name.hasPrefix("ledger/") {
            let proof: LogProof
            let entry: [UInt8]
            do throws(InvalidInput) {
                proof = try LogProof(parsing: member.bytes)
                guard member.name == "ledger/\(proof.index).tlog-proof" else {
                    throw InvalidInput("it is of entry \(proof.index)")
                }
                guard proof.note == zip[EvidencePack.checkpointName] else {
                    throw InvalidInput("its checkpoint is not the pack's")
                }
                guard let found = proof.extra else { throw InvalidInput("it does not hold its entry") }
                entry = found
                try proof.verify(entry, with: key)
            } catch { throw InvalidInput("\(member.name): \(error.message)") }
            try take(entry, proof.index)
        }
        for member in zip.members where member.name.hasPrefix("ledger/") && !member.name.hasSuffix(".tlog-proof") {
            guard bodies.keys.contains(where: { member.name == "ledger/\($0).sealed" }) else {
                throw InvalidInput("\(member.name): no entry with a proof is sealed in it")
            }
        }
    }

    private mutating func take(_ entry: [UInt8], _ index: LedgerIndex) throws(InvalidInput) {
        let name = "ledger/\(index)"
        let read = entry.withUnsafeBytes { bytes -> (header: Value, digest: MerkleHash)? in
            guard case .readable(let parts) = LedgerEntry.parse(bytes), let header = Value(json: parts.header) else {
                return nil
            }
            return (header, parts.bodyDigest)
        }
        guard let (header, digest) = read else {
            throw InvalidInput("\(name).tlog-proof: its entry is not in the form of version 1")
        }
        report.entries += 1
        var document: Value?
        if let sealed = zip["\(name).sealed"] {
            guard MerkleHash.plain(sealed) == digest else {
                throw InvalidInput("\(name).sealed: it does not have the digest in its entry")
            }
            document = Value(json: sealed.dropFirst(SealedBody.saltLength))
            guard document != nil else { throw InvalidInput("\(name).sealed: it is no JSON after its salt") }
            report.bodies += 1
        }
        bodies[index] = (header, document?["body"])
    }

    private mutating func checkObjects() throws(InvalidInput) {
        for member in zip.members where member.name.hasPrefix("git/") {
            let object: GitObject
            do throws(InvalidInput) { object = try GitObject(stored: member.bytes) } catch {
                throw InvalidInput("\(member.name): \(error.message)")
            }
            guard member.name == "git/\(object.id)" else {
                throw InvalidInput("\(member.name): its bytes have another id, \(object.id)")
            }
            objects[object.id] = object
            report.objects += 1
        }
    }

    private mutating func checkStatements() throws(InvalidInput) {
        for member in zip.members where member.name.hasPrefix("statements/") {
            do throws(InvalidInput) {
                let proven = try SignedStatement(file: member.bytes).verify()
                statements[member.name] = (proven.key.fingerprint, proven.statement.description)
                report.statements += 1
            } catch { throw InvalidInput("\(member.name): \(error.message)") }
        }
    }
}

extension PackVerification {
    private mutating func checkRecord() throws(InvalidInput) {
        guard let found = try ProvenRecord(zip) else { return }
        let sealed = bodies.values.first {
            $0.header["type"] == "records.sealed" && $0.document?["segment"]?.string == found.segment
        }
        guard
            let root = sealed?.document?["root"]?.string.flatMap({ bytesOfHex($0) }).flatMap({ MerkleHash(bytes: $0) })
        else { throw InvalidInput("record/proof: no entry of the pack has the root of segment \(found.segment)") }
        try found.verify(root: root)
        record = try found.prediction()
        report.hasRecord = true
    }
}
