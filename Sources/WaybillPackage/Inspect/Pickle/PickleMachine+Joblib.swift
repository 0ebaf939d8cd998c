/// joblib's arrays: their bytes stand in the file right after the opcode that finishes their `NumpyArrayWrapper`.
extension PickleMachine {
    /// Passes over the bytes of the array that `target` announces, when it is such a wrapper and joblib reads the file.
    mutating func readArray(after target: Symbol) throws(PickleError) {
        guard loader == .joblib, case .object(let index) = target,
            case .global(let maker) = table.objects[Int(index)].maker,
            table.globals[Int(maker)].text == "joblib.numpy_pickle.NumpyArrayWrapper"
        else { return }
        let state = table.objects[Int(index)].contents
        guard state.count == 1, let fields = try fields(of: state[0]) else {
            throw .malformed("a NumpyArrayWrapper has no plain state", at: offset)
        }
        let array = try JoblibArray(fields, in: self)
        try endFrame()
        report.arrays += 1
        if array.holdsObjects {
            try readObjects()
        } else {
            try skipArray(array)
        }
    }

    /// The members of a dict whose keys are strings; nil when not all are known.
    private func fields(of state: Symbol) throws(PickleError) -> [String: Symbol]? {
        guard case .object(let index) = state else { return nil }
        let dict = table.objects[Int(index)]
        guard dict.kind == .dict, !dict.isPartial, dict.contents.count <= 32 else { return nil }
        var fields: [String: Symbol] = [:]
        for place in stride(from: 0, to: dict.contents.count, by: 2) {
            guard let key = try name(dict.contents[place]) else { return nil }
            fields[key] = dict.contents[place + 1]
        }
        return fields
    }

    /// An array of objects is a pickle of its own, which joblib gives to Python's plain loader.
    private mutating func readObjects() throws(PickleError) {
        guard depth < limits.depth else { throw .tooLarge("pickles are nested \(depth) deep", at: offset) }
        var nested = PickleMachine(reader, allowing: allowList, loader: .pickle, depth: depth + 1, report: report)
        let outcome = Result { () throws(PickleError) in try nested.run() }
        reader = nested.reader
        report = nested.report
        _ = try outcome.get()
    }

    private mutating func skipArray(_ array: JoblibArray) throws(PickleError) {
        if array.isAligned {
            let padding = try reader.byte()
            // A longer padding would begin with a byte that Python's plain loader takes for an opcode.
            guard padding <= JoblibArray.alignment else {
                throw .malformed("an array is padded by \(padding) bytes", at: reader.position)
            }
            try reader.skip(UInt64(padding))
        } else {
            try lookAsPickle()
        }
        try reader.skip(array.byteCount)
    }

    /// A loader that is not joblib's would go on here with the array's bytes as opcodes: if those call something, the file is a trap.
    /// Chance makes no such bytes: they must name and call a function.
    private mutating func lookAsPickle() throws(PickleError) {
        guard let next = try reader.peek(), Opcode(rawValue: next) != nil else { return }
        let start = reader.position
        var trap = PickleMachine(
            reader, allowing: allowList, loader: .pickle, depth: limits.depth,
            report: PickleReport(place: report.place, limits: limits))
        trap.followsUnknownMemo = true
        _ = Result { () throws(PickleError) in try trap.run() }
        if trap.report.calledByName {
            report.add(.dangerous, "an array's bytes at byte \(start) are opcodes that call something for a plain loader")
        }
    }
}

/// What a `NumpyArrayWrapper` says of its array.
struct JoblibArray {
    /// joblib aligns to 16 bytes, never to more.
    static let alignment = 16

    let holdsObjects: Bool
    let byteCount: UInt64
    let isAligned: Bool

    /// - Throws: `malformed` when any of it is not as joblib writes it: then the array's end is not known.
    init(_ fields: [String: Symbol], in machine: PickleMachine) throws(PickleError) {
        func broken(_ what: String) -> PickleError {
            .malformed("a NumpyArrayWrapper's \(what) is not as joblib writes it", at: machine.offset)
        }
        guard case .global(let subclass)? = fields["subclass"],
            ["numpy.ndarray", "numpy.matrix"].contains(machine.table.globals[Int(subclass)].text)
        else { throw broken("subclass") }
        guard let order = fields["order"], ["C", "F"].contains(try machine.name(order)) else { throw broken("order") }
        guard let dtype = fields["dtype"], let element = try NumpyElement(dtype, in: machine) else {
            throw broken("dtype")
        }
        guard let shape = fields["shape"], let sizes = machine.table.values(of: shape), sizes.count <= 64 else {
            throw broken("shape")
        }
        var count = UInt64(element.size)
        for size in sizes {
            guard let size = machine.table.number(size), size >= 0 else { throw broken("shape") }
            let (product, overflows) = count.multipliedReportingOverflow(by: UInt64(size))
            guard !overflows, product <= UInt64(Int64.max) else { throw broken("shape") }
            count = product
        }
        switch fields["numpy_array_alignment_bytes"] {
        case nil, Symbol.none?: isAligned = false
        case .integer(1...16)?: isAligned = true
        case _: throw broken("alignment")
        }
        holdsObjects = element.holdsObjects
        byteCount = count
    }
}
