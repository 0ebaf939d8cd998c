extension FieldChange {
    /// What differs where a deployment comes (`before` is nil) or goes (`after` is nil), too: then every field that it
    /// has, defaults included, so that a reader sees what will run and not only what was written.
    package static func between(_ before: Rendering?, _ after: Rendering?) -> [FieldChange] {
        switch (before, after) {
        case (nil, nil): []
        case (let before?, let after?): between(before, after)
        case (nil, let after?):
            listing(after).map { FieldChange($0.path, nil, $0.value, .restart) }
        case (let before?, nil):
            listing(before).map { FieldChange($0.path, $0.value, nil, .restart) }
        }
    }

    /// Every field of `rendering` with its value or its default, in the order of paths.
    private static func listing(_ rendering: Rendering) -> [(path: String, value: Value)] {
        var found: Members = [:]
        for (member, shown, fields) in parts {
            for (impact, value) in [(Impact.restart, rendering.restart), (.live, rendering.live)] {
                list(value[member], of: fields, shown, impact, &found)
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func list(
        _ value: Value?, of fields: [Field], _ path: String, _ impact: Impact, _ found: inout Members
    ) {
        let known = Set(fields.map(\.name))
        for field in fields {
            let place = "\(path).\(field.name)"
            let member = value?[field.name]
            if case .object(let inner) = field.type {
                // The defaults of an object that is not there, as of a probe that nobody asked for, say nothing.
                if member != nil || field.isWhollyDefault { list(member, of: inner, place, impact, &found) }
            } else if let shown = member ?? (field.impact == impact ? field.defaultValue : nil) {
                found[place] = shown
            }
        }
        // What the schema does not name, as the digest of a lock's bytes.
        for (name, member) in value?.object ?? [:] where !known.contains(name) { found["\(path).\(name)"] = member }
    }

    /// What differs from one rendering to the next, in the order of paths. Empty only for equal renderings.
    package static func between(_ before: Rendering, _ after: Rendering) -> [FieldChange] {
        var changes: [FieldChange] = []
        for (member, shown, fields) in parts {
            for (impact, old, new) in [
                (Impact.restart, before.restart, after.restart), (.live, before.live, after.live),
            ] {
                compare(old[member], new[member], .object(fields), shown, impact, &changes)
            }
        }
        return changes.sorted { $0.path < $1.path }
    }

    private static var parts: [(member: String, shown: String, fields: [Field])] {
        [
            ("deployment", "spec", KindSchema.modelDeployment.spec),
            ("runtime", "runtime", KindSchema.servingRuntime.spec),
            ("version", "version", KindSchema.modelVersion.spec),
        ]
    }

    private static func compare(
        _ before: Value?, _ after: Value?, _ type: FieldType?, _ path: String, _ impact: Impact,
        _ changes: inout [FieldChange]
    ) {
        guard before != after else { return }
        let found = changes.count
        switch type {
        case .object(let fields):
            compareMembers(before?.object ?? [:], after?.object ?? [:], fields, path, impact, &changes)
        case .list(let item, _, .field(let key)):
            compareItems(before?.list ?? [], after?.list ?? [], item, key, path, impact, &changes)
        case .string, .choice, .integer, .number, .onlyTrue, .list, .map, nil: break
        }
        // A leaf, an order that changed, or an object that came or went with nothing in it.
        if changes.count == found { changes.append(FieldChange(path, before, after, impact)) }
    }

    private static func compareMembers(
        _ before: Members, _ after: Members, _ fields: [Field], _ path: String, _ impact: Impact,
        _ changes: inout [FieldChange]
    ) {
        for name in Set(before.keys).union(after.keys).sorted() {
            let field = fields.first { $0.name == name }
            compare(
                before[name] ?? field?.defaultValue, after[name] ?? field?.defaultValue, field?.type, "\(path).\(name)",
                impact, &changes)
        }
    }

    private static func compareItems(
        _ before: [Value], _ after: [Value], _ item: FieldType, _ key: String, _ path: String, _ impact: Impact,
        _ changes: inout [FieldChange]
    ) {
        func byKey(_ items: [Value]) -> [String: Value] {
            Dictionary(items.map { ($0[key]?.string ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        }
        let (old, new) = (byKey(before), byKey(after))
        for name in Set(old.keys).union(new.keys).sorted() {
            guard let was = old[name], let now = new[name] else {
                if old[name] != new[name] {
                    changes.append(
                        FieldChange("\(path)[\(name)]", old[name], new[name], impact))
                }
                continue
            }
            compare(was, now, item, "\(path)[\(name)]", impact, &changes)
        }
    }
}

extension FieldChange {
    fileprivate init(_ path: String, _ before: Value?, _ after: Value?, _ impact: Impact) {
        self.init(
            path: path, before: before.map(Self.text), after: after.map(Self.text), restarts: impact == .restart)
    }

    private static func text(_ value: Value) -> String {
        guard let text = value.string else { return String(DiagnosticText.harmless(value.json).prefix(200)) }
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        return String(DiagnosticText.harmless(isPlain ? text : value.json).prefix(200))
    }
}

extension Field {
    /// Whether each field of this object means something when it is absent.
    fileprivate var isWhollyDefault: Bool {
        guard case .object(let fields) = type else { return false }
        return fields.allSatisfy { field in
            if case .list = field.type { !field.isRequired } else { field.defaultValue != nil }
        }
    }
}
