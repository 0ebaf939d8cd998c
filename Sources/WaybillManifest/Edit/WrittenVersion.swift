package import WaybillCore

/// What the document of a `ModelVersion` says of where its bytes are, as it is written: also what is not valid yet.
package struct WrittenVersion: Hashable, Sendable {
    /// A scalar with its place.
    package struct Scalar: Hashable, Sendable {
        package var path: [FieldStep]
        package var text: String
    }

    package struct Artifact: Hashable, Sendable {
        package var path: String?
        package var source: Scalar?
        package var digest: Scalar?
        package var size: Scalar?
    }

    package var id: ResourceID
    package var artifacts: [Artifact] = []
    package var repository: String?
    package var commit: Scalar?

    /// Those of a file that say which version they are, in its order.
    package static func all(in bytes: [UInt8]) -> [WrittenVersion] {
        let source = SourceText(path: "", bytes: bytes)
        var found: [WrittenVersion] = []
        _ = YAMLReader.read(source, YAMLLimits()) { document in
            var decoder = DocumentDecoder(source, document, room: 1)
            let result = decoder.decode()
            guard result.kind == .modelVersion, let id = result.identity else { return }
            found.append(WrittenVersion(id, decoder))
        }
        return found
    }

    private init(_ id: ResourceID, _ decoder: DocumentDecoder) {
        self.id = id
        let spec = FieldStep.member("spec")
        func scalar(_ path: [FieldStep]) -> Scalar? {
            decoder.text(at: path).map { Scalar(path: path, text: $0) }
        }
        var index = 0
        while decoder.node(of: [spec, .member("artifacts"), .index(index)]) != nil {
            let item = [spec, .member("artifacts"), .index(index)]
            artifacts.append(
                Artifact(
                    path: scalar(item + [.member("path")])?.text, source: scalar(item + [.member("source")]),
                    digest: scalar(item + [.member("digest")]), size: scalar(item + [.member("size")])))
            index += 1
        }
        repository = scalar([spec, .member("code"), .member("repository")])?.text
        commit = scalar([spec, .member("code"), .member("commit")])
    }
}

extension DocumentDecoder {
    /// What stands at a path in the file itself.
    fileprivate func node(of path: [FieldStep]) -> Int? {
        var at = 0
        guard !document.nodes.isEmpty else { return nil }
        for step in path {
            guard let next = child(step, of: at) else { return nil }
            at = next
        }
        return at
    }

    fileprivate func text(at path: [FieldStep]) -> String? {
        guard let node = node(of: path), document.nodes[node].kind == .scalar else { return nil }
        return document.text(node, in: source)
    }
}
