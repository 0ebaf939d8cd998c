import WaybillCore

/// Decodes one document by the schema of its kind. Every problem is noted in its place; what is sound is decoded.
struct DocumentDecoder {
    let source: SourceText
    let document: YAMLDocument
    var problems: [Diagnostic] = []
    /// How many problems may still be noted.
    var room: Int

    init(_ source: SourceText, _ document: borrowing YAMLDocument, room: Int) {
        self.source = source
        self.document = copy document
        self.room = room
    }

    /// What one document came to.
    struct Result {
        var resource: Resource?
        /// Which resource it means to define, when that can be told.
        var identity: ResourceID?
        var kind: Kind?
        /// All that is sound; `null` where something is written that is not.
        var value: Value?
        /// It means to define something, and does not say what.
        var isUnnamed = false
    }

    mutating func decode() -> Result {
        guard let kind = readKind() else { return Result(isUnnamed: isOurs) }
        let schema = KindSchema.of(kind)
        let value = decodeObject(0, schema.document, at: 0) ?? .object([:])
        noteRules(kind, value)
        guard problems.isEmpty else { return unsound(kind, value) }
        do {
            let location = source.location(ofOffset: Int(document.nodes[0].start))
            let resource = try Resource(kind: kind, document: value, location: location)
            return Result(resource: resource, identity: resource.id, kind: kind, value: value)
        } catch {
            note(.invalidValue, 0, error.message)
            return unsound(kind, value)
        }
    }

    private func unsound(_ kind: Kind, _ value: Value) -> Result {
        let identity = Resource.identity(kind: kind, document: value)
        return Result(identity: identity, kind: kind, value: value, isUnnamed: identity == nil)
    }

    private mutating func noteRules(_ kind: Kind, _ value: Value) {
        for problem in FieldRules.problems(kind: kind, document: value) {
            let rule = DiagnosticRule(rawValue: problem.rule) ?? .invalidValue
            let place = problem.isOfKey ? keyNode(at: problem.path) : node(at: problem.path)
            note(rule, place, problem.message, hint: problem.hint)
        }
    }

    /// Whether a document without a known kind may be meant for Waybill at all.
    private var isOurs: Bool {
        guard document.nodes[0].kind == .mapping else { return false }
        return member("apiVersion", of: 0).flatMap(scalar).map { $0.hasPrefix("waybill.dev/") } ?? true
    }

    /// The kind, when the document says that it is one of ours; otherwise what is wrong is noted.
    private mutating func readKind() -> Kind? {
        guard document.nodes[0].kind == .mapping else {
            note(
                .wrongType, 0, "a manifest is a mapping of fields, not \(describe(0))",
                hint: "begin with 'apiVersion: \(KindSchema.apiVersion)'")
            return nil
        }
        guard let version = member("apiVersion", of: 0), let kind = member("kind", of: 0) else {
            let missing = member("apiVersion", of: 0) == nil ? "apiVersion" : "kind"
            note(
                .missingField, firstKey(0), "'\(missing)' is missing",
                hint: missing == "kind" ? "one of \(Self.kinds)" : "write 'apiVersion: \(KindSchema.apiVersion)'")
            return nil
        }
        guard let apiVersion = scalar(version), apiVersion == KindSchema.apiVersion else {
            let hint =
                "this Waybill reads '\(KindSchema.apiVersion)'; other YAML goes into a folder whose name begins with '.'"
            note(.wrongVersion, version, "apiVersion is \(describe(version))", hint: hint)
            return nil
        }
        guard let text = scalar(kind), let known = Kind(rawValue: text) else {
            let near = scalar(kind).flatMap { Suggestion.nearest(to: $0, in: Kind.allCases.map(\.rawValue)) }
            note(
                .unknownKind, kind, "this Waybill knows no kind \(describe(kind))",
                hint: near.map { "did you mean '\($0)'?" } ?? "one of \(Self.kinds)")
            return nil
        }
        return known
    }

    private static let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")

    mutating func note(
        _ rule: DiagnosticRule, _ node: Int, _ message: String, hint: String? = nil, related: Int? = nil
    ) {
        room -= 1
        guard room >= 0, node < document.nodes.count else { return }
        let (start, end) = span(node)
        problems.append(
            source.diagnostic(
                rule, start, end, message, hint: hint,
                related: related.map { source.location(ofOffset: Int(document.nodes[$0].start)) }))
    }

    /// What to underline: a scalar, or the first key or item of a collection.
    private func span(_ node: Int) -> (Int, Int) {
        let shown = document.nodes[node]
        if shown.kind == .scalar || shown.kind == .alias { return (Int(shown.start), Int(shown.end)) }
        let byte = Int(shown.start) < source.bytes.count ? source.bytes[Int(shown.start)] : 0
        let isFlow = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
        guard !isFlow, node + 1 < Int(shown.next), shown.kind == .mapping else {
            return (Int(shown.start), Int(shown.start))
        }
        return (Int(document.nodes[node + 1].start), Int(document.nodes[node + 1].end))
    }
}

extension DocumentDecoder {
    /// The text of a scalar, whatever it may mean.
    func scalar(_ node: Int) -> String? {
        let node = document.resolved(node)
        return document.nodes[node].kind == .scalar ? document.text(node, in: source) : nil
    }

    /// The value of a key of a mapping, without merges.
    func member(_ name: String, of mapping: Int) -> Int? {
        entry(name, of: mapping)?.value
    }

    private func entry(_ name: String, of mapping: Int) -> (key: Int, value: Int)? {
        let mapping = document.resolved(mapping)
        guard document.nodes[mapping].kind == .mapping else { return nil }
        var children = document.children(of: mapping)
        while let key = children.next(in: document), let value = children.next(in: document) {
            if scalar(key) == name { return (key, value) }
        }
        return nil
    }

    func firstKey(_ mapping: Int) -> Int {
        Int(document.nodes[mapping].next) > mapping + 1 ? mapping + 1 : mapping
    }

    /// The key at the end of a path, or what `node` gives.
    func keyNode(at path: [FieldStep]) -> Int {
        var at = 0
        for step in path.dropLast() {
            guard let next = child(step, of: at) else { return node(at: path) }
            at = next
        }
        guard case .member(let name)? = path.last, let found = entry(name, of: at) else { return node(at: path) }
        return found.key
    }

    /// The node at a path from the top, or the last one on the way: a scalar's own, else its key.
    func node(at path: [FieldStep]) -> Int {
        var (shown, at) = (0, 0)
        for step in path {
            switch step {
            case .member(let name):
                guard let found = entry(name, of: at) else { return shown }
                let isScalar = document.nodes[document.resolved(found.value)].kind == .scalar
                (shown, at) = (isScalar ? found.value : found.key, found.value)
            case .index(let index):
                var children = document.children(of: document.resolved(at))
                var found = children.next(in: document)
                for _ in 0..<index { found = children.next(in: document) }
                guard let found else { return shown }
                (shown, at) = (found, found)
            }
        }
        return shown
    }

    /// What stands there, for messages.
    func describe(_ node: Int) -> String {
        let node = document.resolved(node)
        let shown = document.nodes[node]
        switch shown.kind {
        case .sequence: return "a list"
        case .mapping, .alias: return "a mapping"
        case .scalar:
            let text = document.text(node, in: source)
            guard shown.isPlain, shown.tag == .none else { return "the text \(text.quotedForMessage)" }
            if PlainScalar.isNull(text) { return "nothing" }
            if PlainScalar.isNumber(text) { return "the number \(String(text.prefix(40)))" }
            return PlainScalar.boolean(text) == nil ? text.quotedForMessage : text
        }
    }
}
