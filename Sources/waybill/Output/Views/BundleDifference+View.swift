import WaybillCore
import WaybillPackage

extension BundleDifference {
    func value(from old: StoredBundle, to new: StoredBundle) -> Value {
        func value(_ item: Item) -> Members {
            var members: Members = ["change": .string(item.change.rawValue), "name": .string(item.name)]
            if let before = item.before { members["before"] = .string(before) }
            if let after = item.after { members["after"] = .string(after) }
            return members
        }
        return [
            "kind": "BundleDifference", "from": .string(old.descriptor.digest.description),
            "to": .string(new.descriptor.digest.description), "summary": .string(summary),
            "files": .list(
                files.map { file in
                    var members = value(file.item)
                    members["layer"] = .string(file.layer?.rawValue ?? "unknown")
                    return .object(members)
                }),
            "facts": .list(facts.map { .object(value($0)) }),
            "packages": .list(packages.map { .object(value($0)) }),
            "tensors": .list(tensors.map { .object(value($0)) }),
        ]
    }

    func text(from before: String, to after: String, _ style: Style) -> String {
        var sections = Sections(style)
        sections.title("\(before) → \(after): \(summary)")
        func row(_ item: Item, _ kind: String) -> [Table.Cell] {
            [
                Table.Cell(item.change.rawValue), Table.Cell(item.name, .strong), Table.Cell(kind),
                Table.Cell(item.before), Table.Cell(item.after),
            ]
        }
        var rows = files.map { row($0.item, $0.layer?.rawValue ?? "unknown") } + facts.map { row($0, "fact") }
        for (items, kind) in [(packages, "package"), (tensors, "tensor")] {
            rows += items.prefix(Self.shown).map { row($0, kind) }
        }
        if !rows.isEmpty {
            sections.table(Table(titles: ["CHANGE", "WHAT", "KIND", "BEFORE", "AFTER"], rows: rows))
        }
        for (items, kind) in [(packages, "packages"), (tensors, "tensors")] where items.count > Self.shown {
            sections.lines(["… and \(items.count - Self.shown) more \(kind); -o json has all"])
        }
        return sections.text
    }

    /// Packages, and tensors, that a person is shown.
    private static var shown: Int { 50 }
}
