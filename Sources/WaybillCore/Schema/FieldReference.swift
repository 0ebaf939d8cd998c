/// The reference of all kinds and fields, in Markdown.
package enum FieldReference {
    /// The text of `docs/manifests.md`.
    package static var markdown: String {
        ([introduction] + KindSchema.all.map { section($0) }).joined(separator: "\n") + "\n"
    }

    private static let introduction = """
        # Manifests

        A fleet repository holds manifests: YAML files (`*.yaml`, `*.yml`) with one or more documents each, in any folders.
        Folders and files whose names begin with `.` are left alone. Where a manifest stands means nothing; what it says does.

        Every document begins with `apiVersion: \(KindSchema.apiVersion)` and a `kind`. Text is text: `no`, `on` and `012` need no
        quotes; a number is one only where a number is due, and is decimal. Unknown fields, fields written twice, wrong types and names
        of nothing are errors, with the place and a hint. A file with an error holds what it defined as it last was;
        everything else goes on, and nothing is removed because a file could not be read.

        A file has at most 1 MiB; a document at most 64 levels and 10,000 nodes, an alias being one of them; all
        aliases of a document together stand for at most 10,000 nodes more.

        Editors check manifests as you type with this first line:

        ```yaml
        # yaml-language-server: $schema=manifests/schema/waybill.schema.json
        ```

        The column *change* says what happens to what runs when the field changes: *restart* replaces the replicas by a
        new revision, *live* is applied to those that run, a dash changes nothing that runs. Defaults and absent fields
        are the same.

        This page is generated from the definitions that the decoder uses (`WAYBILL_REGENERATE=1 swift test`).

        """

    private static func section(_ kind: KindSchema) -> String {
        var lines = ["## \(kind.kind.rawValue)", "", kind.documentation, "", "```yaml", kind.example, "```", ""]
        lines += ["| field | type | default | change | meaning |", "| --- | --- | --- | --- | --- |"]
        lines += rows(kind.document.filter { $0.name == "metadata" }, "")
        lines += rows(kind.spec, "spec.")
        return (lines + [""]).joined(separator: "\n")
    }

    private static func rows(_ fields: [Field], _ prefix: String) -> [String] {
        fields.flatMap { field -> [String] in
            let path = prefix + field.name
            let presence = field.isRequired ? "required" : field.defaultValue.map { "`\($0.string ?? $0.json)`" } ?? ""
            let own = "| `\(path)` | \(title(field.type)) | \(presence) | \(change(field)) | \(field.documentation) |"
            switch field.type {
            case .object(let inner): return [own] + rows(inner, path + ".")
            case .list(.object(let inner), _, _): return [own] + rows(inner, path + "[].")
            case .string, .choice, .integer, .number, .onlyTrue, .list, .map: return [own]
            }
        }
    }

    private static func change(_ field: Field) -> String {
        if case .object = field.type { return "" }
        return field.impact == .none ? "–" : field.impact.rawValue
    }

    private static func title(_ type: FieldType) -> String {
        switch type {
        case .string(let format): format.title
        case .choice(let words): words.map { "`\($0)`" }.joined(separator: ", ")
        case .integer(let range):
            range.upperBound == Int64.max
                ? "whole number from \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        case .number: "number"
        case .onlyTrue: "`true`"
        case .list(let item, _, _): "list of \(plural(item))"
        case .map(_, let values): "mapping of names to \(title(values))"
        case .object: "mapping"
        }
    }

    private static func plural(_ type: FieldType) -> String {
        if case .object = type { return "mappings" }
        return title(type)
    }
}
