/// One YAML document as a flat tree in reading order. Text stays in the file's bytes where it stands there as it is.
struct YAMLDocument {
    struct Node {
        enum Kind: UInt8 { case scalar, sequence, mapping, alias }
        enum Tag: UInt8 { case none, string, integer, float, boolean, null, sequence, mapping, unknown }

        var kind: Kind
        /// Written without quotes and not as a block, so that its text may mean a number, a flag or nothing.
        var isPlain: Bool
        var tag: Tag
        /// Whether the text is in `unescaped` rather than in the file.
        var isUnescaped: Bool
        /// The node's bytes in the file.
        var start: UInt32
        var end: UInt32
        /// For a scalar: where its text begins, and its bytes.
        var text: UInt32
        var length: UInt32
        /// The node after this one and everything in it; for an alias, of course, the one after it.
        var next: UInt32
        /// For an alias: the node that it stands for.
        var target: UInt32
    }

    /// Node 0 is the document's root; empty for a document without content.
    var nodes: [Node] = []
    /// Texts that escapes, folding or blocks make differ from the bytes of the file.
    var unescaped: [UInt8] = []
    /// Where the document's content begins in the file.
    var start = 0

    mutating func removeAll() {
        nodes.removeAll(keepingCapacity: true)
        unescaped.removeAll(keepingCapacity: true)
    }

    /// The node, or what it stands for when it is an alias.
    func resolved(_ index: Int) -> Int {
        nodes[index].kind == .alias ? Int(nodes[index].target) : index
    }

    /// The scalar's text.
    func text(_ index: Int, in source: SourceText) -> String {
        withText(index, in: source) { String(decoding: $0, as: UTF8.self) }
    }

    func withText<Result>(_ index: Int, in source: SourceText, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let node = nodes[index]
        let range = Int(node.text)..<Int(node.text) + Int(node.length)
        return (node.isUnescaped ? unescaped : source.bytes).withUnsafeBytes { body(.init(rebasing: $0[range])) }
    }

    /// Children of a sequence, or keys and values of a mapping by turns.
    func children(of index: Int) -> ChildIterator {
        ChildIterator(at: index + 1, end: Int(nodes[index].next))
    }

    struct ChildIterator {
        fileprivate var at: Int
        fileprivate let end: Int

        mutating func next(in document: borrowing YAMLDocument) -> Int? {
            guard at < end else { return nil }
            let child = at
            at = Int(document.nodes[child].next)
            return child
        }
    }
}

/// Bounds that reading keeps while it parses.
package struct YAMLLimits: Sendable {
    /// Bytes of a file.
    package var size = 1 << 20
    package var depth = 64
    /// Nodes a document; an alias counts as one.
    package var nodes = 10_000
    /// Nodes that all aliases of a document stand for.
    package var aliasedNodes = 10_000
    /// Documents a file.
    package var documents = 10_000
    /// Lines that begin with `%` a file: libyaml compares each directive with all before it.
    package var directives = 64
    /// Documents that are not well-formed, each left out, a file.
    package var resumptions = 100
    /// Problems that are reported of one file.
    package var problems = 1000

    package init() {}
}
