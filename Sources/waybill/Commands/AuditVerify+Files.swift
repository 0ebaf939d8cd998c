import Foundation
import WaybillCore
import WaybillTrust

/// What `waybill audit verify` takes beside a folder: one receipt, or an evidence pack.
enum AuditedFile {
    case proof([UInt8])
    case pack([UInt8])

    /// Nil for a folder, which is a ledger.
    ///
    /// - Throws: `Unreadable`, `NotAudited` for a file of another kind.
    init?(_ path: String) throws(Failure) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            return nil
        }
        let limit = StoredZip.largest + (2 << 20)
        guard let handle = FileHandle(forReadingAtPath: path), let data = try? handle.read(upToCount: limit) else {
            throw Failure(.stall, reason: "Unreadable", message: "\(path): cannot be read")
        }
        if data.starts(with: LogProof.firstLine.utf8) {
            self = .proof(Array(data))
        } else if data.starts(with: [0x50, 0x4B]) {
            self = .pack(Array(data))
        } else {
            throw Failure(
                .stall, reason: "NotAudited",
                message:
                    "\(path): is neither a receipt of 'waybill audit prove' nor a pack of 'waybill lineage --bundle'")
        }
    }

    /// - Throws: `InvalidInput` with the first thing that does not hold.
    func verify(with key: NoteKey, since note: [UInt8]?) throws(InvalidInput) -> AuditedFileReport {
        switch self {
        case .proof(let bytes): try AuditedFileReport(proof: LogProof(parsing: bytes), key, note)
        case .pack(let bytes): AuditedFileReport(try PackVerification.verify(bytes, key: key, since: note))
        }
    }
}

/// What holds of a file, as text and as data.
struct AuditedFileReport {
    var conclusion: String
    /// In the order of the text.
    var facts: [(name: String, value: Value)]

    init(_ report: PackReport) {
        conclusion = report.conclusion
        facts = [
            ("deployment", report.lineage["deployment"] ?? .null), ("explains", report.lineage["title"] ?? .null),
            ("proven", .integer(Int64(report.proven))), ("claimed", .integer(Int64(report.claimed))),
            ("missing", .integer(Int64(report.missing))), ("entries", .integer(Int64(report.entries))),
            ("bodies", .integer(Int64(report.bodies))), ("objects", .integer(Int64(report.objects))),
            ("statements", .integer(Int64(report.statements))), ("record", .bool(report.hasRecord)),
            ("origin", .string(report.checkpoint.origin)), ("size", .integer(Int64(report.checkpoint.size))),
            ("root", .string("\(report.checkpoint.root)")), ("anchored", .bool(report.givenSize != nil)),
        ]
    }

    init(proof: LogProof, _ key: NoteKey, _ note: [UInt8]?) throws(InvalidInput) {
        guard let entry = proof.extra else {
            throw InvalidInput("it does not hold its entry in its line 'extra', so there is nothing to compare it with")
        }
        let checkpoint = try proof.verify(entry, with: key)
        if let note { try Self.compare(checkpoint, note, key) }
        let header = entry.withUnsafeBytes { bytes -> Value? in
            guard case .readable(let parts) = LedgerEntry.parse(bytes) else { return nil }
            return Value(json: parts.header)
        }
        let what =
            header.map { "\($0["type"]?.string ?? "?") of \($0["subject"]?.string ?? "?")" } ?? "cannot be read here"
        conclusion = "entry \(proof.index) is in the log: \(what)"
        facts = [
            ("index", .integer(Int64(proof.index))), ("header", header ?? .null),
            ("origin", .string(checkpoint.origin)), ("size", .integer(Int64(checkpoint.size))),
            ("root", .string("\(checkpoint.root)")), ("anchored", .bool(note != nil)),
        ]
    }

    /// A receipt leads to one checkpoint, and has no way to another one.
    private static func compare(_ own: Checkpoint, _ note: [UInt8], _ key: NoteKey) throws(InvalidInput) {
        let given: Checkpoint
        do throws(NoteError) { given = try SignedCheckpoint(verifying: note, with: key).checkpoint } catch {
            throw InvalidInput("the checkpoint that was given: \(error)")
        }
        guard given.size == own.size else {
            throw InvalidInput(
                "the receipt's checkpoint has \(own.size) entries, the one that was given \(given.size); a receipt has no way "
                    + "from one to the other: verify the log with --since, or ask for a pack made with it")
        }
        guard given.root == own.root else {
            throw InvalidInput("the receipt's log is not that of the checkpoint that was given: it was rewritten")
        }
    }

    var text: String {
        let width = facts.map(\.name.count).max() ?? 0
        let lines = facts.compactMap { name, value -> String? in
            if value == .null { return nil }
            let fill = String(repeating: " ", count: width - name.count + 2)
            return "  \(name)\(fill)\((value.string ?? value.json).harmless)"
        }
        return ([conclusion.harmless] + lines).joined(separator: "\n") + "\n"
    }

    var value: Value {
        var members: Members = ["conclusion": .string(conclusion)]
        for (name, value) in facts where value != .null { members[name] = value }
        return .object(members)
    }
}
