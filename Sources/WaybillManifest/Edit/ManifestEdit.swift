package import WaybillCore

/// Edits that a program makes to a manifest: comments, order and style stay, the bytes of one scalar change.
package enum ManifestEdit {
    /// `bytes` with the scalar at `path` of the document that defines `id` saying `text`, quotes kept, or added where needed.
    ///
    /// The result is read again before it is returned: that scalar says `text`, and nothing else changed.
    /// - Throws: `InvalidInput` when there is no such document or scalar, or it stands behind an alias, an anchor, a tag
    ///   or a block, where one cannot tell what else it means.
    package static func replaceScalar(
        in bytes: [UInt8], of id: ResourceID, at path: [FieldStep], with text: String
    ) throws(InvalidInput) -> [UInt8] {
        let source = SourceText(path: "", bytes: bytes)
        let found = try find(id, path, in: source)
        let before = outline(source, without: found)
        for written in forms(text, like: source.bytes[found.start..<found.end]) {
            var edited = bytes
            edited.replaceSubrange(found.start..<found.end, with: written)
            let result = SourceText(path: "", bytes: edited)
            guard let now = place(found, in: result), now.text == text, outline(result, without: now) == before else {
                continue
            }
            return edited
        }
        throw InvalidInput("\(text.quotedForMessage) cannot be written at '\(path.text)'; edit it by hand")
    }

    /// One scalar of a file.
    private struct Place {
        var document: Int
        var node: Int
        var start: Int
        var end: Int
        var text: String
    }

    private static func find(_ id: ResourceID, _ path: [FieldStep], in source: SourceText) throws(InvalidInput) -> Place
    {
        var result: Result<Place, InvalidInput>?
        var number = -1
        let stopped = YAMLReader.read(source, YAMLLimits()) { document in
            number += 1
            guard result == nil else { return }
            var decoder = DocumentDecoder(source, document, room: 1)
            guard decoder.decode().identity == id else { return }
            result = scalar(at: path, decoder, number)
        }
        if let stopped = stopped.first { throw InvalidInput(stopped.message) }
        guard let result else { throw InvalidInput("the file does not define \(id)") }
        return try result.get()
    }

    private static func scalar(
        at path: [FieldStep], _ decoder: DocumentDecoder, _ document: Int
    ) -> Result<Place, InvalidInput> {
        var at = 0
        for (depth, step) in path.enumerated() {
            guard let next = decoder.child(step, of: at) else {
                let shown = Array(path.prefix(depth + 1)).text
                return .failure(
                    InvalidInput("there is no '\(shown)' in the file; it may come from a default or a merge"))
            }
            at = next
        }
        let node = decoder.document.nodes[at]
        let (start, end) = (Int(node.start), Int(node.end))
        guard node.kind == .scalar, start < end else {
            return .failure(InvalidInput("'\(path.text)' has no value of its own; edit it by hand"))
        }
        let first = decoder.source.bytes[start]
        guard !"&!|>".utf8.contains(first) else {
            return .failure(
                InvalidInput("'\(path.text)' is written with an anchor, a tag or as a block; edit it by hand"))
        }
        let text = decoder.document.text(at, in: decoder.source)
        return .success(Place(document: document, node: at, start: start, end: end, text: text))
    }

    /// The ways to write `text`, the one most like `old` first.
    private static func forms(_ text: String, like old: ArraySlice<UInt8>) -> [[UInt8]] {
        let double = Value.string(text).jsonBytes
        let single = Array("'\(text.replacing("'", with: "''"))'".utf8)
        let isOneLine = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        switch old.first {
        case UInt8(ascii: "'"): return isOneLine ? [single, double] : [double]
        case UInt8(ascii: "\""): return [double]
        case _: return PlainScalar.isNull(text) || !isOneLine ? [double] : [Array(text.utf8), double]
        }
    }

    private static func place(_ old: Place, in source: SourceText) -> Place? {
        var found: Place?
        var number = -1
        _ = YAMLReader.read(source, YAMLLimits()) { document in
            number += 1
            guard number == old.document, old.node < document.nodes.count else { return }
            let node = document.nodes[old.node]
            guard node.kind == .scalar else { return }
            found = Place(
                document: number, node: old.node, start: Int(node.start), end: Int(node.end),
                text: document.text(old.node, in: source))
        }
        return found
    }

    /// Every node of a file but one: what an edit must leave alone.
    private static func outline(_ source: SourceText, without place: Place) -> [String] {
        var lines: [String] = []
        var number = -1
        let stopped = YAMLReader.read(source, YAMLLimits()) { document in
            number += 1
            for (index, node) in document.nodes.enumerated() {
                let isPlace = number == place.document && index == place.node
                let text = isPlace || node.kind != .scalar ? "" : document.text(index, in: source)
                lines.append(
                    "\(number) \(node.kind) \(isPlace || node.isPlain) \(node.tag) \(node.next) \(node.target) \(text)")
            }
        }
        lines += stopped.map(\.message)
        return lines
    }
}

extension DocumentDecoder {
    /// The value of one step down, as it stands in the file: no aliases, no merges.
    func child(_ step: FieldStep, of node: Int) -> Int? {
        switch step {
        case .member(let name): return document.nodes[node].kind == .mapping ? member(name, of: node) : nil
        case .index(let index):
            guard document.nodes[node].kind == .sequence else { return nil }
            var children = document.children(of: node)
            for _ in 0..<index { _ = children.next(in: document) }
            return children.next(in: document)
        }
    }
}
