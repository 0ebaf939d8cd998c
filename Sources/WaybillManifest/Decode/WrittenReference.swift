import WaybillCore

/// What a document of a broken file refers to, with the places to name when there is no such thing.
struct WrittenReference: Sendable {
    var id: ResourceID
    /// The fields of `spec` that say it, each as a problem without words.
    var places: [String: Diagnostic]

    /// Those of every document that can be read so far, in the order of the file.
    static func all(in source: SourceText, _ limits: YAMLLimits) -> [WrittenReference] {
        var found: [WrittenReference] = []
        _ = YAMLReader.read(source, limits) { document in
            guard found.count < limits.problems else { return }
            var decoder = DocumentDecoder(source, document, room: 0)
            let result = decoder.decode()
            guard let kind = result.kind, let spec = result.value?["spec"] else { return }
            for (id, fields) in named(kind, spec) {
                let places = fields.compactMap { field in decoder.place(of: field).map { (field, $0) } }
                found.append(WrittenReference(id: id, places: Dictionary(places) { first, _ in first }))
            }
        }
        return found
    }

    private static func named(_ kind: Kind, _ spec: Value) -> [(ResourceID, [String])] {
        func name(_ field: String) -> Name? { spec[field]?.string.flatMap { try? Name(parsing: $0) } }
        switch kind {
        case .model, .servingRuntime, .checklist: return []
        case .environment:
            let upstream = spec["promotion"]?["from"]?.string.flatMap { try? Name(parsing: $0) }
            return (name("checklist").map { [(.checklist($0), ["checklist"])] } ?? [])
                + (upstream.map { [(.environment($0), ["promotion"])] } ?? [])
        case .modelVersion: return name("model").map { [(.model($0), ["model"])] } ?? []
        case .modelDeployment:
            var found: [(ResourceID, [String])] = []
            if let name = name("environment") { found.append((.environment(name), ["environment"])) }
            if let name = name("runtime") { found.append((.servingRuntime(name), ["runtime"])) }
            if let model = name("model") {
                let version = spec["version"]?.string.flatMap { try? VersionID(parsing: "\(model)@\($0)") }
                found.append((version.map { .modelVersion($0) } ?? .model(model), ["model", "version"]))
            }
            return found
        }
    }

    func moved(to path: String) -> WrittenReference {
        var moved = self
        moved.places = places.mapValues { place in
            var place = place
            place.location = place.location.moved(to: path)
            return place
        }
        return moved
    }
}

extension DocumentDecoder {
    /// The value of a field of `spec` as the place of a dangling reference.
    fileprivate func place(of field: String) -> Diagnostic? {
        guard let spec = member("spec", of: 0), let value = member(field, of: spec) else { return nil }
        let node = document.nodes[value]
        return source.diagnostic(.danglingReference, Int(node.start), Int(node.end), "")
    }
}
