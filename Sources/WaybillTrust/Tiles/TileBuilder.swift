/// Grows a tree leaf by leaf and hands out each tile of hashes when it is full: what a publisher writes and a verifier compares.
package struct TileBuilder: Sendable {
    package private(set) var frontier = MerkleFrontier()
    /// The hashes of the tile of each level that is not yet full; the last level may be empty.
    package private(set) var partial: [[MerkleHash]] = []

    package init() {}

    /// Takes up a tree that was left, from the partial tiles of its levels; nil when they do not fit the size.
    package init?(size: UInt64, partial: [[MerkleHash]]) {
        var nodes: [MerkleHash] = []
        for (level, hashes) in partial.enumerated().reversed() {
            guard hashes.count == TilePath.partialWidth(level: level, size: size) else { return nil }
            var rest = hashes[...]
            for bit in (0..<8).reversed() where hashes.count >> bit & 1 == 1 {
                nodes.append(Self.root(rest.prefix(1 << bit)))
                rest = rest.dropFirst(1 << bit)
            }
        }
        guard let frontier = MerkleFrontier(size: size, nodes: nodes) else { return nil }
        self.frontier = frontier
        self.partial = partial
    }

    private static func root(_ hashes: ArraySlice<MerkleHash>) -> MerkleHash {
        var frontier = MerkleFrontier()
        for hash in hashes { frontier.append(hash) }
        return frontier.root
    }

    package var size: UInt64 { frontier.size }

    /// Adds a leaf; `filled` gets each tile that it fills, lowest level first.
    package mutating func append(
        _ leaf: MerkleHash, filled: (_ level: Int, _ number: UInt64, [MerkleHash]) throws -> Void
    ) rethrows {
        var highest = -1
        frontier.append(leaf) { height, hash in
            guard height % 8 == 0 else { return }
            let level = height / 8
            if level == partial.count { partial.append([]) }
            partial[level].append(hash)
            highest = level
        }
        guard highest >= 0 else { return }
        for level in 0...highest where partial[level].count == TilePath.fullWidth {
            try filled(level, (frontier.size >> UInt64(8 * (level + 1))) - 1, partial[level])
            partial[level].removeAll(keepingCapacity: true)
        }
    }
}

/// What is inside tiles and bundles.
package enum TileContent {
    /// Hashes one after the other, as a tile file holds them.
    package static func encode(_ hashes: [MerkleHash]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hashes.count * MerkleHash.width)
        for hash in hashes { hash.withBytes { bytes.append(contentsOf: $0) } }
        return bytes
    }

    /// The hashes of a tile file; nil when its length is not a multiple of 32.
    package static func hashes(_ bytes: [UInt8]) -> [MerkleHash]? {
        guard bytes.count % MerkleHash.width == 0 else { return nil }
        return bytes.withUnsafeBytes { buffer in
            stride(from: 0, to: buffer.count, by: MerkleHash.width).map {
                MerkleHash(loading: UnsafeRawBufferPointer(rebasing: buffer[$0..<($0 + MerkleHash.width)]))
            }
        }
    }

    /// Appends one entry to a bundle: its length in two bytes, big-endian, and its bytes.
    package static func append(entry: UnsafeRawBufferPointer, to bundle: inout [UInt8]) {
        precondition(entry.count <= LedgerEntry.maximumLength, "an entry of a bundle has a 16-bit length")
        bundle.append(UInt8(entry.count >> 8))
        bundle.append(UInt8(entry.count & 255))
        bundle.append(contentsOf: entry)
    }

    /// The entries of a bundle; nil when a length runs past the end.
    package static func entries(_ bundle: [UInt8]) -> [ArraySlice<UInt8>]? {
        var entries: [ArraySlice<UInt8>] = []
        var offset = 0
        while offset < bundle.count {
            guard offset + 2 <= bundle.count else { return nil }
            let length = Int(bundle[offset]) << 8 | Int(bundle[offset + 1])
            guard offset + 2 + length <= bundle.count else { return nil }
            entries.append(bundle[(offset + 2)..<(offset + 2 + length)])
            offset += 2 + length
        }
        return entries
    }
}
