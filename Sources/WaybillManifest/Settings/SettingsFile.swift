package import WaybillCore

/// A file of nested settings, as `waybill.yaml`, flattened to dotted paths, each value with its place.
///
/// Bounded like manifests. Plain scalars are typed by YAML's core schema; what a setting may be is judged by the caller,
/// who gets the place for the message.
package struct SettingsFile: Sendable {
    package struct Setting: Sendable {
        /// `repository.url`.
        package var path: String
        package var value: Value
        let keyStart: Int
        let start: Int
        let end: Int
    }

    package private(set) var settings: [Setting] = []
    /// What is not well-formed, in the order of places.
    package private(set) var problems: [Diagnostic] = []
    private let source: SourceText

    package init(path: String, bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) {
        source = SourceText(path: path, bytes: bytes)
        var (found, noted): ([Setting], [Diagnostic]) = ([], [])
        let source = source
        var documents = 0
        let stopped = YAMLReader.read(source, limits) { document in
            documents += 1
            let start = Int(document.nodes[0].start)
            if documents > 1 {
                noted.append(source.diagnostic(.syntax, start, start, "a settings file has one document"))
            } else if document.nodes[0].kind != .mapping {
                noted.append(source.diagnostic(.wrongType, start, start, "a settings file is a mapping of settings"))
            } else {
                var walk = SettingsWalk(source: source, document: copy document)
                walk.read(mapping: 0, prefix: "")
                found = walk.settings
                noted += walk.problems
            }
        }
        settings = found
        problems = noted + stopped
    }

    /// A problem of the value of `setting`.
    package func problem(_ setting: Setting, _ message: String, hint: String? = nil) -> Diagnostic {
        source.diagnostic(.invalidValue, setting.start, setting.end, message, hint: hint)
    }

    /// A setting that does not exist.
    package func unknown(_ setting: Setting, hint: String?) -> Diagnostic {
        let name = setting.path.split(separator: ".").last.map(String.init) ?? setting.path
        return source.diagnostic(
            .unknownField, setting.keyStart, setting.keyStart + name.utf8.count,
            "there is no setting '\(setting.path)'",
            hint: hint)
    }
}

/// Walks the mappings of one document.
private struct SettingsWalk {
    let source: SourceText
    let document: YAMLDocument
    var settings: [SettingsFile.Setting] = []
    var problems: [Diagnostic] = []

    mutating func read(mapping node: Int, prefix: String) {
        var seen: [String: Int] = [:]
        var children = document.children(of: node)
        while let key = children.next(in: document), let child = children.next(in: document) {
            let start = Int(document.nodes[key].start)
            guard document.nodes[document.resolved(key)].kind == .scalar else {
                problems.append(
                    source.diagnostic(
                        .wrongType, start, start, "the name of a setting is text, not a list or a mapping"))
                continue
            }
            let name = document.text(document.resolved(key), in: source)
            if let first = seen.updateValue(start, forKey: name) {
                problems.append(
                    source.diagnostic(
                        .duplicateKey, start, Int(document.nodes[key].end), "'\(name)' is written twice",
                        hint: "remove one of them", related: source.location(ofOffset: first)))
                continue
            }
            let value = document.resolved(child)
            if document.nodes[value].kind == .mapping, Int(document.nodes[value].next) > value + 1 {
                read(mapping: value, prefix: prefix + name + ".")
            } else {
                settings.append(
                    SettingsFile.Setting(
                        path: prefix + name, value: self.value(value), keyStart: start,
                        start: Int(document.nodes[child].start), end: Int(document.nodes[child].end)))
            }
        }
    }

    private func value(_ node: Int) -> Value {
        if document.nodes[node].kind == .mapping { return .object([:]) }
        guard document.nodes[node].kind != .sequence else { return .list(items(node)) }
        let text = document.text(node, in: source)
        guard document.nodes[node].isPlain else { return .string(text) }
        if PlainScalar.isNull(text) { return .null }
        if let flag = PlainScalar.boolean(text) { return .bool(flag) }
        if let number = PlainScalar.integer(text) { return .integer(number) }
        return .string(text)
    }

    private func items(_ node: Int) -> [Value] {
        var items: [Value] = []
        var children = document.children(of: node)
        while let child = children.next(in: document) {
            let item = document.resolved(child)
            items.append(document.nodes[item].kind == .scalar ? .string(document.text(item, in: source)) : .null)
        }
        return items
    }
}
