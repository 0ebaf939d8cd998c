import ArgumentParser
import WaybillCore
import WaybillPackage
import WaybillTrust

/// `waybill package inspect`.
struct PackageInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what is in a bundle, and what stands beside it.",
        discussion: """
            REF is a version such as churn@1.4.0, or a digest or at least 8 digits of it. Signatures are judged by the access \
            file of the fleet folder, when there is one.
            """)

    @Argument(help: ArgumentHelp("The bundle.", valueName: "ref"))
    var reference: String

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var signatures: SignatureOptions

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let content = try options.content()
        let bundle = try await content.bundle(reference)
        let found = try await signatures.findings(bundle, in: content, ledger: try options.folder().ledger)
        let access = found.rules?.access
        let keys = (try signatures.keys() + (access?.keys ?? [])).compactMap(\.ecKey)
        let beside = BundleSurroundings(
            signatures: found.findings, statements: try await content.statements(about: bundle, keys: keys),
            access: access)
        var value = bundle.value.object ?? [:]
        value.merge(beside.members) { own, _ in own }
        try show(.object(value), output) { bundle.text(Console.current.style) + beside.text(Console.current.style) }
    }
}

/// `waybill package diff`.
struct PackageDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what differs between two bundles: the weights, or only words about them.",
        discussion: "Each is a version such as churn@1.4.0, or a digest or at least 8 digits of it.")

    @Argument(help: ArgumentHelp("The bundle to compare with.", valueName: "before"))
    var before: String

    @Argument(help: ArgumentHelp("The other one.", valueName: "after"))
    var after: String

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let store = try options.content()
        let (old, new) = (try await store.bundle(before), try await store.bundle(after))
        let difference = BundleDifference(from: old, to: new)
        try show(difference.value(from: old, to: new), output) {
            difference.text(from: before, to: after, Console.current.style)
        }
    }
}

extension StoredBundle {
    var value: Value {
        [
            "kind": "Bundle", "version": version.map { .string($0) } ?? .null,
            "digest": .string(descriptor.digest.description), "size": .integer(size), "config": configValue,
            "annotations": .object(annotations.mapValues { .string($0) }),
            "layers": .list(
                layers.map {
                    [
                        "path": .string($0.path), "mediaType": .string($0.mediaType),
                        "digest": .string($0.digest.description), "size": .integer($0.size),
                    ]
                }),
        ]
    }

    func text(_ style: Style) -> String {
        let descriptor = configValue["descriptor"]
        var sections = Sections(style)
        sections.title(version ?? self.descriptor.digest.description)
        sections.facts([
            ("digest", self.descriptor.digest.description), ("size", Bytes.text(size)),
            ("format", configValue["config"]?["format"]?.string),
            ("license", descriptor?["licenses"]?.list?.compactMap(\.string).joined(separator: ", ")),
            ("code", descriptor?["sourceURL"]?.string), ("commit", descriptor?["revision"]?.string),
        ])
        if !data.isEmpty {
            sections.title("Data")
            sections.facts(data.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }
        sections.title("Layers")
        sections.table(
            Table(
                titles: ["FILE", "KIND", "SIZE", "DIGEST"],
                rows: layers.map { layer in
                    [
                        Table.Cell(layer.path, .strong),
                        Table.Cell(ModelPack.Layer(mediaType: layer.mediaType)?.rawValue ?? layer.mediaType),
                        Table.Cell(Bytes.text(layer.size)), Table.Cell(layer.digest.description),
                    ]
                }, rightAligned: [2]))
        return sections.text
    }
}

extension BundleDifference {
    func value(from old: StoredBundle, to new: StoredBundle) -> Value {
        func value(_ item: Item) -> [String: Value] {
            var members: [String: Value] = ["change": .string(item.change.rawValue), "name": .string(item.name)]
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
        let rows = files.map { row($0.item, $0.layer?.rawValue ?? "unknown") } + facts.map { row($0, "fact") }
        if !rows.isEmpty {
            sections.table(Table(titles: ["CHANGE", "WHAT", "KIND", "BEFORE", "AFTER"], rows: rows))
        }
        return sections.text
    }
}
