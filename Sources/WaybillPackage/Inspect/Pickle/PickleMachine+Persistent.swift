/// Persistent ids: what only the loading program can resolve.
extension PickleMachine {
    mutating func persistentID() throws(PickleError) {
        let id: Symbol
        if opcode == .persistentID {
            _ = try reader.line()
            id = .unknown
        } else {
            id = try pop()
        }
        if loader == .legacyTorch, let module = try moduleClass(id) { return try push(module) }
        if !loader.isTorch {
            report.add(.dangerous, "\(opcode.name) asks the loading program for an object of its own at byte \(offset)")
        } else if let problem = try storageProblem(id) {
            report.add(.dangerous, "\(opcode.name) names \(problem) at byte \(offset)")
        }
        var made = MadeObject(kind: .persistent)
        made.arguments = id
        try push(table.object(made, at: offset))
    }

    /// What torch wrote for a module's class: ('module', class, file, source). The loader compares the source with its own, and warns;
    /// it gives the class.
    private mutating func moduleClass(_ id: Symbol) throws(PickleError) -> Symbol? {
        guard let values = table.values(of: id).map(Array.init), values.count == 4, try name(values[0]) == "module",
            case .global(let index) = values[1], case .text = values[2], case .text = values[3]
        else { return nil }
        let named = table.globals[Int(index)]
        return named.use != nil && named.module.hasPrefix("torch.nn.modules.") ? values[1] : nil
    }

    /// The only form that torch itself writes: ('storage', class, key, location, count), and a view that is None in old files.
    private mutating func storageProblem(_ id: Symbol) throws(PickleError) -> String? {
        guard let values = table.values(of: id).map(Array.init), values.count == 5 || values.count == 6,
            try name(values[0]) == "storage", case .global(let index) = values[1],
            let key = try name(values[2]), try name(values[3]) != nil, let count = table.number(values[4]), count >= 0,
            values.count == 5 || values[5] == .none
        else { return "something that is no torch storage" }
        let storage = table.globals[Int(index)]
        guard storage.use != nil, let size = TorchStorage.elementSize(storage) else {
            return "\(SymbolText.visible(storage.text)), which is no torch storage,"
        }
        let named = PickleReport.Storage(elementSize: size, count: count)
        guard report.storages[key, default: named] == named else { return "one storage in two forms" }
        guard report.storages.count < limits.globals else {
            throw .tooLarge("the pickle names \(report.storages.count) storages", at: offset)
        }
        report.storages[key] = named
        return nil
    }
}

/// The classes of torch's storages and their elements.
enum TorchStorage {
    /// Bytes of an element; nil for any other name.
    static func elementSize(_ imported: ImportedName) -> Int64? {
        guard imported.module == "torch" || imported.module == "torch.cuda" else { return nil }
        return sizes[imported.name]
    }

    private static let sizes: [String: Int64] = [
        "FloatStorage": 4, "DoubleStorage": 8, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8,
        "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1, "BoolStorage": 1,
        "ComplexFloatStorage": 8, "ComplexDoubleStorage": 16, "QInt8Storage": 1, "QUInt8Storage": 1,
        "QInt32Storage": 4,
    ]

    /// As torch writes it without its own name in front.
    static func elementType(_ imported: ImportedName) -> String { types[imported.name] ?? imported.name }

    private static let types: [String: String] = [
        "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16",
        "BFloat16Storage": "bfloat16", "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16",
        "CharStorage": "int8", "ByteStorage": "uint8", "BoolStorage": "bool", "ComplexFloatStorage": "complex64",
        "ComplexDoubleStorage": "complex128", "QInt8Storage": "qint8", "QUInt8Storage": "quint8",
        "QInt32Storage": "qint32",
    ]
}
