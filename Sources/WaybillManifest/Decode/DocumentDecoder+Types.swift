import WaybillCore

extension DocumentDecoder {
    /// The value of `node` as `type`; nil when it is not one, which is then noted.
    mutating func decode(_ node: Int, _ type: FieldType, of field: String) -> Value? {
        let node = document.resolved(node)
        if document.nodes[node].tag == .unknown {
            note(.wrongType, node, "'\(field)' carries a tag that manifests do not use", hint: "remove the '!…'")
            return nil
        }
        switch type {
        case .string(let format): return text(node, field).flatMap { check($0, format, node) }
        case .choice(let words): return text(node, field).flatMap { choose($0, words, node, field) }
        case .integer(let range): return integer(node, range, field)
        case .number: return number(node, field)
        case .onlyTrue: return onlyTrue(node, field)
        case .list(let item, let minimum, let unique): return list(node, item, minimum, unique, field)
        case .map(let keys, let values): return map(node, keys, values, field)
        case .object(let fields): return object(node, fields, field)
        }
    }

    private mutating func text(_ node: Int, _ field: String) -> String? {
        let found = document.nodes[node]
        let isText = found.kind == .scalar && (found.tag == .none || found.tag == .string)
        let text = isText ? document.text(node, in: source) : ""
        if isText, !(found.isPlain && found.tag == .none && PlainScalar.isNull(text)) { return text }
        wrongType(node, field, "text")
        return nil
    }

    private mutating func wrongType(_ node: Int, _ field: String, _ expected: String) {
        let found = document.nodes[node]
        let isNothing = found.kind == .scalar && describe(node) == "nothing"
        if isNothing {
            note(
                .wrongType, node, "'\(field)' has no value; expected \(expected)",
                hint: "write a value or remove the field")
        } else {
            note(.wrongType, node, "'\(field)' is \(describe(node)); expected \(expected)", hint: hint(node, expected))
        }
    }

    private func hint(_ node: Int, _ expected: String) -> String? {
        let found = document.nodes[node]
        guard found.kind == .scalar else { return nil }
        let text = document.text(node, in: source)
        if expected.hasPrefix("a whole number"), PlainScalar.integer(text) != nil { return "remove the quotes" }
        if expected.hasPrefix("a whole number"), found.isPlain, let number = PlainScalar.based(text) {
            return "write \(number): numbers are decimal"
        }
        if expected == "a list" { return "write each item on a line of its own after '- ', or '[…]'" }
        return nil
    }

    private mutating func check(_ text: String, _ format: StringFormat, _ node: Int) -> Value? {
        guard let problem = format.problem(in: text) else { return .string(text) }
        note(.invalidValue, node, problem)
        return nil
    }

    private mutating func choose(_ text: String, _ words: [String], _ node: Int, _ field: String) -> Value? {
        if words.contains(text) { return .string(text) }
        let near = Suggestion.nearest(to: text, in: words).map { "did you mean '\($0)'?" }
        note(
            .invalidValue, node,
            "'\(field)' is \(text.quotedForMessage); expected \(words.map { "'\($0)'" }.joined(separator: ", "))",
            hint: NotBuiltYet.hint(choice: text, of: field) ?? near)
        return nil
    }

    private mutating func integer(_ node: Int, _ range: ClosedRange<Int64>, _ field: String) -> Value? {
        let found = document.nodes[node]
        let isNumber = found.kind == .scalar && (found.tag == .integer || (found.isPlain && found.tag == .none))
        guard isNumber, let number = PlainScalar.integer(document.text(node, in: source)) else {
            wrongType(node, field, "a whole number")
            return nil
        }
        if range.contains(number) { return .integer(number) }
        let bounds =
            range.upperBound == Int64.max
            ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        note(.invalidValue, node, "'\(field)' is \(number); expected \(bounds)")
        return nil
    }

    /// A whole number is one however it is written: `1`, `1.0` and `1e0` are equal.
    private mutating func number(_ node: Int, _ field: String) -> Value? {
        let (found, text) = (document.nodes[node], document.text(node, in: source))
        if found.kind == .scalar, found.isPlain, found.tag == .none || found.tag == .integer, PlainScalar.isNumber(text)
        {
            if let whole = PlainScalar.integer(text) { return .integer(whole) }
            if let number = Double(text), number.isFinite { return .number(number) }
            note(.invalidValue, node, "'\(field)' is \(text), which is larger than any number that is kept")
            return nil
        }
        wrongType(node, field, "a number")
        return nil
    }

    private mutating func onlyTrue(_ node: Int, _ field: String) -> Value? {
        let found = document.nodes[node]
        if found.kind == .scalar, found.isPlain || found.tag == .boolean,
            PlainScalar.boolean(document.text(node, in: source)) == true
        {
            return .bool(true)
        }
        note(
            .invalidValue, node, "'\(field)' is \(describe(node)); expected true",
            hint: "remove the field to switch it off")
        return nil
    }

    private mutating func list(
        _ node: Int, _ item: FieldType, _ minimum: Int, _ unique: FieldType.Uniqueness, _ field: String
    ) -> Value? {
        guard document.nodes[node].kind == .sequence else {
            wrongType(node, field, "a list")
            return nil
        }
        var items: [Value] = []
        var seen: [Value: Int] = [:]
        var isWhole = true
        var children = document.children(of: node)
        while let child = children.next(in: document) {
            guard let value = decode(child, item, of: field) else {
                isWhole = false
                items.append(.null)
                continue
            }
            if let first = repeated(value, child, unique, &seen) {
                noteRepeated(child, first, unique, field)
            }
            items.append(value)
        }
        if isWhole, items.count < minimum {
            note(
                .invalidValue, node, "'\(field)' is empty; expected at least \(minimum) item\(minimum == 1 ? "" : "s")")
        }
        return .list(items)
    }

    /// The earlier item that equals this one, if items must differ.
    private func repeated(
        _ value: Value, _ node: Int, _ unique: FieldType.Uniqueness, _ seen: inout [Value: Int]
    ) -> Int? {
        let key: Value? =
            switch unique {
            case .none: nil
            case .item: value
            case .field(let name): value[name]
            }
        guard let key else { return nil }
        if let first = seen[key] { return first }
        seen[key] = node
        return nil
    }

    private mutating func noteRepeated(_ node: Int, _ first: Int, _ unique: FieldType.Uniqueness, _ field: String) {
        guard case .field(let name) = unique else {
            return note(.duplicateKey, node, "'\(field)' has \(describe(node)) twice", related: first)
        }
        let (again, before) = (member(name, of: node) ?? node, member(name, of: first) ?? first)
        note(.duplicateKey, again, "'\(field)' has two items with '\(name)' \(describe(again))", related: before)
    }
}
