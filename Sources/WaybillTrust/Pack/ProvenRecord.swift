import WaybillCore

/// A record of a prediction in a pack: the bytes that are a leaf of its segment's tree, and the way to the root.
package struct ProvenRecord: Hashable, Sendable {
    /// What the tree holds.
    package var core: [UInt8]
    /// Salts and payloads, whose digests the core has; zeros where they were erased. Nil: not disclosed.
    package var attachments: [UInt8]?
    /// Name of the segment, as the ledger has it.
    package var segment: String
    /// Where in the segment it stands, of how many.
    package var index: UInt64
    package var count: UInt64
    package var path: [MerkleHash]

    package init(
        core: [UInt8], attachments: [UInt8]?, segment: String, index: UInt64, count: UInt64, path: [MerkleHash]
    ) {
        self.core = core
        self.attachments = attachments
        self.segment = segment
        self.index = index
        self.count = count
        self.path = path
    }

    static let coreName = "record/core"
    static let attachmentsName = "record/attachments"
    static let proofName = "record/proof"
    private static let firstLine = "waybill.record-proof/1"

    var members: [StoredZip.Member] {
        var lines = [Self.firstLine, "segment \(segment)", "index \(index)", "count \(count)"]
        lines += path.map { Base64.encode($0.bytes) }
        let proof = StoredZip.Member(Self.proofName, Array((lines.joined(separator: "\n") + "\n").utf8))
        let rest = attachments.map { [StoredZip.Member(Self.attachmentsName, $0)] } ?? []
        return [StoredZip.Member(Self.coreName, core), proof] + rest
    }

    /// From a pack; nil when it has none.
    ///
    /// - Throws: `InvalidInput` for a proof that is not in its form.
    init?(_ zip: StoredZip) throws(InvalidInput) {
        guard let core = zip[Self.coreName] else { return nil }
        guard let file = zip[Self.proofName], let text = String(validating: file, as: UTF8.self), text.hasSuffix("\n")
        else { throw InvalidInput("\(Self.proofName): it is missing or no text") }
        let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, lines[0] == Self.firstLine, lines[1].hasPrefix("segment "),
            lines[2].hasPrefix("index "), let index = UInt64(lines[2].dropFirst(6)), lines[3].hasPrefix("count "),
            let count = UInt64(lines[3].dropFirst(6))
        else { throw InvalidInput("\(Self.proofName): it is not in its form") }
        var path: [MerkleHash] = []
        for line in lines.dropFirst(4) {
            guard let hash = Base64.decode(line).flatMap(MerkleHash.init(bytes:)) else {
                throw InvalidInput("\(Self.proofName): it is not in its form")
            }
            path.append(hash)
        }
        self.init(
            core: core, attachments: zip[Self.attachmentsName], segment: String(lines[1].dropFirst(8)), index: index,
            count: count, path: path)
    }

    /// The root that the way leads to has to be this one.
    func verify(root: MerkleHash) throws(InvalidInput) {
        do throws(ProofError) {
            try MerkleProof.verifyInclusion(of: .leaf(core), at: index, in: count, root: root, path: path)
        } catch { throw InvalidInput("\(Self.proofName): record \(index) of \(segment): \(error)") }
    }

    /// The record's members by name; salts and payloads that are disclosed have to fit their digests.
    func prediction() throws(InvalidInput) -> Value {
        let prediction: PredictionRecord
        do throws(RecordError) { prediction = try readCore() } catch {
            throw InvalidInput("\(Self.coreName): \(error)")
        }
        guard let attachments else { return prediction.value }
        do throws(RecordError) {
            let found = core.withUnsafeBytes { core in
                attachments.withUnsafeBytes { attachments -> Result<Record, RecordError> in
                    Result { () throws(RecordError) -> Record in try Record(core: core, attachments: attachments) }
                }
            }
            _ = try found.get()
        } catch { throw InvalidInput("\(Self.attachmentsName): \(error)") }
        return prediction.value
    }

    private func readCore() throws(RecordError) -> PredictionRecord {
        let found = core.withUnsafeBytes { core -> Result<PredictionRecord, RecordError> in
            Result { () throws(RecordError) -> PredictionRecord in
                var cursor = RecordCursor(core)
                guard try Record.kind(&cursor) == .prediction else { throw .malformed("it is no prediction") }
                let record = try PredictionRecord(core: &cursor)
                try cursor.finish()
                return record
            }
        }
        return try found.get()
    }
}
