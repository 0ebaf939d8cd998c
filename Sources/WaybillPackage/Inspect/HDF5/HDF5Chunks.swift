/// The pieces of an array, and the index that says where they stand.
struct HDF5Chunks {
    private enum Index {
        case tree
        case single(size: UInt64?)
        case implicit
        case fixedArray
        case tree2
    }

    private var index: Index
    private var address: UInt64?
    /// The shape of a chunk.
    private(set) var shape: [UInt64]
    private var elementSize: UInt64

    init(_ file: HDF5File, _ cursor: inout ByteCursor, version: UInt8) throws(InspectionError) {
        let flags = version > 3 ? try cursor.byte() : 0
        let rank = Int(try cursor.byte())
        guard (2...33).contains(rank) else { throw .malformed("chunks have \(rank) dimensions") }
        if version == 3 { address = try file.address(&cursor) }
        let width = version > 3 ? Int(try cursor.byte()) : 4
        guard (1...8).contains(width) else { throw .malformed("the shape of chunks has numbers of \(width) bytes") }
        var shape: [UInt64] = []
        for _ in 0..<rank { shape.append(try file.length(&cursor, of: width)) }
        elementSize = shape.removeLast()
        self.shape = shape
        index = .tree
        guard version > 3 else { return }
        index = try Self.index(file, &cursor, flags)
        address = try file.address(&cursor)
    }

    private static func index(
        _ file: HDF5File, _ cursor: inout ByteCursor, _ flags: UInt8
    ) throws(InspectionError) -> Index {
        switch try cursor.byte() {
        case 1:
            guard flags & 2 != 0 else { return .single(size: nil) }
            let size = try file.length(&cursor)
            try cursor.skip(4)
            return .single(size: size)
        case 2: return .implicit
        case 3:
            try cursor.skip(1)
            return .fixedArray
        case 5:
            try cursor.skip(6)
            return .tree2
        case let other: throw .malformed("chunks have an index of kind \(other), which is not read here")
        }
    }

    /// Claims every chunk of an array of `whole`; gives the bytes that all together take in the file.
    func claim(_ file: inout HDF5File, whole: [UInt64], element: UInt64, isPacked: Bool) throws(InspectionError)
        -> UInt64
    {
        let size = try TensorFact(name: "a chunk", dtype: "", shape: shape).bytes(block: 1, size: element)
        guard shape.count == whole.count, elementSize == element, size > 0 else {
            throw .malformed("the shape of its chunks does not fit its own")
        }
        guard let address else { return 0 }
        var places = Places(plain: size, isPacked: isPacked)
        switch index {
        case .tree: try readTree(&file, address, level: nil, &places)
        case .single(let packed): try places.claim(&file, address, packed ?? size)
        case .implicit:
            var count: UInt64 = 1
            for (whole, part) in zip(whole, shape) {
                let (product, overflow) = count.multipliedReportingOverflow(
                    by: whole / part + (whole % part > 0 ? 1 : 0))
                guard !overflow else { throw .malformed("it has too many chunks") }
                count = product
            }
            let (all, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow else { throw .malformed("its chunks are too large") }
            if all > 0 { try places.claim(&file, address, all) }
        case .fixedArray: try readArray(&file, address, &places)
        case .tree2: try readTree2(&file, address, &places)
        }
        return places.bytes
    }

    /// Claims chunks and adds up their sizes.
    private struct Places {
        let plain: UInt64
        let isPacked: Bool
        var bytes: UInt64 = 0

        mutating func claim(_ file: inout HDF5File, _ address: UInt64, _ size: UInt64) throws(InspectionError) {
            try file.claim(address, size, "a chunk")
            bytes += size
        }

        /// What is written unpacked has one size only.
        mutating func claim(
            _ file: inout HDF5File, _ address: UInt64, stored size: UInt64
        ) throws(InspectionError) {
            guard isPacked || size == plain else { throw .malformed("a chunk has \(size) bytes and needs \(plain)") }
            try claim(&file, address, size)
        }
    }

    private func readTree(
        _ file: inout HDF5File, _ address: UInt64, level: UInt8?, _ places: inout Places
    ) throws(InspectionError) {
        let node = try HDF5Node(&file, address, kind: 1, keySize: 8 + 8 * (shape.count + 1), level: level)
        for (key, child) in zip(node.keys, node.children) {
            if node.level > 0 {
                try readTree(&file, child, level: node.level - 1, &places)
            } else {
                var cursor = ByteCursor(MemoryBytes(content: key))
                try places.claim(&file, child, stored: UInt64(try cursor.little(UInt32.self)))
            }
        }
    }

    private func readTree2(
        _ file: inout HDF5File, _ address: UInt64, _ places: inout Places
    ) throws(InspectionError) {
        let tree = try HDF5Tree(&file, address, kinds: [places.isPacked ? 11 : 10])
        let rest = file.offsetSize + 8 * shape.count + (places.isPacked ? 4 : 0)
        guard tree.recordSize >= rest, tree.recordSize <= rest + 8 else {
            throw .malformed("the index of its chunks has records of \(tree.recordSize) bytes")
        }
        for var record in tree.records {
            guard let chunk = try file.address(&record) else { continue }
            let size = places.isPacked ? try file.length(&record, of: tree.recordSize - rest) : places.plain
            try places.claim(&file, chunk, stored: size)
        }
    }

    /// Elements one after the other; longer arrays are cut into pages, each with a checksum.
    private func readArray(
        _ file: inout HDF5File, _ address: UInt64, _ places: inout Places
    ) throws(InspectionError) {
        var head = try file.summed(
            address, UInt64(12 + file.offsetSize + file.lengthSize), sign: "FAHD", "an index of chunks")
        try head.skip(2)
        let (entry, bits) = (Int(try head.byte()), try head.byte())
        let count = try file.length(&head)
        let rest = file.offsetSize + (places.isPacked ? 4 : 0)
        guard entry >= rest, entry <= rest + 8, count <= 1 << UInt64(min(bits, 20)) else {
            throw .malformed("an index of \(count) chunks has pages, which are not read here")
        }
        guard let block = try file.address(&head) else { return }
        var cursor = try file.summed(
            block, UInt64(10 + file.offsetSize) + count * UInt64(entry), sign: "FADB", "an index of chunks")
        try cursor.skip(UInt64(2 + file.offsetSize))
        for _ in 0..<count {
            let chunk = try file.address(&cursor)
            let size = places.isPacked ? try file.length(&cursor, of: entry - rest) : places.plain
            if places.isPacked { try cursor.skip(4) }
            if let chunk { try places.claim(&file, chunk, stored: size) }
        }
    }
}
