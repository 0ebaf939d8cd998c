extension FieldChange {
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
        case .string, .choice, .integer, .onlyTrue, .list, .map, nil: break
        }
        // A leaf, an order that changed, or an object that came or went with nothing in it.
        if changes.count == found { changes.append(FieldChange(path, before, after, impact)) }
    }

    private static func compareMembers(
        _ before: [String: Value], _ after: [String: Value], _ fields: [Field], _ path: String, _ impact: Impact,
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
