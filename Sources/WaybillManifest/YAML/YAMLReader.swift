internal import CLibYAML
import Glibc
import WaybillCore

/// Reads the documents of one file by libyaml's events, within bounds.
struct YAMLReader {
    private let source: SourceText
    private let limits: YAMLLimits
    private var document = YAMLDocument()
    private var open: [Open] = []
    private var anchors: [String: Anchor] = [:]
    /// Nodes of the document with each alias counted as all that it stands for.
    private var expandedNodes = 0
    private var aliasedNodes = 0
    private var documents = 0
    private var isFinished = false
    /// Where the parser began, in characters of the file.
    private var base = 0

    private struct Open {
        var node: Int
        var anchor: String?
        var expandedBefore: Int
    }

    private struct Anchor {
        var node: Int
        /// Nil while the node is still being read.
        var size: Int?
    }

    private init(_ source: SourceText, _ limits: YAMLLimits) {
        self.source = source
        self.limits = limits
    }

    /// Gives each document with content to `body`, in order, until one passes a bound. One that is not well-formed is left
    /// out: the reading goes on at the next line that begins a document with `---`.
    ///
    /// - Returns: what was not read, and why; empty when all was.
    static func read(_ source: SourceText, _ limits: YAMLLimits, _ body: (borrowing YAMLDocument) -> Void)
        -> [Diagnostic]
    {
        var reader = YAMLReader(source, limits)
        if let refusal = reader.refusal() { return [refusal] }
        var problems: [Diagnostic] = []
        var start: Int? = source.textStart
        while let from = start, let problem = reader.run(from: from, body) {
            problems.append(problem)
            let isSyntax = problem.rule == DiagnosticRule.syntax.rawValue && problems.count < limits.resumptions
            start = isSyntax ? source.documentMarker(after: from, fromLine: problem.location.line) : nil
        }
        return problems
    }

    /// What can be refused without parsing.
    private func refusal() -> Diagnostic? {
        if source.bytes.count > limits.size {
            return source.diagnostic(
                .limit, 0, 0, "the file has \(source.bytes.count) bytes; at most \(limits.size) are read",
                hint: "split it into several files")
        }
        if let offset = source.firstInvalidByte() {
            let isWide =
                offset == 0 && (source.bytes.starts(with: [0xff, 0xfe]) || source.bytes.starts(with: [0xfe, 0xff]))
            return source.diagnostic(
                .notUTF8, offset, offset, "the file is not UTF-8 from byte \(offset) on",
                hint: isWide ? "it begins like UTF-16; save it as UTF-8" : "save it as UTF-8")
        }
        let directives = source.directiveCount
        guard directives > limits.directives else { return nil }
        return source.diagnostic(
            .limit, 0, 0, "the file has \(directives) lines that begin with '%'; at most \(limits.directives) are read")
    }

    private mutating func run(from start: Int, _ body: (borrowing YAMLDocument) -> Void) -> Diagnostic? {
        let source = source
        base = source.characters(from: source.textStart, to: start)
        document.removeAll()
        return source.bytes.withUnsafeBufferPointer { all in
            let text = UnsafeBufferPointer(rebasing: all[start...])
            guard let parser = EventParser(reading: text) else {
                return source.diagnostic(.limit, 0, 0, "there is no memory to read the file")
            }
            while !isFinished {
                var refused: Diagnostic?
                let isRead = parser.next { event in refused = take(event, body) }
                if !isRead { return syntaxProblem(parser.failure, start) }
                if let refused { return refused }
            }
            return nil
        }
    }

    private mutating func take(
        _ event: UnsafePointer<yaml_event_t>, _ body: (borrowing YAMLDocument) -> Void
    ) -> Diagnostic? {
        switch event.pointee.type {
        case YAML_STREAM_END_EVENT: isFinished = true
        case YAML_DOCUMENT_START_EVENT: return beginDocument(event)
        case YAML_DOCUMENT_END_EVENT: if !document.nodes.isEmpty { body(document) }
        case YAML_SCALAR_EVENT: return scalar(event)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.pointee.data.sequence_start
            return begin(.sequence, event, tag: start.tag, anchor: start.anchor)
        case YAML_MAPPING_START_EVENT:
            let start = event.pointee.data.mapping_start
            return begin(.mapping, event, tag: start.tag, anchor: start.anchor)
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: end(event)
        case YAML_ALIAS_EVENT: return alias(event)
        case _: break
        }
        return nil
    }

