import Testing
import WaybillTrust

/// The leaves of the classic Certificate Transparency test tree.
let classicLeaves: [[UInt8]] = [
    [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43], Array(0x50...0x57), Array(0x60...0x6f),
]

/// Root by the definition of RFC 6962 section 2.1, without any state: what the code is compared with.
func definedRoot(_ leaves: ArraySlice<MerkleHash>) -> MerkleHash {
    guard let first = leaves.first else { return .empty }
    if leaves.count == 1 { return first }
    var split = 1
    while split * 2 < leaves.count { split *= 2 }
    return .node(definedRoot(leaves.prefix(split)), definedRoot(leaves.dropFirst(split)))
}

func leaves(_ count: Int) -> [MerkleHash] { (0..<count).map { .leaf(Array("leaf \($0)".utf8)) } }

/// A node source over leaves in memory.
func nodes(of leaves: [MerkleHash]) -> MerkleProof.NodeSource {
    { height, index in
        let first = Int(index) << height
        return definedRoot(leaves[first..<(first + 1 << height)])
    }
}

@Suite struct MerkleTests {
    @Test func `the empty tree and the empty leaf have their known hashes`() {
        #expect(MerkleHash.empty.description == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(MerkleHash.leaf([]).description == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    }

    @Test(arguments: [
        (1, "6e340b9c", "a01d"), (2, "fac54203", "c125"), (3, "aeb6bcfe", "6e77"), (8, "5dc9da79", "4328"),
    ])
    func `the classic tree has its known roots`(size: Int, begin: String, end: String) {
        var frontier = MerkleFrontier()
        for leaf in classicLeaves.prefix(size) { frontier.append(.leaf(leaf)) }
        #expect(frontier.root.description.hasPrefix(begin))
        #expect(frontier.root.description.hasSuffix(end))
    }

    @Test func `the frontier has the defined root at every size`() {
        let all = leaves(300)
        var frontier = MerkleFrontier()
        for size in 0...300 {
            #expect(frontier.root == definedRoot(all.prefix(size)))
            #expect(MerkleFrontier(size: UInt64(size), nodes: frontier.nodes) == frontier)
            if size < 300 { frontier.append(all[size]) }
        }
        #expect(MerkleFrontier(size: 3, nodes: [.empty]) == nil)
    }

    @Test func `tiles hold the hashes that the specification gives them`() {
        let all = leaves(66_000)
        var tiles: [String: [MerkleHash]] = [:]
        var builder = TileBuilder()
        for leaf in all {
            builder.append(leaf) { level, number, hashes in tiles["\(level)/\(number)"] = hashes }
        }
        #expect(tiles.count == 257 + 1)
        #expect(tiles["0/3"] == Array(all[768..<1024]))
        #expect(tiles["1/0"]?[5] == definedRoot(all[1280..<1536]))
        #expect(builder.partial.map(\.count) == [208, 1, 1])
        #expect(builder.partial[2][0] == definedRoot(all[0..<65_536]))
        let resumed = TileBuilder(size: 66_000, partial: builder.partial)
        #expect(resumed?.frontier == builder.frontier)
        #expect(TileBuilder(size: 66_001, partial: builder.partial) == nil)
    }

    @Test func `a width is never served upward`() {
        #expect((0...3).map { TilePath.fullTiles(level: $0, size: 70_000) } == [273, 1, 0, 0])
        #expect((0...3).map { TilePath.partialWidth(level: $0, size: 70_000) } == [112, 17, 1, 0])
    }
}

@Suite struct ProofTests {
    static let sizes: [UInt64] = [1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 33, 64, 100]

    @Test(arguments: sizes)
    func `each leaf is proven and nothing else is`(size: UInt64) throws {
        let all = leaves(Int(size))
        let root = definedRoot(all[...])
        for index in 0..<size {
            let leaf = all[Int(index)]
            let path = try MerkleProof.inclusion(of: index, in: size, node: nodes(of: all))
            func error(
                _ leaf: MerkleHash? = nil, _ index: UInt64, _ size: UInt64, _ root: MerkleHash, _ path: [MerkleHash]
            ) -> ProofError? {
                do throws(ProofError) {
                    try MerkleProof.verifyInclusion(
                        of: leaf ?? all[Int(0)], at: index, in: size, root: root, path: path)
                    return nil
                } catch { return error }
            }
            #expect(error(leaf, index, size, root, path) == nil)
            #expect(error(leaf, index, size, root, path + [root]) == .wrongLength, "trailing garbage")
            if !path.isEmpty {
                #expect(error(leaf, index, size, root, Array(path.dropLast())) != nil, "truncated")
                #expect(error(leaf, index ^ 1, size, root, path) != nil, "index off by one")
                if path.count > 1, path[0] != path[1] {
                    #expect(error(leaf, index, size, root, [path[1], path[0]] + path.dropFirst(2)) != nil, "swapped")
                }
            }
            #expect(error(leaf, index + 1, size, root, path) != nil, "index and one")
            #expect(error(leaf, size, size, root, path) == .outOfRange, "index beyond")
            #expect(error(leaf, index, size, .leaf([9]), path) == .wrongRoot, "random root")
            #expect(error(.leaf([9]), index, size, root, path) == .wrongRoot, "random leaf")
        }
    }

    @Test(arguments: sizes)
    func `each older tree is the beginning of this one and no other is`(size: UInt64) throws {
        let all = leaves(Int(size))
        let root = definedRoot(all[...])
        for old in 0...size {
            let oldRoot = definedRoot(all.prefix(Int(old)))
            let path = try MerkleProof.consistency(from: old, to: size, node: nodes(of: all))
            func error(
                _ old: UInt64, _ oldRoot: MerkleHash, _ size: UInt64, _ root: MerkleHash, _ path: [MerkleHash]
            ) -> ProofError? {
                do throws(ProofError) {
                    try MerkleProof.verifyConsistency(from: old, oldRoot: oldRoot, to: size, root: root, path: path)
                    return nil
                } catch { return error }
            }
            #expect(error(old, oldRoot, size, root, path) == nil)
            #expect(error(old, oldRoot, size, root, path + [root]) == .wrongLength, "trailing garbage")
            #expect(error(size + 1, oldRoot, size, root, path) == .outOfRange, "larger than the new one")
            #expect(error(old, .leaf([9]), size, root, path) == .wrongRoot, "random old root")
            if old > 0 { #expect(error(old, oldRoot, size, .leaf([9]), path) == .wrongRoot, "random root") }
            if old > 0, old < size {
                #expect(error(old, root, size, oldRoot, path) != nil, "swapped roots")
                #expect(error(old, oldRoot, size, root, Array(path.dropLast())) != nil, "truncated")
                #expect(error(old + 1, oldRoot, size, root, path) != nil, "size and one")
                if old > 1 { #expect(error(old - 1, oldRoot, size, root, path) != nil, "size less one") }
            }
        }
        #expect(throws: ProofError.outOfRange) {
            try MerkleProof.consistency(from: size + 1, to: size, node: nodes(of: all))
        }
        #expect(throws: ProofError.outOfRange) {
            try MerkleProof.inclusion(of: size, in: size, node: nodes(of: all))
        }
    }
}
