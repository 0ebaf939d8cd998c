import WaybillCore

/// The entries of one folder that may be taken, by name, and what is wrong with the others.
struct CheckedTree {
    /// Files and folders with a sound name that occurs once.
    private(set) var entries: [String: TreeEntry] = [:]
    /// Paths are relative to the folder.
    private(set) var problems: [TreeProblem] = []

    init(_ raw: [TreeEntry]) {
        entries.reserveCapacity(raw.count)
        var seen: [[UInt8]: Int] = [:]
        seen.reserveCapacity(raw.count)
        for entry in raw { seen[entry.name, default: 0] += 1 }
        for entry in raw {
            guard let count = seen[entry.name] else { continue }
            if count > 1 { seen[entry.name] = nil }
            take(entry, occurring: count)
        }
    }

    private mutating func take(_ entry: TreeEntry, occurring count: Int) {
        let name = String(decoding: entry.name, as: UTF8.self)
        if let wrong = EntryName.problem(with: entry.name) {
            report(entry.name, "an entry whose name \(wrong); rename it")
        } else if count > 1 {
            report(entry.name, "the folder has \(count) entries of this name; none is taken")
        } else {
            switch entry.kind {
            case .file, .folder: entries[name] = entry
            case .symbolicLink: report(entry.name, "a symbolic link; links are not followed, commit the file itself")
            case .submodule: report(entry.name, "a submodule; its files are not fetched, commit the files themselves")
            case .unknown(let mode): report(entry.name, "an entry of unknown mode \(String(mode, radix: 8))")
            }
        }
    }

    private mutating func report(_ name: [UInt8], _ message: String) {
        problems.append(TreeProblem(path: Self.shown(name), message: message))
    }

    /// The name as it may be shown: bytes that are not UTF-8 replaced, control characters escaped, not endless.
    private static func shown(_ name: [UInt8]) -> String {
        String(String(decoding: name, as: UTF8.self).quotedForMessage.dropFirst().dropLast())
    }
}
