import WaybillCore

/// One numpy array: a header that is a Python literal, then the elements.
///
/// Elements that are Python objects are a pickle, and judged as one.
struct Npy {
    static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
    private static let headerLimit = 64 << 10
    private static let dimensions = 64

    var tensor: TensorFact
    var holdsObjects: Bool
    /// Where the elements begin.
    var dataStart: Int64
    private var itemSize: UInt64

    /// - Throws: the first thing that the format does not allow.
    init(_ source: any ByteSource, name: String) throws(InspectionError) {
        var cursor = ByteCursor(source)
        try cursor.skip(UInt64(Self.magic.count))
        let version = (try cursor.byte(), try cursor.byte())
        guard (1...3).contains(version.0), version.1 == 0 else {
            throw .malformed("version \(version.0).\(version.1) is not known")
        }
        let length = version.0 == 1 ? Int(try cursor.little(UInt16.self)) : Int(try cursor.little(UInt32.self))
        guard length <= Self.headerLimit else {
            throw .malformed("the header is \(length) bytes long, more than \(Self.headerLimit)")
        }
        guard case .dictionary(let fields) = try PythonLiteral(parsing: try cursor.bytes(length)) else {
            throw .malformed("the header is no dictionary")
        }
        guard fields.count == 3, let description = fields["descr"], case .bool = fields["fortran_order"],
            case .items(let items) = fields["shape"]
        else { throw .malformed("the header needs descr, fortran_order and shape, and nothing else") }
        guard items.count <= Self.dimensions else { throw .malformed("more than \(Self.dimensions) dimensions") }
        var shape: [UInt64] = []
        for item in items {
            guard case .integer(let number) = item else {
                throw .malformed("the shape holds something that is no number")
            }
            shape.append(number)
        }
        let type = try ElementType(description)
        tensor = TensorFact(name: name, dtype: type.name, shape: shape)
        holdsObjects = type.holdsObjects
        itemSize = type.size
        dataStart = cursor.position
    }

    /// - Throws: when the elements do not end where the file ends.
    func checkSize(_ source: any ByteSource) throws(InspectionError) {
        let needed = try tensor.bytes(block: 1, size: itemSize)
        let there = UInt64(source.size - dataStart)
        guard needed <= there else { throw .malformed("its shape needs \(needed) bytes, and \(there) are there") }
        guard needed == there else { throw .malformed("\(there - needed) bytes follow the array") }
    }

    /// What `descr` says: a type string such as `<f4`, or a list of named fields.
    private struct ElementType {
        var name: String
        var size: UInt64
        var holdsObjects: Bool

        init(_ description: PythonLiteral, depth: Int = 0) throws(InspectionError) {
            switch description {
            case .string(let text): try self.init(text)
            case .items(let fields): try self.init(fields, depth: depth)
            case .integer, .bool, .nothing, .dictionary: throw .malformed("descr is no type")
            }
        }

        private init(_ text: String) throws(InspectionError) {
            var rest = Substring(text)
            if let order = rest.first, "<>|=".contains(order) { rest = rest.dropFirst() }
            guard let kind = rest.popFirst(), "?bBiufcmMOSaUV".contains(kind) else {
                throw .malformed("unknown type '\(text.prefix(40))'")
            }
            // Dates carry their unit: `M8[ns]`.
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard rest[digits.endIndex...].isEmpty || "mM".contains(kind) else {
                throw .malformed("unknown type '\(text.prefix(40))'")
            }
            guard let number = UInt64(digits.isEmpty ? (kind == "?" ? "1" : kind == "O" ? "8" : "") : digits) else {
                throw .malformed("unknown type '\(text.prefix(40))'")
            }
            guard number <= 1 << 32 else { throw .malformed("an element of type '\(text.prefix(40))' is too large") }
            name = text
            size = kind == "U" ? number * 4 : number
            holdsObjects = kind == "O"
        }

        private init(_ fields: [PythonLiteral], depth: Int) throws(InspectionError) {
            guard depth < 8 else { throw .malformed("fields stand inside fields more than 8 deep") }
            (name, size, holdsObjects) = ("struct", 0, false)
            for field in fields {
                guard case .items(let parts) = field, (2...3).contains(parts.count) else {
                    throw .malformed("a field of descr needs a name and a type")
                }
                let type = try ElementType(parts[1], depth: depth + 1)
                var shape: [UInt64] = []
                if parts.count == 3, case .items(let items) = parts[2] {
                    for case .integer(let number) in items { shape.append(number) }
                }
                if parts.count == 3, case .integer(let number) = parts[2] { shape = [number] }
                let count = TensorFact(name: "descr", dtype: type.name, shape: shape)
                let (sum, overflow) = size.addingReportingOverflow(try count.bytes(block: 1, size: type.size))
                guard !overflow else { throw .malformed("an element is too large") }
                size = sum
                holdsObjects = holdsObjects || type.holdsObjects
            }
        }
    }
}

extension Scan {
    mutating func inspectNpy(_ source: any ByteSource) throws(InspectionError) -> Inspection {
        let array = try Npy(source, name: "")
        var inspection = Inspection(format: Format.npy.rawValue, tensors: [array.tensor])
        if array.holdsObjects {
            // Numpy unpickles what follows the header, whatever the shape says.
            let objects = try ByteSlice(source, from: array.dataStart, count: source.size - array.dataStart)
            inspection.findings += inspectPickle(objects).findings
            inspection.facts["objects"] = true
        } else {
            try array.checkSize(source)
            inspection.facts["parameters"] = .integer(Int64(clamping: try inspection.tensors.elements()))
        }
        return inspection
    }
}
