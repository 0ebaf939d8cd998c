import WaybillCore
package import WaybillTrust

/// Verifies a ledger offline: everything that `docs/ledger.md` section 8 lists, in one pass and bounded memory.
package enum LedgerVerifier {
    /// Verifies a ledger's folder, or a published form alone (a folder that holds `checkpoint`).
    ///
    /// - Parameters:
    ///   - key: the public key as it was handed out; nil takes the folder's own, which proves less.
    ///   - since: a checkpoint, as a note, that somebody else kept.
    ///   - everySignature: check the signature of every checkpoint in the journal, not only the last of each segment.
    /// - Throws: `VerificationProblem` with the first thing that is wrong, be it that a file cannot be read.
    package static func verify(
        folder: String, key: NoteKey?, since: [UInt8]? = nil, everySignature: Bool = false
    ) throws -> VerificationReport {
        do {
            let paths = LedgerPaths(folder: folder)
            let hasJournal = FileSystem.isFolder(paths.journal)
            let root = hasJournal ? paths.log : folder
            let prefix = hasJournal ? "log/" : ""
            let files = PublishedFiles(root: root)
            let used = try key ?? ownKey(paths)
            let published = try files.readCheckpoint().map { try signed($0, used, file: "\(prefix)checkpoint") }
            guard hasJournal || published != nil else {
                throw VerificationProblem(file: "checkpoint", "it is missing, and there is no journal")
            }
            let anchor = try since.map { try signed($0, used, file: nil) }
            var pass = VerificationPass(key: used, files: files, prefix: prefix, published: published, anchor: anchor)
            pass.report.isKeyPinned = key != nil
            if hasJournal {
                return try JournalPass(paths: paths, everySignature: everySignature).run(&pass)
            }
            return try PublishedPass(files: files, size: published?.checkpoint.size ?? 0).run(&pass)
        } catch let error as SystemError {
            let place =
                error.path.hasPrefix(folder + "/") ? String(error.path.dropFirst(folder.utf8.count + 1)) : error.path
            throw VerificationProblem(file: place, "it cannot be read: \(error.reason)")
        } catch let damage as JournalDamage {
            throw VerificationProblem(file: damage.file, offset: damage.offset, damage.message)
        }
    }

    private static func ownKey(_ paths: LedgerPaths) throws -> NoteKey {
        guard let bytes = try FileSystem.read(paths.publicKey, limit: 4096) else {
            throw VerificationProblem(file: "vkey", "it is missing; give the key that was handed out")
        }
        do {
            return try NoteKey(parsing: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw VerificationProblem(file: "vkey", "\(error)")
        }
    }

    private static func signed(_ note: [UInt8], _ key: NoteKey, file: String?) throws -> SignedCheckpoint {
        do {
            return try SignedCheckpoint(verifying: note, with: key)
        } catch {
            throw VerificationProblem(file: file, file == nil ? "the checkpoint that was given: \(error)" : "\(error)")
        }
    }
}

/// A pass over the published form alone: bundles are the entries.
struct PublishedPass {
    let files: PublishedFiles
    let size: UInt64

    func run(_ pass: inout VerificationPass) throws -> VerificationReport {
        var tally = JournalTally()
        for number in 0..<((size + 255) >> 8) {
            let width = number < size >> 8 ? 256 : TilePath.partialWidth(level: 0, size: size)
            let path = TilePath(.entries, number: number, partial: width == 256 ? nil : width)
            guard let bytes = try files.read(path) ?? files.read(TilePath(.entries, number: number)) else {
                throw VerificationProblem(file: path.description, "it is missing, although the checkpoint counts it")
            }
            guard let entries = TileContent.entries(bytes), entries.count >= width else {
                throw VerificationProblem(file: path.description, "it does not hold \(width) entries")
            }
            for entry in entries.prefix(width) {
                try entry.withUnsafeBytes { try take($0, path, &tally, &pass) }
            }
        }
        pass.report.openIntents = tally.openIntents.count
        return try pass.end()
    }

    private func take(
        _ entry: UnsafeRawBufferPointer, _ path: TilePath, _ tally: inout JournalTally, _ pass: inout VerificationPass
    ) throws {
        let index = pass.builder.size
        switch BatchRules.header(of: entry, at: index) {
        case .failure(let breach):
            throw VerificationProblem(file: path.description, index: index, breach.message)
        case .success(nil): pass.report.unreadable += 1
        case .success(let parts?): tally.count(EntryTraits(parts.header), at: index)
        }
        try pass.append(.leaf(entry), entry, latestTime: tally.latestTime)
    }
}
