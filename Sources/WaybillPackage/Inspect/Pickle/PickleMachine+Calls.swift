/// Opcodes that import, call, make and build.
extension PickleMachine {
    mutating func stepCall(_ opcode: Opcode) throws(PickleError) -> Bool {
        switch opcode {
        case .global: try importLines()
        case .stackGlobal: try importFromStack()
        case .extension1: try importExtension(reader.unsigned(1))
        case .extension2: try importExtension(reader.unsigned(2))
        case .extension4: try importExtension(reader.unsigned(4))
        case .reduce:
            let arguments = try pop()
            try call(pop(), arguments, isNew: false)
        case .newObject:
            let arguments = try pop()
            try call(pop(), arguments, isNew: true)
        case .newObjectKeywords:
            let keywords = try pop()
            let arguments = try pop()
            try call(pop(), arguments, keywords: keywords, isNew: true)
        case .instance: try instance()
        case .object: try object()
        case .build: try build()
        case .persistentID, .binPersistentID: try persistentID()
        case _: return false
        }
        return true
    }

    private mutating func instance() throws(PickleError) {
        let lines = (try reader.line(), try reader.line())
        let values = try popMark()
        guard lines.0.count <= limits.name, lines.1.count <= limits.name else {
            _ = try importName(nil, nil)
            return try push(.unknown)
        }
        let named = Symbol.global(try importName(text(of: lines.0), text(of: lines.1)))
        try call(named, table.tuple(values, at: offset), isNew: false)
    }

    private mutating func object() throws(PickleError) {
        let values = try popMark()
        guard let callee = values.first else { throw .malformed("OBJ finds no class on the stack", at: offset) }
        try call(callee, table.tuple(values.dropFirst(), at: offset), isNew: false)
    }

    /// `callee(*arguments)`, or `callee.__new__(callee, *arguments)` when `isNew`: judged, not done.
    private mutating func call(
        _ callee: Symbol, _ arguments: Symbol, keywords: Symbol = .none, isNew: Bool
    ) throws(PickleError) {
        if let refusal = try refusal(of: callee, arguments, isNew: isNew) {
            try refuse(callee, refusal)
            return try push(table.object(MadeObject(kind: .refused), at: offset))
        }
        var made = MadeObject(kind: .instance)
        made.maker = callee
        made.arguments = arguments
        if case .object = keywords { made.isPartial = true }
        try push(table.object(made, at: offset))
    }

    /// Why a call is refused, in a sentence without its end; nil when it is allowed.
    private mutating func refusal(
        of callee: Symbol, _ arguments: Symbol, isNew: Bool
    ) throws(PickleError) -> String? {
        let verb = isNew ? "makes" : "calls"
        guard case .global(let index) = callee else {
            guard let what = SymbolText(machine: self).kind(of: callee) else {
                throw .malformed("\(opcode.name) \(verb) something that cannot be called", at: offset)
            }
            return "\(opcode.name) \(verb) \(what)"
        }
        guard let problem = try problem(ofCalling: table.globals[Int(index)], arguments, isNew: isNew) else { return nil }
        return "\(opcode.name) \(verb) \(SymbolText(machine: self).call(callee, arguments))\(problem)"
    }

    /// What is wrong with calling an imported name, as the end of a sentence; nil when nothing is.
    private mutating func problem(
        ofCalling imported: ImportedName, _ arguments: Symbol, isNew: Bool
    ) throws(PickleError) -> String? {
        guard let use = imported.use else { return "" }
        if !isNew, use == .new { return ", which may only be made without being called," }
        guard case .tuple = arguments else {
            if arguments == .unknown { return " with arguments that cannot be known before loading" }
            throw .malformed("\(opcode.name) has no tuple of arguments", at: offset)
        }
        guard imported.hasRule else { return nil }
        return try CallRule.problem(of: imported, arguments, in: &self).map { ", \($0)," }
    }

    /// Tells of a refused call; the first call of a refused name tells better what its import began.
    private mutating func refuse(_ callee: Symbol, _ message: String) throws(PickleError) {
        let message = "\(message) at byte \(offset)"
        if case .global(let index) = callee, AllowList.isIdentifier(table.globals[Int(index)].name) {
            report.calledByName = true
        }
        guard case .global(let index) = callee, let finding = table.globals[Int(index)].finding else {
            report.add(.dangerous, message)
            return
        }
        report.replace(finding, message)
        table.globals[Int(index)].finding = nil
    }

    /// Gives a state to an instance: runs its class's `__setstate__`, or sets its attributes.
    private mutating func build() throws(PickleError) {
        let state = try pop()
        let target = try top()
        guard case .object(let index) = target else {
            switch target {
            case .global, .unknown:
                report.add(
                    .dangerous, "BUILD changes \(short(target)) itself, not an instance of it, at byte \(offset)")
            case _: throw .malformed("BUILD finds no instance", at: offset)
            }
            return
        }
        switch table.objects[Int(index)].kind {
        case .refused: return
        case .persistent:
            report.add(.dangerous, "BUILD changes what a persistent id stands for at byte \(offset)")
        case .list, .dict, .set: throw .malformed("BUILD finds no instance", at: offset)
        case .instance:
            if let problem = stateProblem(state) {
                report.add(.dangerous, "BUILD sets \(problem) of \(short(target)) at byte \(offset)")
            }
            table.keep([state], in: index)
            try readArray(after: target)
        }
    }

    private func short(_ symbol: Symbol) -> String { SymbolText(machine: self).short(symbol) }

    /// Attributes that no model's state sets: Python's own machinery, or ones whose names are not known.
    private func stateProblem(_ state: Symbol) -> String? {
        if isUnsafe(state, oddKeys: false) { return "attributes of Python's own machinery" }
        if let values = table.values(of: state), values.count == 2 {
            if values.contains(where: { isUnsafe($0, oddKeys: false) }) { return "attributes of Python's own machinery" }
            if let slots = values.last, isUnsafe(slots, oddKeys: true) {
                return "attributes whose names cannot be known before loading"
            }
        }
        return nil
    }

    private func isUnsafe(_ state: Symbol, oddKeys: Bool) -> Bool {
        guard case .object(let index) = state else { return false }
        let object = table.objects[Int(index)]
        return object.kind == .dict && (oddKeys ? object.hasOddKey : object.hasDunderKey)
    }
}
