import WaybillCore
import WaybillPackage

extension StoredBundle {
    var value: Value {
        [
            "kind": "Bundle", "version": version.map { .string($0) } ?? .null,
            "digest": .string(descriptor.digest.description), "size": .integer(size), "config": configValue,
            "annotations": .object(Members(annotations)),
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
