/// An element of a numpy array as a pickled `numpy.dtype` describes it.
struct NumpyElement {
    let size: Int64
    let holdsObjects: Bool

    /// Nil unless the dtype is exactly as numpy writes it: made from its code such as `f8`, then given its state.
    init?(_ symbol: Symbol, in machine: PickleMachine) throws(PickleError) {
        let table = machine.table
        guard case .object(let index) = symbol else { return nil }
        let dtype = table.objects[Int(index)]
        guard dtype.kind == .instance, case .global(let maker) = dtype.maker,
            table.globals[Int(maker)].text == "numpy.dtype",
            let code = try table.values(of: dtype.arguments)?.first.map({ symbol throws(PickleError) in
                try machine.name(symbol)
            }) ?? nil,
            let kind = code.utf8.first, let number = Int64(code.dropFirst()), (0...(1 << 32)).contains(number),
            dtype.contents.count <= 1
        else { return nil }
        let size = kind == UInt8(ascii: "U") ? 4 * number : number
        let state = dtype.contents.first.flatMap { table.values(of: $0) }.map(Array.init) ?? []
        guard dtype.contents.isEmpty || state.count >= 8 else { return nil }
        let flags = state.isEmpty ? 0 : table.number(state[7])
        let stated = state.isEmpty ? -1 : table.number(state[5])
        guard let flags, let stated, stated == -1 || stated == size else { return nil }
        switch kind {
        case UInt8(ascii: "O"):
            guard size == 8, flags & 1 == 1 else { return nil }
            holdsObjects = true
        case UInt8(ascii: "V"):
            guard stated == size else { return nil }
            holdsObjects = flags & 1 == 1
        case UInt8(ascii: "b"), UInt8(ascii: "i"), UInt8(ascii: "u"), UInt8(ascii: "f"), UInt8(ascii: "c"),
            UInt8(ascii: "U"), UInt8(ascii: "S"), UInt8(ascii: "M"), UInt8(ascii: "m"):
            guard flags & 1 == 0 else { return nil }
            holdsObjects = false
        case _: return nil
        }
        self.size = size
    }
}
