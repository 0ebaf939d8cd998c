/// An RFC 6962 tree that only grows, in the space of its right edge: the roots of its perfect subtrees, largest first.
///
/// Appending costs two hashes on average, the root at most one a bit of the size.
package struct MerkleFrontier: Hashable, Sendable {
    /// Leaves so far.
    package private(set) var size: UInt64
    /// One hash for each one-bit of `size`, the largest subtree first.
    package private(set) var nodes: [MerkleHash]

    package init() {
        size = 0
        nodes = []
    }

    /// Takes up a tree that was left; nil when the number of hashes does not fit the size.
    package init?(size: UInt64, nodes: [MerkleHash]) {
        guard nodes.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.nodes = nodes
    }

    package mutating func append(_ leaf: MerkleHash) {
        append(leaf) { _, _ in }
    }

    /// Adds a leaf; `completed` is told of each perfect subtree that it completes, by height (0 is the leaf) and root.
    package mutating func append(_ leaf: MerkleHash, completed: (_ height: Int, MerkleHash) -> Void) {
        var hash = leaf
        var height = 0
        var rest = size
        completed(0, leaf)
        while rest & 1 == 1 {
            hash = .node(nodes.removeLast(), hash)
            height += 1
            rest >>= 1
            completed(height, hash)
        }
        nodes.append(hash)
        size += 1
    }

    /// Merkle tree head of all leaves so far.
    package var root: MerkleHash {
        guard var hash = nodes.last else { return .empty }
        for node in nodes.dropLast().reversed() { hash = .node(node, hash) }
        return hash
    }
}
