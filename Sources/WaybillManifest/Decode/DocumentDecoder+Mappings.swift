import WaybillCore

extension DocumentDecoder {
    mutating func object(_ node: Int, _ fields: [Field], _ field: String) -> Value? {
        guard document.nodes[node].kind == .mapping else {
            wrongMapping(node, field)
            return nil
        }
        return decodeObject(node, fields, at: shownKey(node))
    }

    /// Decodes the fields of a mapping; problems of the mapping as a whole are noted at `shown`.
    mutating func decodeObject(_ node: Int, _ fields: [Field], at shown: Int) -> Value? {
        var members: Members = [:]
        members.reserveCapacity(fields.count)
        var seen = [Int](repeating: -1, count: fields.count)
        readFields(of: node, fields, &members, &seen, isMerged: false)
        for (index, field) in fields.enumerated() where field.isRequired && seen[index] < 0 {
            note(
                .missingField, firstKey(shown), "'\(field.name)' is missing",
                hint: "add '\(field.name)': \(plainText(field.documentation))")
        }
        return .object(members)
    }

    private mutating func readFields(
        of node: Int, _ fields: [Field], _ members: inout Members, _ seen: inout [Int], isMerged: Bool
    ) {
        var merges: [Int] = []
        var mergeKey: Int?
        var unknown: [String: Int] = [:]
        var children = document.children(of: node)
        while let key = children.next(in: document), let value = children.next(in: document) {
            if isMergeKey(key) {
                if let first = mergeKey {
                    note(.duplicateKey, key, "'<<' is written twice", hint: Self.mergeHint, related: first)
                }
                mergeKey = mergeKey ?? key
                merges.append(value)
                continue
            }
            guard let index = match(key, fields) else {
                noteUnknown(key, fields, &unknown)
                continue
            }
            if seen[index] >= 0 {
                if !isMerged {
                    note(.duplicateKey, key, "'\(fields[index].name)' is written twice", related: seen[index])
                }
                continue
            }
            seen[index] = key
            members[fields[index].name] = decode(value, fields[index].type, of: fields[index].name) ?? .null
        }
        for merge in merges {
            for mapping in merged(merge) { readFields(of: mapping, fields, &members, &seen, isMerged: true) }
        }
    }

    /// The index of the field that a key names.
    private func match(_ key: Int, _ fields: [Field]) -> Int? {
        let node = document.resolved(key)
        guard document.nodes[node].kind == .scalar else { return nil }
        return document.withText(node, in: source) { text in
            for index in fields.indices {
                let name = fields[index].name.utf8
                if name.count == text.count, name.elementsEqual(text) { return index }
            }
            return nil
        }
    }

    private mutating func noteUnknown(_ key: Int, _ fields: [Field], _ unknown: inout [String: Int]) {
        guard let name = scalar(key) else {
            note(.wrongType, key, "a field's name is text, not \(describe(key))")
            return
        }
        if let first = unknown[name] {
            note(.duplicateKey, key, "\(name.quotedForMessage) is written twice", related: first)
            return
        }
        unknown[name] = key
        let names = fields.map(\.name)
        note(
            .unknownField, key, "there is no field \(name.quotedForMessage) here",
            hint: NotBuiltYet.hint(field: name, beside: names)
                ?? Suggestion.nearest(to: name, in: names).map { "did you mean '\($0)'?" }
                ?? "the fields are \(names.joined(separator: ", "))")
    }

    mutating func map(_ node: Int, _ keys: StringFormat, _ values: FieldType, _ field: String) -> Value? {
        guard document.nodes[node].kind == .mapping else {
            wrongMapping(node, field)
            return nil
        }
        var members: Members = [:]
        var seen: [String: Int] = [:]
        readEntries(of: node, keys, values, &members, &seen, isMerged: false)
        return .object(members)
    }

    private mutating func readEntries(
        of node: Int, _ keys: StringFormat, _ values: FieldType, _ members: inout Members,
        _ seen: inout [String: Int], isMerged: Bool
    ) {
        var merges: [Int] = []
        var mergeKey: Int?
        var children = document.children(of: node)
        while let key = children.next(in: document), let value = children.next(in: document) {
            if isMergeKey(key) {
                if let first = mergeKey {
                    note(.duplicateKey, key, "'<<' is written twice", hint: Self.mergeHint, related: first)
                }
                mergeKey = mergeKey ?? key
                merges.append(value)
                continue
            }
            guard let name = scalar(key) else {
                note(.wrongType, key, "a key is text, not \(describe(key))")
                continue
            }
            if let first = seen[name] {
                if !isMerged { note(.duplicateKey, key, "\(name.quotedForMessage) is written twice", related: first) }
                continue
            }
            seen[name] = key
            if let problem = keys.problem(in: name) { note(.invalidValue, key, problem) }
            if let decoded = decode(value, values, of: String(name.prefix(80))) { members[name] = decoded }
        }
        for merge in merges {
            for mapping in merged(merge) { readEntries(of: mapping, keys, values, &members, &seen, isMerged: true) }
        }
    }

    private static let mergeHint = "write '<<: [*first, *second]'"

    private func isMergeKey(_ key: Int) -> Bool {
        let node = document.nodes[key]
        guard node.kind == .scalar, node.isPlain, node.length == 2 else { return false }
        return document.withText(key, in: source) { $0.elementsEqual("<<".utf8) }
    }

    /// The mappings that `<<` brings in, first ones winning.
    private mutating func merged(_ value: Int) -> [Int] {
        let node = document.resolved(value)
        if document.nodes[node].kind == .mapping { return [node] }
        var mappings: [Int] = []
        var children = document.children(of: node)
        while document.nodes[node].kind == .sequence, let child = children.next(in: document) {
            if document.nodes[document.resolved(child)].kind == .mapping {
                mappings.append(document.resolved(child))
            } else {
                note(.wrongType, child, "'<<' merges mappings, not \(describe(child))")
            }
        }
        let isEmpty = Int(document.nodes[node].next) == node + 1
        if isEmpty || document.nodes[node].kind != .sequence {
            note(.wrongType, value, "'<<' merges mappings, not \(describe(value))")
        }
        return mappings
    }

    private mutating func wrongMapping(_ node: Int, _ field: String) {
        let found = describe(node)
        let what = found == "nothing" ? "'\(field)' has no value; expected" : "'\(field)' is \(found); expected"
        note(
            .wrongType, node, "\(what) a mapping of fields",
            hint: found == "nothing" ? "write its fields or remove it" : nil)
    }

    /// The key that a mapping is the value of, or the mapping itself.
    private func shownKey(_ node: Int) -> Int {
        node > 0 && document.nodes[node - 1].kind == .scalar ? node - 1 : node
    }

    private func plainText(_ documentation: String) -> String { documentation.replacing("`", with: "'") }
}
