package import WaybillCore

/// What an auditor takes away: one lineage, and all that proves it. `docs/lineage.md` section 4 has its form.
package struct EvidencePack: Sendable {
    /// An entry of the ledger with its receipt, and its body when it is disclosed.
    package struct Entry: Hashable, Sendable {
        package var proof: LogProof
        /// Salt and body.
        package var sealed: [UInt8]?

        package init(proof: LogProof, sealed: [UInt8]?) {
            self.proof = proof
            self.sealed = sealed
        }
    }

    /// That the log begins with an older checkpoint.
    package struct Consistency: Hashable, Sendable {
        package var size: UInt64
        package var path: [MerkleHash]

        package init(size: UInt64, path: [MerkleHash]) {
            self.size = size
            self.path = path
        }
    }

    /// `Lineage.value`.
    package var lineage: Value
    package var key: NoteKey
    /// The checkpoint's note, which all proofs end in.
    package var note: [UInt8]
    package var entries: [Entry] = []
    package var objects: [GitObject] = []
    /// Files of statements by their names in the pack.
    package var statements: [String: [UInt8]] = [:]
    package var consistency: Consistency?
    /// The prediction's record with its proof.
    package var record: ProvenRecord?

    package init(lineage: Value, key: NoteKey, note: [UInt8]) {
        self.lineage = lineage
        self.key = key
        self.note = note
    }

    // Names of members.
    package static let lineageName = "lineage.json"
    static let readmeName = "README.txt"
    static let keyName = "vkey"
    static let checkpointName = "checkpoint"
    static let consistencyName = "consistency"

    /// The file.
    ///
    /// - Throws: `InvalidInput` when it would be larger than a pack may be.
    package func zip() throws(InvalidInput) -> StoredZip {
        func text(_ text: String) -> [UInt8] { Array(text.utf8) }
        var members = [
            StoredZip.Member(Self.readmeName, text(Self.readme)),
            StoredZip.Member(Self.lineageName, text(lineage.prettyJSON + "\n")),
            StoredZip.Member(Self.keyName, text("\(key)\n")), StoredZip.Member(Self.checkpointName, note),
        ]
        if let consistency {
            let lines = ["\(consistency.size)"] + consistency.path.map { Base64.encode($0.bytes) }
            members.append(StoredZip.Member(Self.consistencyName, text(lines.joined(separator: "\n") + "\n")))
        }
        for entry in entries {
            members.append(StoredZip.Member("ledger/\(entry.proof.index).tlog-proof", entry.proof.bytes))
            if let sealed = entry.sealed {
                members.append(StoredZip.Member("ledger/\(entry.proof.index).sealed", sealed))
            }
        }
        for object in Set(objects) { members.append(StoredZip.Member("git/\(object.id)", object.stored)) }
        for (name, file) in statements { members.append(StoredZip.Member(name, file)) }
        members += record?.members ?? []
        return try StoredZip(members)
    }

    private static let readme = """
        An evidence pack of Waybill: where one answer comes from, and all that proves it.

        Check it with nothing but the ledger's public key as it was handed out (not the one in here) and, better, a
        checkpoint that somebody else has kept:

          waybill audit verify PACK.zip --key VKEY [--since CHECKPOINT]
          python3 verify.py PACK.zip --key VKEY [--since CHECKPOINT]

        verify.py is samples/verify/verify.py of Waybill's sources. It needs Python 3.9 and nothing else, and was written from
        public specifications: RFC 6962 and RFC 8032, C2SP signed-note, tlog-checkpoint and tlog-proof, OpenSSH's SSHSIG,
        git's objects, and docs/ledger.md, docs/records.md and docs/lineage.md of Waybill.

          lineage.json           the statements, and for each what proves it
          checkpoint             the signed state of the ledger in which all proofs end
          ledger/N.tlog-proof    entry N with its way to the checkpoint; the entry is the 'extra' line
          ledger/N.sealed        salt and body of entry N; their SHA-256 ends the entry
          git/ID                 a git object as git hashes it: SHA-1 of its bytes is ID
          statements/            what people signed
          record/                the prediction as it was recorded, and its way to the root that the ledger has
          consistency            that the ledger of 'checkpoint' begins with an older one
          vkey                   the public key, to be compared with the one that was handed out

        """
}
