/// One pass over a segment's bytes: what of it is whole, and whether it was closed.
package struct SegmentScan: Sendable {
    package let header: SegmentHeader
    /// Of the records, in the order of the file.
    package private(set) var leaves: [MerkleHash] = []
    /// Nil while it is open, or was not closed.
    package private(set) var footer: SegmentFooter?
    /// Up to here everything is whole.
    package private(set) var end = SegmentHeader.length
    /// Why what follows `end` is not, if anything follows.
    package private(set) var problem: RecordError?

    /// Reads `bytes` up to their end, the footer, or the first byte that is not as it must be.
    ///
    /// - Parameters:
    ///   - checksPayloads: compares salts and payloads with their digests too, where they were not erased.
    ///   - record: is given each frame with its place among the leaves.
    /// - Throws: `RecordError` when not even the header is whole, or what `record` throws.
    package init(
        _ bytes: UnsafeRawBufferPointer, checksPayloads: Bool = true,
        record: (RecordFrame, Int) throws -> Void = { _, _ in }
    ) throws {
        header = try SegmentHeader(bytes)
        while end < bytes.count, footer == nil {
            let frame: RecordFrame
            do throws(RecordError) {
                frame = try RecordFrame(at: end, of: bytes)
                try take(frame, bytes, checksPayloads: checksPayloads)
            } catch {
                problem = error
                return
            }
            end = frame.end
            if !frame.isFooter { try record(frame, leaves.count - 1) }
        }
        if footer != nil, end < bytes.count { problem = .malformed("something follows its footer") }
    }

    private mutating func take(
        _ frame: RecordFrame, _ bytes: UnsafeRawBufferPointer, checksPayloads: Bool
    ) throws(RecordError) {
        if frame.isFooter {
            let footer = try SegmentFooter(core: UnsafeRawBufferPointer(rebasing: bytes[frame.core]))
            guard footer.count == UInt64(leaves.count), footer.root == SegmentTree(leaves).root else {
                throw .malformed("its footer tells of other records than it has")
            }
            self.footer = footer
        } else {
            if checksPayloads { try Self.check(frame, bytes) }
            leaves.append(frame.leaf)
        }
    }

    private static func check(_ frame: RecordFrame, _ bytes: UnsafeRawBufferPointer) throws(RecordError) {
        do throws(RecordError) {
            _ = try frame.record(in: bytes)
        } catch {
            switch error {
            // Of a later version: whole, as far as this build can know.
            case .unknownVersion, .unknownKind: return
            case .cut, .malformed: throw error
            }
        }
    }
}

/// The Merkle tree over a segment's records (RFC 6962), whole, for roots and proofs.
package struct SegmentTree: Sendable {
    /// By height; a perfect subtree's root at each place.
    private var levels: [[MerkleHash]]

    package init(_ leaves: [MerkleHash]) {
        levels = [leaves]
        while let below = levels.last, below.count > 1 {
            levels.append((0..<below.count / 2).map { .node(below[2 * $0], below[2 * $0 + 1]) })
        }
    }

    package var size: UInt64 { UInt64(levels[0].count) }

    package var root: MerkleHash { (try? MerkleProof.root(of: 0..<size, node: node)) ?? .empty }

    /// Sibling hashes from the record at `index` to the root.
    ///
    /// - Throws: `ProofError.outOfRange`.
    package func proof(of index: Int) throws -> [MerkleHash] {
        guard index >= 0 else { throw ProofError.outOfRange }
        return try MerkleProof.inclusion(of: UInt64(index), in: size, node: node)
    }

    private func node(_ height: Int, _ index: UInt64) throws -> MerkleHash {
        guard height < levels.count, index < levels[height].count else { throw ProofError.outOfRange }
        return levels[height][Int(index)]
    }
}
