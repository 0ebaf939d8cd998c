import WaybillCore

/// What the header of an object says: a group when it has links, an array when it has a layout, else a type with a name.
struct HDF5Object {
    private(set) var space: HDF5Dataspace?
    private(set) var type: HDF5Datatype?
    private(set) var layout: HDF5Layout?
    private(set) var filters = HDF5Filters()
    /// The first of other files that hold the elements.
    private(set) var externalFile: String?
    private(set) var symbolTable: HDF5SymbolTable?
    private(set) var links: [HDF5Link] = []
    private(set) var attributes: [HDF5Attribute] = []
    /// Messages that keep an object from being understood.
    private(set) var refused: [HDF5Message.Kind] = []
    private var isGroup = false

    /// - Throws: when the header is broken, or does not say what the object is.
    init(_ file: inout HDF5File, _ address: UInt64) throws(InspectionError) {
        for message in try file.messages(of: address) {
            var content = message.content
            try take(message.kind, &content, &file)
        }
        guard isGroup || layout != nil || type != nil, !isGroup || layout == nil else {
            throw .malformed("the object at byte \(address) is neither a group nor an array")
        }
    }

    private mutating func take(
        _ kind: HDF5Message.Kind, _ content: inout ByteCursor, _ file: inout HDF5File
    ) throws(InspectionError) {
        switch kind {
        case .dataspace: space = try HDF5Dataspace(file, &content)
        case .datatype: type = try HDF5Datatype(file, &content)
        case .layout:
            guard layout == nil else { throw .malformed("an array has two layouts") }
            layout = try HDF5Layout(file, &content)
        case .filters: filters = try HDF5Filters(&content)
        case .externalFiles: externalFile = try Self.externalFile(&file, &content)
        case .attribute: attributes.append(try HDF5Attribute(file, &content))
        case .attributeInfo: try takeAttributes(&content, &file)
        case .link: links.append(try HDF5Link(file, &content))
        case .linkInfo: try takeLinks(&content, &file)
        case .symbolTable:
            guard symbolTable == nil else { throw .malformed("a group has two tables of names") }
            (symbolTable, isGroup) = (try HDF5SymbolTable(file, &content), true)
        case .sharedMessages, .driver, .cacheImage: refused.append(kind)
        case .continuation: break
        }
    }

    /// Many links stand in a heap, which an index by names lists.
    private mutating func takeLinks(
        _ content: inout ByteCursor, _ file: inout HDF5File
    ) throws(InspectionError) {
        isGroup = true
        let (version, flags) = (try content.byte(), try content.byte())
        guard version == 0 else { throw .malformed("version \(version) of a group is not known") }
        try content.skip(flags & 1 != 0 ? 8 : 0)
        guard let (heap, tree) = try Self.dense(&content, &file, kind: 5) else { return }
        for var record in tree.records {
            try record.skip(4)
            var object = try heap.object(file, &record)
            links.append(try HDF5Link(file, &object))
        }
    }

    private mutating func takeAttributes(
        _ content: inout ByteCursor, _ file: inout HDF5File
    ) throws(InspectionError) {
        let (version, flags) = (try content.byte(), try content.byte())
        guard version == 0 else { throw .malformed("version \(version) of attributes is not known") }
        try content.skip(flags & 1 != 0 ? 2 : 0)
        guard let (heap, tree) = try Self.dense(&content, &file, kind: 8) else { return }
        for var record in tree.records {
            var object = try heap.object(file, &record)
            guard try record.byte() & 2 == 0 else {
                throw .malformed("an attribute is shared with another object, which is not read here")
            }
            attributes.append(try HDF5Attribute(file, &object))
        }
    }

    private static func dense(
        _ content: inout ByteCursor, _ file: inout HDF5File, kind: UInt8
    ) throws(InspectionError) -> (HDF5Heap, HDF5Tree)? {
        guard let heap = try file.address(&content) else { return nil }
        guard let tree = try file.address(&content) else { throw .malformed("a heap has no index") }
        return (try HDF5Heap(&file, heap), try HDF5Tree(&file, tree, kinds: [kind]))
    }

    /// The name of the first file in the list, which stands in a heap of its own.
    private static func externalFile(
        _ file: inout HDF5File, _ content: inout ByteCursor
    ) throws(InspectionError) -> String {
        guard try content.byte() == 1 else { return "" }
        try content.skip(7)
        guard let heap = try file.address(&content) else { return "" }
        let place = try file.length(&content)
        var head = try file.part(heap, UInt64(8 + 2 * file.lengthSize + file.offsetSize), "a list of files")
        try head.skip(UInt64(8 + 2 * file.lengthSize))
        guard let names = try file.address(&head), place <= UInt64.max - names else { return "" }
        var name: [UInt8] = []
        var cursor = ByteCursor(file.source, from: file.base, to: file.end)
        try cursor.skip(names)
        try cursor.skip(place)
        while name.count < 256, case let byte = try cursor.byte(), byte != 0 { name.append(byte) }
        return String(decoding: name, as: UTF8.self)
    }
}
