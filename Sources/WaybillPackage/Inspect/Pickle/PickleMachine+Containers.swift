/// Opcodes that make tuples, lists, dicts and sets, and fill them.
extension PickleMachine {
    mutating func stepContainer(_ opcode: Opcode) throws(PickleError) -> Bool {
        switch opcode {
        case .emptyTuple: try push(table.tuple([], at: offset))
        case .tuple1: try pushTuple(1)
        case .tuple2: try pushTuple(2)
        case .tuple3: try pushTuple(3)
        case .tuple: try push(table.tuple(popMark(), at: offset))
        case .emptyList: try push(make(.list, []))
        case .emptyDict: try push(make(.dict, []))
        case .emptySet: try push(make(.set, []))
        case .list: try push(make(.list, popMark()))
        case .dict: try push(make(.dict, popMark()))
        case .frozenSet: try push(make(.set, popMark()))
        case _: return try stepFill(opcode)
        }
        return true
    }

    private mutating func stepFill(_ opcode: Opcode) throws(PickleError) -> Bool {
        switch opcode {
        case .append:
            let value = try pop()
            try fill(top(), [value], as: .list)
        case .appends:
            let values = try popMark()
            try fill(top(), values, as: .list)
        case .setItem:
            let value = try pop()
            let key = try pop()
            try fill(top(), [key, value], as: .dict)
        case .setItems:
            let values = try popMark()
            try fill(top(), values, as: .dict)
        case .addItems:
            let values = try popMark()
            try fill(top(), values, as: .set)
        case _: return false
        }
        return true
    }

    private mutating func pushTuple(_ count: Int) throws(PickleError) {
        var values: [Symbol] = []
        for _ in 0..<count { values.insert(try pop(), at: 0) }
        try push(table.tuple(values, at: offset))
    }

    private mutating func make(
        _ kind: MadeObject.Kind, _ values: some Collection<Symbol>
    ) throws(PickleError) -> Symbol {
        let made = try table.object(MadeObject(kind: kind), at: offset)
        if !values.isEmpty { try fill(made, values, as: kind) }
        return made
    }

    /// Puts `values` into `target`: a container, or an instance whose class is on the allow list and defines how.
    private mutating func fill(
        _ target: Symbol, _ values: some Collection<Symbol>, as kind: MadeObject.Kind
    ) throws(PickleError) {
        if kind == .dict, !values.count.isMultiple(of: 2) {
            throw .malformed("\(opcode.name) has a key without a value", at: offset)
        }
        guard case .object(let index) = target else {
            if case .global(let global) = target {
                report.add(
                    .dangerous, "\(opcode.name) changes \(table.globals[Int(global)].text) itself at byte \(offset)")
                return
            }
            if target == .unknown { return }
            throw .malformed("\(opcode.name) fills something that is no container", at: offset)
        }
        switch table.objects[Int(index)].kind {
        case kind:
            if kind == .dict { noteKeys(values, of: index) }
            table.keep(values, in: index)
        case .instance: if kind == .dict { table.keep(values, in: index, ofInstance: true) }
        case .refused: break
        case .persistent:
            report.add(.dangerous, "\(opcode.name) changes what a persistent id stands for at byte \(offset)")
        case .list, .dict, .set:
            throw .malformed("\(opcode.name) fills something that is no \(kind)", at: offset)
        }
    }

    private mutating func noteKeys(_ values: some Collection<Symbol>, of index: UInt32) {
        var isKey = true
        for value in values {
            defer { isKey.toggle() }
            guard isKey else { continue }
            if case .text(let text) = value {
                if table.texts[Int(text)].isDunder { table.objects[Int(index)].hasDunderKey = true }
            } else {
                table.objects[Int(index)].hasOddKey = true
            }
        }
    }
}
