import WaybillCore
import WaybillTrust

/// Writes the published form as a function of the journal: bundles, tiles, then the checkpoint. Belongs to one thread at a time.
///
/// ## Guarantees
/// The checkpoint is written last, so that whatever it counts is there. Safe to interrupt anywhere and to repeat: it goes on from what is
/// published when that is whole, and writes all of it again otherwise.
/// ## Caveats
/// It trusts the bytes of full tiles that an earlier run wrote; `LedgerVerifier` does not.
final class LogPublisher {
    private let paths: LedgerPaths
    private let files: PublishedFiles
    private let key: NoteKey
    private var builder = TileBuilder()
    /// Entries of the bundle that is not yet full.
    private var bundle: [UInt8] = []
    private let cursor: JournalCursor
    private let group = FileGroup()
    /// Full tiles and bundles of which partial ones may stand.
    private var filled: [TilePath] = []
    /// What the published form counts; nil before the first time.
    private(set) var published: SignedCheckpoint?

    init(paths: LedgerPaths, key: NoteKey) throws {
        self.paths = paths
        self.key = key
        files = PublishedFiles(root: paths.log)
        try FileSystem.makeFolder(paths.log, mode: 0o755)
        let note = try files.readCheckpoint()
        let found = try note.map { note throws(NoteError) in try SignedCheckpoint(verifying: note, with: key) }
        if let found, let resumed = try Self.resume(at: found.checkpoint, files) {
            (builder, bundle) = resumed
            published = found
            // Whoever wrote it may have been killed before its partial tiles were removed.
            filled = Self.lastFull(at: found.checkpoint.size)
        }
        cursor = try JournalCursor(paths, from: builder.size, withBodies: false)
    }

    /// The last full tile of each level, and the last full bundle.
    private static func lastFull(at size: UInt64) -> [TilePath] {
        let levels = (0..<8).compactMap { level in
            let full = TilePath.fullTiles(level: level, size: size)
            return full == 0 ? nil : TilePath(.hashes(level: level), number: full - 1)
        }
        let bundles = TilePath.fullTiles(level: 0, size: size)
        return levels + (bundles == 0 ? [] : [TilePath(.entries, number: bundles - 1)])
    }

    /// State at the published size, taken from the published files; nil when one is missing or they do not have its root.
    private static func resume(
        at checkpoint: Checkpoint, _ files: PublishedFiles
    ) throws(SystemError) -> (TileBuilder, [UInt8])? {
        let size = checkpoint.size
        var partial: [[MerkleHash]] = []
        for level in 0..<8 where size >> UInt64(8 * level) > 0 {
            for number in 0..<TilePath.fullTiles(level: level, size: size) {
                guard try files.exists(TilePath(.hashes(level: level), number: number)) else { return nil }
            }
            let width = TilePath.partialWidth(level: level, size: size)
            guard let hashes = try partialTile(level: level, size: size, width: width, files) else { return nil }
            partial.append(hashes)
        }
        for number in 0..<TilePath.fullTiles(level: 0, size: size) {
            guard try files.exists(TilePath(.entries, number: number)) else { return nil }
        }
        let width = TilePath.partialWidth(level: 0, size: size)
        let path = TilePath(.entries, number: size >> 8, partial: width)
        guard let bundle = width == 0 ? [] : try files.read(path), TileContent.entries(bundle)?.count == width,
            let builder = TileBuilder(size: size, partial: partial), builder.frontier.root == checkpoint.root
        else { return nil }
        return (builder, bundle)
    }

    private static func partialTile(
        level: Int, size: UInt64, width: Int, _ files: PublishedFiles
    ) throws(SystemError) -> [MerkleHash]? {
        if width == 0 { return [] }
        let path = TilePath(
            .hashes(level: level), number: TilePath.fullTiles(level: level, size: size), partial: width)
        guard let hashes = try files.read(path).flatMap(TileContent.hashes), hashes.count == width else { return nil }
        return hashes
    }

    /// Publishes up to `target`, a checkpoint that the journal holds and whose batch is durable.
    func publish(_ target: SignedCheckpoint) throws {
        guard published?.note != target.note else { return }
        while builder.size < target.checkpoint.size {
            guard let batch = try cursor.next() else {
                throw JournalDamage(file: "journal", offset: nil, message: "it ends before its last checkpoint")
            }
            for item in batch.items where item.index >= builder.size { try add(item) }
        }
        guard builder.size == target.checkpoint.size, builder.frontier.root == target.checkpoint.root else {
            throw JournalDamage(
                file: "journal", offset: nil,
                message: "its first \(target.checkpoint.size) entries do not have the root that was signed")
        }
        try writePartials()
        try group.settle()
        try files.writeCheckpoint(target.note)
        for path in filled { try files.removePartials(of: path) }
        filled = []
        published = target
    }

    private func add(_ item: JournalCursor.Item) throws {
        item.entry.withUnsafeBytes { TileContent.append(entry: $0, to: &bundle) }
        let number = builder.size >> 8
        var full: [(TilePath, [UInt8])] = []
        builder.append(item.leaf) { level, number, hashes in
            full.append((TilePath(.hashes(level: level), number: number), TileContent.encode(hashes)))
        }
        guard builder.size & 255 == 0 else { return }
        full.append((TilePath(.entries, number: number), bundle))
        bundle.removeAll(keepingCapacity: true)
        for (path, bytes) in full {
            try files.write(path, bytes, with: group)
            filled.append(path)
        }
    }

    private func writePartials() throws(SystemError) {
        let size = builder.size
        if !bundle.isEmpty {
            let width = TilePath.partialWidth(level: 0, size: size)
            try files.write(TilePath(.entries, number: size >> 8, partial: width), bundle, with: group)
        }
        for (level, hashes) in builder.partial.enumerated() where !hashes.isEmpty {
            let number = TilePath.fullTiles(level: level, size: size)
            try files.write(
                TilePath(.hashes(level: level), number: number, partial: hashes.count), TileContent.encode(hashes),
                with: group)
        }
    }
}
