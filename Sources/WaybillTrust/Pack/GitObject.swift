import Crypto
package import WaybillCore

/// A git object as git hashes it: `blob 12`, a zero byte, and its content.
///
/// Its id is SHA-1, which is broken against those who make two objects at once; a fleet's history is as good as that.
package struct GitObject: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case commit, tree, blob }

    package let kind: Kind
    package let content: [UInt8]

    package init(_ kind: Kind, _ content: [UInt8]) {
        self.kind = kind
        self.content = content
    }

    /// - Throws: `InvalidInput` for what is no whole object.
    package init(stored bytes: [UInt8]) throws(InvalidInput) {
        guard let zero = bytes.prefix(32).firstIndex(of: 0) else { throw InvalidInput("it is no git object") }
        let head = String(decoding: bytes[..<zero], as: UTF8.self).split(
            separator: " ", omittingEmptySubsequences: false)
        let content = Array(bytes[(zero + 1)...])
        guard head.count == 2, let kind = Kind(rawValue: String(head[0])), head[1] == String(content.count) else {
            throw InvalidInput("it is no git object")
        }
        self.init(kind, content)
    }

    /// What git hashes.
    package var stored: [UInt8] { Array("\(kind.rawValue) \(content.count)\u{0}".utf8) + content }

    /// 40 lowercase hexadecimal digits.
    package var id: String { hexadecimal(Insecure.SHA1.hash(data: stored)) }

    /// The tree that a commit names; nil for what is no commit.
    package var tree: String? {
        guard kind == .commit, content.starts(with: "tree ".utf8), content.count > 45, content[45] == 0x0A else {
            return nil
        }
        return String(decoding: content[5..<45], as: UTF8.self)
    }

    /// What a tree names `name`; nil for what is no tree, or has no such entry, or has it twice.
    package func entry(_ name: String) -> String? {
        guard kind == .tree else { return nil }
        var found: String?
        var rest = content[...]
        while let zero = rest.firstIndex(of: 0), rest.endIndex - zero > 20,
            let space = rest[..<zero].firstIndex(of: 0x20)
        {
            if rest[(space + 1)..<zero].elementsEqual(name.utf8) {
                guard found == nil else { return nil }
                found = hexadecimal(rest[(zero + 1)..<(zero + 21)])
            }
            rest = rest[(zero + 21)...]
        }
        return found
    }
}

extension [String: GitObject] {
    /// The blob at `path` of `commit`, reached from the commit's id through the hashes of the trees on the way.
    ///
    /// - Throws: `InvalidInput` that names the object that is missing or does not lead on.
    package func blob(at path: String, of commit: String) throws(InvalidInput) -> GitObject {
        guard let top = self[commit], let tree = top.tree else {
            throw InvalidInput("commit \(commit) is not in the pack")
        }
        var id = tree
        for part in path.split(separator: "/") {
            guard let object = self[id] else {
                throw InvalidInput("tree \(id) on the way to \(path) is not in the pack")
            }
            guard let next = object.entry(String(part)) else {
                throw InvalidInput("tree \(id) has no one entry \(String(part).quotedForMessage) on the way to \(path)")
            }
            id = next
        }
        guard let blob = self[id], blob.kind == .blob else {
            throw InvalidInput("blob \(id) of \(path) is not in the pack")
        }
        return blob
    }
}
