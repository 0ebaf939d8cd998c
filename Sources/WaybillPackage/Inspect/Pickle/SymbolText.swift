/// Writes values as Python would, shortened, for messages.
struct SymbolText {
    let machine: PickleMachine

    /// `posix.system("id")`.
    func call(_ callee: Symbol, _ arguments: Symbol) -> String {
        guard let values = machine.table.values(of: arguments) else { return "\(short(callee))(…)" }
        return "\(short(callee))(\(list(values, depth: 0)))"
    }

    func short(_ symbol: Symbol) -> String { text(symbol, depth: 2) }

    /// What is called when it is no imported name; nil for what Python could not call.
    func kind(of symbol: Symbol) -> String? {
        switch symbol {
        case .unknown: return "something that cannot be known before loading"
        case .object(let index):
            switch machine.table.objects[Int(index)].kind {
            case .instance: return "\(short(symbol)), the result of another call,"
            case .refused: return "the result of a refused call"
            case .persistent: return "what a persistent id stands for"
            case .list, .dict, .set: return nil
            }
        case _: return nil
        }
    }

    private func list(_ values: some Collection<Symbol>, depth: Int) -> String {
        let shown = values.prefix(6).map { text($0, depth: depth + 1) }
        return shown.joined(separator: ", ") + (values.count > 6 ? ", …" : "")
    }

    private func text(_ symbol: Symbol, depth: Int) -> String {
        switch symbol {
        case .none: return "None"
        case .bool(let flag): return flag ? "True" : "False"
        case .integer(let number): return String(number)
        case .long(let index): return String(machine.table.longs[Int(index)])
        case .number, .unknown: return "…"
        case .text(let index):
            var place = machine.table.texts[Int(index)]
            let isCut = place.count > 400
            if isCut { place.count = 400 }
            guard !isCut || place.form != .quoted, let text = (try? machine.decoded(place)) ?? nil else {
                return "\"…\""
            }
            return "\"\(Self.visible(text))\(isCut ? "…" : "")\""
        case .bytes(let index): return "<\(machine.table.texts[Int(index)].count) bytes>"
        case .tuple:
            guard depth < 3, let values = machine.table.values(of: symbol) else { return "(…)" }
            return "(\(list(values, depth: depth))\(values.count == 1 ? "," : ""))"
        case .object(let index): return text(machine.table.objects[Int(index)], depth: depth)
        case .global(let index): return Self.visible(machine.table.globals[Int(index)].text)
        }
    }

    private func text(_ object: MadeObject, depth: Int) -> String {
        switch object.kind {
        case .list: depth < 3 ? "[\(list(object.contents, depth: depth))]" : "[…]"
        case .dict: object.contents.isEmpty ? "{}" : "{…}"
        case .set: object.contents.isEmpty ? "set()" : "{…}"
        case .instance: "\(text(object.maker, depth: depth))(…)"
        case .persistent: "<persistent id>"
        case .refused: "<refused>"
        }
    }

    /// At most 80 characters, with those that could move a cursor or reorder a line made visible.
    static func visible(_ text: String) -> String {
        if text.utf8.count <= 80, text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return text }
        var visible = ""
        var count = 0
        for scalar in text.unicodeScalars {
            count += 1
            if count > 80 { return visible + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate:
                visible += "\\u{\(String(scalar.value, radix: 16))}"
            case _: visible.unicodeScalars.append(scalar)
            }
        }
        return visible
    }
}
