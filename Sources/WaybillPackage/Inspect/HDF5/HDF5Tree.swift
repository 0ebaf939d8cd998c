/// A B-tree of version 2: records of one size, in the nodes and between them.
struct HDF5Tree {
    private static let depthLimit = 8

    private let kind: UInt8
    private let nodeSize: UInt64
    let recordSize: Int
    /// By a node's level above the leaves: bytes of the numbers that a pointer to it holds.
    private var counts: [(own: Int, below: Int)] = []
    private(set) var records: [ByteCursor] = []

    /// Reads all records; they are as many as the tree says.
    init(_ file: inout HDF5File, _ address: UInt64, kinds: Set<UInt8>) throws(InspectionError) {
        let size = UInt64(22 + file.offsetSize + file.lengthSize)
        var head = try file.summed(address, size, sign: "BTHD", "a tree")
        guard try head.byte() == 0, case let kind = try head.byte(), kinds.contains(kind) else {
            throw .malformed("the tree at byte \(address) is of a kind that is not read here")
        }
        self.kind = kind
        nodeSize = UInt64(try head.little(UInt32.self))
        recordSize = Int(try head.little(UInt16.self))
        let depth = Int(try head.little(UInt16.self))
        try head.skip(2)
        let root = try file.address(&head)
        let count = UInt64(try head.little(UInt16.self))
        let total = try file.length(&head)
        guard depth <= Self.depthLimit, recordSize > 0, nodeSize > 10 + UInt64(recordSize) else {
            throw .malformed("the tree at byte \(address) has \(depth) levels of nodes of \(nodeSize) bytes")
        }
        countWidths(depth, file)
        if let root { try readNode(root, count, depth: depth, &file) }
        guard UInt64(records.count) == total else {
            throw .malformed("the tree at byte \(address) holds \(records.count) records, and says \(total)")
        }
    }

    /// A pointer counts the records of its node, and those of all below it, in as few bytes as the largest count takes.
    private mutating func countWidths(_ depth: Int, _ file: HDF5File) {
        let leaf = (nodeSize - 10) / UInt64(recordSize)
        let own = HDF5File.width(of: leaf)
        counts = [(own, 0)]
        var all = leaf
        for level in 0..<depth {
            let pointer = UInt64(file.offsetSize + own + counts[level].below)
            let most = nodeSize > 10 + pointer ? (nodeSize - 10 - pointer) / (UInt64(recordSize) + pointer) : 0
            let (product, overflow) = (most + 1).multipliedReportingOverflow(by: all)
            all = overflow ? .max : product.addingReportingOverflow(most).partialValue
            counts.append((own, HDF5File.width(of: all)))
        }
    }

    private mutating func readNode(
        _ address: UInt64, _ count: UInt64, depth: Int, _ file: inout HDF5File
    ) throws(InspectionError) {
        let widths = depth > 0 ? counts[depth - 1] : (own: 0, below: 0)
        let pointer = depth > 0 ? UInt64(file.offsetSize + widths.own + widths.below) : 0
        let size = 10 + count * UInt64(recordSize) + (count + 1) * pointer
        guard size <= nodeSize else { throw .malformed("a node of a tree at byte \(address) is too full") }
        var cursor = try file.summed(address, size, sign: depth > 0 ? "BTIN" : "BTLF", "a node of a tree")
        guard try cursor.byte() == 0, try cursor.byte() == kind else {
            throw .malformed("a node of a tree at byte \(address) is of another kind")
        }
        for _ in 0..<count {
            records.append(ByteCursor(file.source, from: cursor.position, to: cursor.position + Int64(recordSize)))
            try cursor.skip(UInt64(recordSize))
        }
        guard depth > 0 else { return }
        for _ in 0...count {
            guard let child = try file.address(&cursor) else { throw .malformed("a node of a tree has no child") }
            let below = try file.length(&cursor, of: widths.own)
            try cursor.skip(UInt64(widths.below))
            try readNode(child, below, depth: depth - 1, &file)
        }
    }
}
