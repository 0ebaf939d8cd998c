package import WaybillTrust

/// Proofs from the tiles of a published log, as they stand in its folder.
package struct PublishedTree: Sendable {
    private let files: PublishedFiles
    /// The tree whose tiles are read.
    package let size: UInt64

    /// - Parameter folder: the folder that holds `checkpoint` and `tile`.
    package init(folder: String, size: UInt64) {
        files = PublishedFiles(root: folder)
        self.size = size
    }

    package func inclusionProof(of index: UInt64) throws -> [MerkleHash] {
        try MerkleProof.inclusion(of: index, in: size, node: node)
    }

    package func consistencyProof(from old: UInt64) throws -> [MerkleHash] {
        try MerkleProof.consistency(from: old, to: size, node: node)
    }

    /// Root of the perfect subtree of 2^height leaves with this index, from the one tile that covers it.
    private func node(height: Int, index: UInt64) throws -> MerkleHash {
        let level = height / 8
        let span = height % 8
        let first = index << UInt64(span)
        let hashes = try tile(level: level, number: first >> 8)
        var nodes = Array(hashes.dropFirst(Int(first & 255)).prefix(1 << span))
        guard nodes.count == 1 << span else {
            throw JournalDamage(file: "log/tile/\(level)", offset: nil, message: "a tile has too few hashes")
        }
        while nodes.count > 1 {
            nodes = stride(from: 0, to: nodes.count, by: 2).map { .node(nodes[$0], nodes[$0 + 1]) }
        }
        return nodes[0]
    }

    private func tile(level: Int, number: UInt64) throws -> [MerkleHash] {
        let isFull = number < TilePath.fullTiles(level: level, size: size)
        let path = TilePath(
            .hashes(level: level), number: number,
            partial: isFull ? nil : TilePath.partialWidth(level: level, size: size))
        let full = TilePath(.hashes(level: level), number: number)
        guard let bytes = try files.read(path) ?? files.read(full), let hashes = TileContent.hashes(bytes) else {
            throw JournalDamage(
                file: "log/\(path)", offset: nil, message: "the tile is missing or has a part of a hash")
        }
        return hashes
    }
}
