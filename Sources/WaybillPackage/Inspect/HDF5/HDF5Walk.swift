import WaybillCore

/// Goes from the root through every group to every array, and notes what leads out of the file.
struct HDF5Walk {
    private static let depthLimit = 64
    private static let pathLimit = 1024
    private static let findingLimit = 1000

    var file: HDF5File
    let budget: InspectionBudget
    private(set) var findings: [Inspection.Finding] = []
    private(set) var tensors: [TensorFact] = []
    var inputs: [Tensor] = []
    var facts: Members = [:]
    var collections = HDF5Collections()

    /// Headers that were read, and those of the groups around the one that is read now.
    private var seen: Set<UInt64> = []
    private var open: Set<UInt64> = []

    init(_ file: HDF5File, budget: InspectionBudget) {
        self.file = file
        self.budget = budget
    }

    mutating func report(_ verdict: Inspection.Verdict, _ message: String, place: String = "") {
        let finding = Inspection.Finding(verdict, place: place, message)
        guard findings.count < Self.findingLimit, !findings.contains(finding) else { return }
        findings.append(finding)
    }

    /// - Throws: what keeps the rest of the file from being read.
    mutating func followAll(_ superblock: HDF5Superblock) throws(InspectionError) {
        if let more = superblock.more {
            for message in try file.messages(of: more) { try refuse(message.kind, "the superblock") }
        }
        try follow(superblock.root, path: "", depth: 0, cached: superblock.cached)
        try file.checkOverlaps()
    }

    /// An object and all below it. Under a second name it is not read again.
    private mutating func follow(
        _ address: UInt64, path: String, depth: Int, cached: HDF5SymbolTable?
    ) throws(InspectionError) {
        guard !open.contains(address) else {
            throw .malformed("the group \(path.quotedForMessage) holds a group that holds it")
        }
        guard depth <= Self.depthLimit else {
            throw .malformed("groups stand inside groups more than \(Self.depthLimit) deep")
        }
        guard seen.insert(address).inserted else { return }
        let object = try HDF5Object(&file, address)
        // A group that was turned into one of the newer kind leaves its old place in the superblock, which nobody reads.
        guard cached == nil || object.symbolTable == nil || cached == object.symbolTable else {
            throw .malformed("the group \(path.quotedForMessage) has two tables of names")
        }
        for kind in object.refused { try refuse(kind, path.quotedForMessage) }
        for attribute in object.attributes { try judge(attribute, of: path) }
        if object.layout != nil {
            try take(object, path)
        } else {
            open.insert(address)
            defer { open.remove(address) }
            try followLinks(of: object, path, depth)
        }
    }

    private mutating func followLinks(
        of object: HDF5Object, _ path: String, _ depth: Int
    ) throws(InspectionError) {
        var entries = object.links.map { HDF5SymbolTable.Entry(link: $0, cached: nil) }
        if let table = object.symbolTable { entries += try table.entries(&file) }
        // In the order in which HDF5 itself gives them, so that of several names of an object the same one is told.
        entries.sort { $0.link.name.utf8.lexicographicallyPrecedes($1.link.name.utf8) }
        var names: Set<String> = []
        for entry in entries {
            let link = entry.link
            let place = path.isEmpty ? link.name : "\(path)/\(link.name)"
            guard names.insert(link.name).inserted else {
                throw .malformed("the name \(place.quotedForMessage) stands twice")
            }
            guard place.utf8.count <= Self.pathLimit else {
                throw .malformed("a path is longer than \(Self.pathLimit) bytes")
            }
            switch link.target {
            case .object(let address): try follow(address, path: place, depth: depth + 1, cached: entry.cached)
            case .soft: break
            case .external(let other, let target):
                report(
                    .dangerous, "leads to \(target.quotedForMessage) in another file, \(other.quotedForMessage)",
                    place: place.shownAsPlace)
            case .own(let kind):
                report(
                    .dangerous, "is a link of kind \(kind), which the loading program follows by code of its own",
                    place: place.shownAsPlace)
            }
        }
    }

    /// An array: what it is, and whether its elements stand in the file.
    private mutating func take(_ object: HDF5Object, _ path: String) throws(InspectionError) {
        guard let type = object.type, let space = object.space else {
            throw .malformed("the array \(path.quotedForMessage) has no type or no shape")
        }
        guard tensors.count < budget.limits.tensors else {
            throw .malformed("more than \(budget.limits.tensors) tensors")
        }
        let tensor = TensorFact(name: path, dtype: type.name, shape: space.shape ?? [0])
        let needed = try tensor.bytes(block: 1, size: type.size)
        tensors.append(tensor)
        for filter in object.filters.unknown {
            report(.unscanned, "is packed by filter \(filter), which is not known here", place: path.shownAsPlace)
        }
        if let name = object.externalFile {
            report(
                .dangerous, "has its elements in another file, \(name.quotedForMessage)", place: path.shownAsPlace)
        } else {
            try checkStorage(of: object, tensor, needed, type.size)
        }
    }

    private mutating func checkStorage(
        of object: HDF5Object, _ tensor: TensorFact, _ needed: UInt64, _ element: UInt64
    ) throws(InspectionError) {
        var stored: UInt64 = 0
        switch object.layout {
        case .compact(let size):
            guard size == needed else { throw mismatch(tensor, size, needed) }
            stored = size
        case .contiguous(let address?, let size):
            guard size == needed else { throw mismatch(tensor, size, needed) }
            if size > 0 { try file.claim(address, size, tensor.shown) }
            stored = size
        case .chunked(let chunks):
            stored = try chunks.claim(
                &file, whole: tensor.shape, element: element, isPacked: !object.filters.isEmpty)
        case .virtual:
            report(
                .dangerous, "is put together from other arrays, which may stand in other files",
                place: tensor.name.shownAsPlace)
        case .contiguous(nil, _), nil: break
        }
        // What is not written is made when it is read: a small file must not ask for a large array.
        let limits = budget.limits
        guard needed <= UInt64(limits.ratioFloor) || needed / max(stored, 1) <= UInt64(limits.ratio) else {
            throw .malformed(
                "\(tensor.shown) takes \(needed) bytes, over \(limits.ratio) times the \(stored) that stand in the file"
            )
        }
    }

    private func mismatch(_ tensor: TensorFact, _ size: UInt64, _ needed: UInt64) -> InspectionError {
        .malformed("\(tensor.shown) has \(size) bytes; its shape and type need \(needed)")
    }

    private func refuse(_ kind: HDF5Message.Kind, _ what: String) throws(InspectionError) {
        switch kind {
        case .driver: throw .malformed("\(what) says that the file is one of several")
        case .sharedMessages: throw .malformed("\(what) keeps messages for several objects, which is not read here")
        case .cacheImage: throw .malformed("\(what) holds the image of a cache, which is not read here")
        case _: break
        }
    }
}
