import WaybillTrust

/// Compares the published form with the tree as it is derived, tile by tile, in the memory of one tile a level and one bundle.
struct PublishedComparison {
    private let files: PublishedFiles
    /// Path of the published form as messages name it; empty when it is the folder that is verified.
    private let prefix: String
    /// Size of the published checkpoint: what it counts must be there, what lies beyond may be.
    private let size: UInt64
    private var bundle: [UInt8] = []
    private var bundleEnds: [Int] = []

    init(files: PublishedFiles, prefix: String, size: UInt64) {
        self.files = files
        self.prefix = prefix
        self.size = size
    }

    /// Takes the entry with this index in; checks its bundle once that is full.
    mutating func entry(_ bytes: UnsafeRawBufferPointer, at index: UInt64) throws {
        TileContent.append(entry: bytes, to: &bundle)
        bundleEnds.append(bundle.count)
        guard bundleEnds.count == TilePath.fullWidth else { return }
        try checkBundle(number: index >> 8)
        bundle.removeAll(keepingCapacity: true)
        bundleEnds.removeAll(keepingCapacity: true)
    }

    /// Checks what is not full when all entries are in.
    func end(_ builder: TileBuilder) throws {
        if !bundleEnds.isEmpty { try checkBundle(number: builder.size >> 8) }
        for (level, hashes) in builder.partial.enumerated() where !hashes.isEmpty {
            try tile(level: level, number: TilePath.fullTiles(level: level, size: builder.size), hashes)
        }
        try checkNames(below: "tile", entries: builder.size)
    }

    /// Checks the files of one tile, of which `hashes` are derived so far.
    func tile(level: Int, number: UInt64, _ hashes: [MerkleHash]) throws {
        try check(
            .hashes(level: level), number: number, level: level, derived: TileContent.encode(hashes),
            ends: (1...hashes.count).map { $0 * MerkleHash.width })
    }

    private func checkBundle(number: UInt64) throws {
        try check(.entries, number: number, level: 0, derived: bundle, ends: bundleEnds)
    }

    /// `ends[i]` is the length of the file's first i + 1 members.
    private func check(
        _ content: TilePath.Content, number: UInt64, level: Int, derived: [UInt8], ends: [Int]
    ) throws {
        let full = TilePath(content, number: number)
        let fullBytes = try files.read(full)
        if let fullBytes {
            guard ends.count == TilePath.fullWidth else { throw beyond(full) }
            try compare(fullBytes, derived, full, ends)
        }
        let isFullDue = number < TilePath.fullTiles(level: level, size: size)
        if isFullDue, fullBytes == nil { throw missing(full) }
        let folder = "\(files.root)/\(full.folder).p"
        for name in try FileSystem.names(in: folder) where !name.hasSuffix(FileSystem.temporarySuffix) {
            guard let path = TilePath(parsing: "\(full.folder).p/\(name)"), let width = path.partial else {
                throw VerificationProblem(file: "\(prefix)\(full.folder).p/\(name)", "it should not be there")
            }
            guard width <= ends.count else { throw beyond(path) }
            try compare(files.read(path) ?? [], Array(derived.prefix(ends[width - 1])), path, ends)
        }
        let due = TilePath.partialWidth(level: level, size: size)
        if !isFullDue, number == TilePath.fullTiles(level: level, size: size), due > 0, fullBytes == nil {
            let path = TilePath(content, number: number, partial: due)
            guard try files.exists(path) else { throw missing(path) }
        }
    }

    private func compare(_ found: [UInt8], _ derived: [UInt8], _ path: TilePath, _ ends: [Int]) throws {
        if found == derived { return }
        let place = zip(found, derived).enumerated().first { $1.0 != $1.1 }?.offset ?? min(found.count, derived.count)
        let member = ends.firstIndex { place < $0 } ?? ends.count
        let problem =
            switch path.content {
            case .entries: "the bundle does not hold the log's entry here"
            case .hashes: "the tile does not have the tree's hash here"
            }
        let isLeaf = path.content == .entries || path.content == .hashes(level: 0)
        throw VerificationProblem(
            file: prefix + path.description, offset: Int64(place),
            index: isLeaf && member < ends.count ? path.number << 8 + UInt64(member) : nil,
            found.count < derived.count && place == found.count ? "the file is too short" : problem)
    }

    private func missing(_ path: TilePath) -> VerificationProblem {
        VerificationProblem(
            file: prefix + path.description, "it is missing, although the published checkpoint counts it")
    }

    private func beyond(_ path: TilePath) -> VerificationProblem {
        VerificationProblem(file: prefix + path.description, "it counts more entries than there are")
    }

    /// Files that no tree of this size has.
    private func checkNames(below folder: String, entries: UInt64) throws {
        for name in try FileSystem.names(in: "\(files.root)/\(folder)")
        where !name.hasSuffix(FileSystem.temporarySuffix) {
            let path = "\(folder)/\(name)"
            if FileSystem.isFolder("\(files.root)/\(path)") {
                try checkNames(below: path, entries: entries)
            } else {
                guard let tile = TilePath(parsing: path), isCounted(tile, entries) else {
                    throw VerificationProblem(file: prefix + path, "it should not be there")
                }
            }
        }
    }

    private func isCounted(_ path: TilePath, _ entries: UInt64) -> Bool {
        let level = if case .hashes(let level) = path.content { level } else { 0 }
        let full = TilePath.fullTiles(level: level, size: entries)
        if path.number < full { return true }
        return path.number == full && (path.partial ?? 256) <= TilePath.partialWidth(level: level, size: entries)
    }
}
