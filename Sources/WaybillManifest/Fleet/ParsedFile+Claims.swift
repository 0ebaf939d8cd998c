import WaybillCore

extension ParsedFile {
    /// Whether a resource that vanished in the same step may be in this broken file; `movedFrom` is its file when that is
    /// gone as a whole.
    func mayHold(_ id: ResourceID, from movedFrom: String?) -> Bool {
        if mentions(id) { return true }
        guard let movedFrom else { return false }
        // A folder that became something unreadable holds all that was in it.
        if movedFrom.hasPrefix(path + "/") { return true }
        return isTextUnknown || mayDefine(id.kind)
    }

    /// Whether this broken file means to define the resource. Where its text or a document does not tell, whether it has
    /// the resource's name as a word.
    func mentions(_ id: ResourceID) -> Bool {
        if claimed.contains(id) { return true }
        guard isTextUnknown || mayDefine(id.kind) else { return false }
        switch id {
        case .model(let name), .servingRuntime(let name), .environment(let name), .checklist(let name):
            return holdsWord(name.text)
        case .modelVersion(let id): return holdsWord(id.model.text) && holdsWord(id.version.description)
        case .modelDeployment(let key): return holdsWord(key.name.text)
        }
    }

    private func mayDefine(_ kind: Kind) -> Bool { unnamedKinds.contains(kind) || unnamedKinds.contains(nil) }

    private func holdsWord(_ word: String) -> Bool {
        let word = Array(word.utf8)
        guard let first = word.first else { return false }
        return bytes.withUnsafeBufferPointer { all in
            var at = 0
            while at + word.count <= all.count {
                if all[at] == first, all[at..<at + word.count].elementsEqual(word),
                    at == 0 || !Self.isWord(all[at - 1]),
                    at + word.count == all.count || !Self.isWord(all[at + word.count])
                {
                    return true
                }
                at += 1
            }
            return false
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "-")
    }
}
