import WaybillCore

/// A file that cannot be read whole, asked about many resources: its words are gathered once.
struct BrokenFile {
    let path: String
    private let parsed: ParsedFile
    private let words: Set<ArraySlice<UInt8>>

    init(path: String, _ parsed: ParsedFile) {
        self.path = path
        self.parsed = parsed
        words = Self.words(of: parsed.bytes)
    }

    /// Whether a resource that vanished in the same step may be in this broken file; `movedFrom` is its file when that is
    /// gone as a whole.
    func mayHold(_ id: ResourceID, from movedFrom: String?) -> Bool {
        if mentions(id) { return true }
        guard let movedFrom else { return false }
        // A folder that became something unreadable holds all that was in it.
        if movedFrom.hasPrefix(path + "/") { return true }
        return parsed.isTextUnknown || mayDefine(id.kind)
    }

    /// Whether this broken file means to define the resource. Where its text or a document does not tell, whether it has
    /// the resource's name as a word.
    func mentions(_ id: ResourceID) -> Bool {
        if parsed.claimed.contains(id) { return true }
        guard parsed.isTextUnknown || mayDefine(id.kind) else { return false }
        switch id {
        case .model(let name), .servingRuntime(let name), .environment(let name), .checklist(let name):
            return holdsWord(name.text)
        case .modelVersion(let id): return holdsWord(id.model.text) && holds(id.version.description)
        case .modelDeployment(let key): return holdsWord(key.name.text)
        }
    }

    private func mayDefine(_ kind: Kind) -> Bool {
        parsed.unnamedKinds.contains(kind) || parsed.unnamedKinds.contains(nil)
    }

    private func holdsWord(_ name: String) -> Bool { words.contains(Array(name.utf8)[...]) }

    /// Whether `text` stands there by itself. A version is no single word, so each of its words is looked for before it is.
    private func holds(_ text: String) -> Bool {
        let text = Array(text.utf8)
        guard let first = text.first, Self.words(of: text).isSubset(of: words) else { return false }
        return parsed.bytes.withUnsafeBufferPointer { all in
            var at = 0
            while at + text.count <= all.count {
                if all[at] == first, all[at..<at + text.count].elementsEqual(text),
                    at == 0 || !Self.isWord(all[at - 1]),
                    at + text.count == all.count || !Self.isWord(all[at + text.count])
                {
                    return true
                }
                at += 1
            }
            return false
        }
    }

    /// Runs of the characters of names.
    private static func words(of bytes: [UInt8]) -> Set<ArraySlice<UInt8>> {
        Set(bytes.split { !isWord($0) })
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "-")
    }
}
