/// Inclusion and consistency proofs: made as RFC 6962 section 2.1 defines them, checked by the algorithms of RFC 9162
/// sections 2.1.3.2 and 2.1.4.2.
package enum MerkleProof {
    /// Where a maker of proofs gets the root of the perfect subtree of 2^height leaves that begins at leaf `index` · 2^height.
    package typealias NodeSource = (_ height: Int, _ index: UInt64) throws -> MerkleHash

    /// Sibling hashes from the leaf to the root.
    /// - Throws: `ProofError.outOfRange`, or what `node` throws.
    package static func inclusion(of index: UInt64, in size: UInt64, node: NodeSource) throws -> [MerkleHash] {
        guard index < size else { throw ProofError.outOfRange }
        var path: [MerkleHash] = []
        var range = 0..<size
        while range.count64 > 1 {
            let middle = range.lowerBound + split(range.count64)
            let left = range.lowerBound..<middle
            let right = middle..<range.upperBound
            let inLeft = index < middle
            path.append(try root(of: inLeft ? right : left, node: node))
            range = inLeft ? left : right
        }
        return path.reversed()
    }

    /// Proof that the tree of `size` leaves begins with the tree of `old` leaves. Empty when they are the same or `old` is 0.
    /// - Throws: `ProofError.outOfRange`, or what `node` throws.
    package static func consistency(from old: UInt64, to size: UInt64, node: NodeSource) throws -> [MerkleHash] {
        guard old <= size else { throw ProofError.outOfRange }
        guard old > 0, old < size else { return [] }
        var path: [MerkleHash] = []
        var range = 0..<size
        var whole = true
        while range.upperBound != old {
            let middle = range.lowerBound + split(range.count64)
            if old <= middle {
                path.append(try root(of: middle..<range.upperBound, node: node))
                range = range.lowerBound..<middle
            } else {
                path.append(try root(of: range.lowerBound..<middle, node: node))
                range = middle..<range.upperBound
                whole = false
            }
        }
        if !whole { path.append(try root(of: range, node: node)) }
        return path.reversed()
    }

    /// Root of the leaves of `range`, whose bounds a proof has cut at powers of two.
    package static func root(of range: Range<UInt64>, node: NodeSource) throws -> MerkleHash {
        let count = range.count64
        if count == 0 { return .empty }
        if count.nonzeroBitCount == 1 {
            let height = count.trailingZeroBitCount
            return try node(height, range.lowerBound >> UInt64(height))
        }
        let middle = range.lowerBound + split(count)
        return .node(
            try root(of: range.lowerBound..<middle, node: node), try root(of: middle..<range.upperBound, node: node))
    }

    /// RFC 9162 section 2.1.3.2.
    package static func verifyInclusion(
        of leaf: MerkleHash, at index: UInt64, in size: UInt64, root: MerkleHash, path: [MerkleHash]
    ) throws(ProofError) {
        guard index < size else { throw .outOfRange }
        var position = index
        var last = size - 1
        var hash = leaf
        for sibling in path {
            guard last != 0 else { throw .wrongLength }
            if position & 1 == 1 || position == last {
                hash = .node(sibling, hash)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = .node(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        guard last == 0 else { throw .wrongLength }
        guard hash == root else { throw .wrongRoot }
    }

    /// RFC 9162 section 2.1.4.2. The empty tree is the beginning of every tree, with an empty proof.
    package static func verifyConsistency(
        from old: UInt64, oldRoot: MerkleHash, to size: UInt64, root: MerkleHash, path: [MerkleHash]
    ) throws(ProofError) {
        guard old <= size else { throw .outOfRange }
        if old == size || old == 0 {
            guard path.isEmpty else { throw .wrongLength }
            guard old == 0 ? oldRoot == .empty : oldRoot == root else { throw .wrongRoot }
            return
        }
        var steps = old.nonzeroBitCount == 1 ? [oldRoot] + path : path
        guard !steps.isEmpty else { throw .wrongLength }
        let first = steps.removeFirst()
        try foldConsistency(first, steps, from: old, oldRoot: oldRoot, to: size, root: root)
    }

    private static func foldConsistency(
        _ first: MerkleHash, _ steps: [MerkleHash], from old: UInt64, oldRoot: MerkleHash, to size: UInt64,
        root: MerkleHash
    ) throws(ProofError) {
        var position = old - 1
        var last = size - 1
        while position & 1 == 1 {
            position >>= 1
            last >>= 1
        }
        var oldHash = first
        var newHash = first
        for step in steps {
            guard last != 0 else { throw .wrongLength }
            if position & 1 == 1 || position == last {
                oldHash = .node(step, oldHash)
                newHash = .node(step, newHash)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                newHash = .node(newHash, step)
            }
            position >>= 1
            last >>= 1
        }
        guard last == 0 else { throw .wrongLength }
        guard oldHash == oldRoot, newHash == root else { throw .wrongRoot }
    }

    /// The largest power of two smaller than `count`, which is at least 2.
    private static func split(_ count: UInt64) -> UInt64 {
        1 << UInt64(UInt64.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}

/// Why a proof does not hold.
package enum ProofError: String, Error, Hashable, Sendable, CustomStringConvertible {
    case outOfRange = "the index or size lies outside the tree"
    case wrongLength = "the proof has the wrong number of hashes for its index and size"
    case wrongRoot = "the proof leads to another root"

    package var description: String { rawValue }
}

extension Range<UInt64> {
    fileprivate var count64: UInt64 { upperBound - lowerBound }
}