    private mutating func beginDocument(_ event: UnsafePointer<yaml_event_t>) -> Diagnostic? {
        document.removeAll()
        open.removeAll(keepingCapacity: true)
        anchors.removeAll(keepingCapacity: true)
        (expandedNodes, aliasedNodes) = (0, 0)
        documents += 1
        document.start = offset(Int(event.pointee.start_mark.index))
        guard documents > limits.documents else { return nil }
        return source.diagnostic(
            .limit, document.start, document.start, "the file has more than \(limits.documents) documents",
            hint: "split it into several files")
    }
}

extension YAMLReader {
    private mutating func scalar(_ event: UnsafePointer<yaml_event_t>) -> Diagnostic? {
        let scalar = event.pointee.data.scalar
        let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
        guard let index = append(.scalar, event, tag: scalar.tag, isPlain: isPlain) else { return tooManyNodes(event) }
        let value = UnsafeRawBufferPointer(start: scalar.value, count: scalar.length)
        // An empty plain scalar can be a document of its own without a word in it.
        if open.isEmpty, isPlain, value.isEmpty, scalar.tag == nil, scalar.anchor == nil {
            document.nodes.removeAll(keepingCapacity: true)
            return nil
        }
        place(value, in: index, isPlain: isPlain)
        if let anchor = scalar.anchor { anchors[name(anchor)] = Anchor(node: index, size: 1) }
        return nil
    }

    /// Lets the node's text be its bytes in the file where they are the same, quotes left out.
    private mutating func place(_ value: UnsafeRawBufferPointer, in index: Int, isPlain: Bool) {
        let start = Int(document.nodes[index].start) + (isPlain ? 0 : 1)
        let isInFile = source.bytes.withUnsafeBytes { file in
            start + value.count <= file.count
                && start + value.count <= Int(document.nodes[index].end)
                && Self.isSame(file[start..<start + value.count], value)
        }
        document.nodes[index].length = UInt32(value.count)
        if isInFile {
            document.nodes[index].text = UInt32(start)
        } else {
            document.nodes[index].isUnescaped = true
            document.nodes[index].text = UInt32(document.unescaped.count)
            document.unescaped.append(contentsOf: value)
        }
    }

    /// Whether as many bytes, of which there are as many, are the same.
    private static func isSame(_ file: Slice<UnsafeRawBufferPointer>, _ value: UnsafeRawBufferPointer) -> Bool {
        guard let one = UnsafeRawBufferPointer(rebasing: file).baseAddress, let other = value.baseAddress else {
            return true
        }
        return memcmp(one, other, value.count) == 0
    }

    private mutating func begin(
        _ kind: YAMLDocument.Node.Kind, _ event: UnsafePointer<yaml_event_t>, tag: UnsafeMutablePointer<UInt8>?,
        anchor: UnsafeMutablePointer<UInt8>?
    ) -> Diagnostic? {
        guard open.count < limits.depth else {
            let (start, end) = span(event)
            return source.diagnostic(
                .limit, start, end, "the document is nested more than \(limits.depth) levels deep",
                hint: "no manifest needs that many levels; look for a stray bracket or indentation")
        }
        let before = expandedNodes
        guard let index = append(kind, event, tag: tag, isPlain: false) else { return tooManyNodes(event) }
        let name = anchor.map { self.name($0) }
        if let name { anchors[name] = Anchor(node: index, size: nil) }
        open.append(Open(node: index, anchor: name, expandedBefore: before))
        return nil
    }

    private mutating func end(_ event: UnsafePointer<yaml_event_t>) {
        guard let closed = open.popLast() else { return }
        document.nodes[closed.node].next = UInt32(document.nodes.count)
        document.nodes[closed.node].end = UInt32(offset(Int(event.pointee.end_mark.index)))
        if let anchor = closed.anchor, anchors[anchor]?.node == closed.node {
            anchors[anchor]?.size = expandedNodes - closed.expandedBefore
        }
    }

    private mutating func alias(_ event: UnsafePointer<yaml_event_t>) -> Diagnostic? {
        let (start, end) = span(event)
        guard let written = event.pointee.data.alias.anchor else { return nil }
        let name = name(written)
        guard let anchor = anchors[name] else {
            return source.diagnostic(
                .syntax, start, end, "the alias \("*\(name)".quotedForMessage) has no anchor before it",
                hint: Suggestion.nearest(to: name, in: anchors.keys.sorted()).map { "did you mean '*\($0)'?" })
        }
        guard let size = anchor.size else {
            return source.diagnostic(
                .syntax, start, end, "the alias \("*\(name)".quotedForMessage) stands for what it is in")
        }
        aliasedNodes += size
        guard aliasedNodes <= limits.aliasedNodes else {
            return source.diagnostic(
                .limit, start, end, "the document's aliases stand for more than \(limits.aliasedNodes) nodes",
                hint: "write less by aliases of aliases")
        }
        guard let index = append(.alias, event, tag: nil, isPlain: false) else { return tooManyNodes(event) }
        expandedNodes += size - 1
        document.nodes[index].target = UInt32(anchor.node)
        return nil
    }

    /// Nil when the document has all the nodes that it may.
    private mutating func append(
        _ kind: YAMLDocument.Node.Kind, _ event: UnsafePointer<yaml_event_t>, tag: UnsafeMutablePointer<UInt8>?,
        isPlain: Bool
    ) -> Int? {
        let index = document.nodes.count
        guard index < limits.nodes else { return nil }
        let (start, end) = span(event)
        expandedNodes += 1
        document.nodes.append(
            YAMLDocument.Node(
                kind: kind, isPlain: isPlain, tag: Self.tag(tag), isUnescaped: false, start: UInt32(start),
                end: UInt32(end), text: 0, length: 0, next: UInt32(index + 1), target: 0))
        return index
    }

    private func tooManyNodes(_ event: UnsafePointer<yaml_event_t>) -> Diagnostic {
        let (start, end) = span(event)
        return source.diagnostic(
            .limit, start, end, "the document has more than \(limits.nodes) nodes",
            hint: "split it into several documents")
    }

    private func span(_ event: UnsafePointer<yaml_event_t>) -> (Int, Int) {
        (
            offset(Int(event.pointee.start_mark.index)), offset(Int(event.pointee.end_mark.index))
        )
    }

    /// The byte offset of a character that the parser counted.
    private func offset(_ character: Int) -> Int { source.offset(ofCharacter: base + character) }

    private func name(_ text: UnsafeMutablePointer<UInt8>) -> String { String(cString: text) }

    private static func tag(_ text: UnsafeMutablePointer<UInt8>?) -> YAMLDocument.Node.Tag {
        guard let text else { return .none }
        switch String(cString: text) {
        case "!", "tag:yaml.org,2002:str": return .string
        case "tag:yaml.org,2002:int": return .integer
        case "tag:yaml.org,2002:float": return .float
        case "tag:yaml.org,2002:bool": return .boolean
        case "tag:yaml.org,2002:null": return .null
        case "tag:yaml.org,2002:seq": return .sequence
        case "tag:yaml.org,2002:map": return .mapping
        case _: return .unknown
        }
    }

    private func syntaxProblem(_ failure: EventParser.Failure, _ start: Int) -> Diagnostic {
        let offset =
            switch failure.place {
            case .byte(let byte): start + byte
            case .character(let character): self.offset(character)
            }
        let context = failure.context.map { " (\($0))" } ?? ""
        let related = failure.contextStart.map { source.location(ofOffset: self.offset($0)) }
        let problem = source.diagnostic(
            .syntax, offset, offset, "this is not YAML: \(failure.problem)\(context)", hint: hint(failure, offset))
        var located = problem
        if let related, related != problem.location { located.related = related }
        return located
    }

    private func hint(_ failure: EventParser.Failure, _ offset: Int) -> String? {
        let byte = offset < source.bytes.count ? source.bytes[offset] : nil
        if byte == UInt8(ascii: "\t") { return "indent with spaces; YAML allows no tabs there" }
        if failure.problem.hasPrefix("mapping values") { return "quote a text that holds ': '" }
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "@") {
            return "quote a text that begins with a special character"
        }
        if failure.problem.hasPrefix("control characters") { return "remove the control character" }
        if failure.problem.hasPrefix("did not find expected key") { return "look at the indentation and quotes above" }
        return nil
    }
}
