import WaybillCore

/// A path inside the repository, checked: relative, of sound names, no `.` or `..`; empty means the top.
struct FolderPath: Hashable, Sendable {
    let components: [String]

    /// One slash at the end is allowed.
    /// - Throws: a `Failure` that names the path.
    init(_ text: String) throws(Failure) {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if parts.last == "" { parts.removeLast() }
        for part in parts {
            guard let wrong = EntryName.problem(with: Array(part.utf8)) else { continue }
            throw Failure(
                .stall, reason: "PathInvalid",
                message: "\(text.quotedForMessage) is not a path inside the repository: a part of it \(wrong)")
        }
        components = parts
    }

    var text: String { components.joined(separator: "/") }
    /// What the paths of a folder's files begin with.
    var prefix: String { components.isEmpty ? "" : text + "/" }
}

/// What stands at a path of a commit.
struct TreePlace {
    var folder: ObjectID?
    var file: ObjectID?
    /// What is wrong on the way; paths from the top.
    var problems: [TreeProblem] = []

    /// What a comparison found.
    struct Findings {
        var changes: [TreeChange] = []
        var problems: [TreeProblem] = []
    }
}

extension ObjectStore {
    /// Goes down `path` from the commit's top folder, through checked folders only.
    func place(_ path: FolderPath, at commit: CommitID) throws(Failure) -> TreePlace {
        var place = TreePlace(folder: try tree(of: commit))
        var walked = ""
        for name in path.components {
            guard let folder = place.folder else { return TreePlace() }
            let checked = CheckedTree(try tree(folder))
            if let problem = checked.problems.first(where: { $0.path == name }) {
                return TreePlace(problems: [TreeProblem(path: walked + name, message: problem.message)])
            }
            walked += name + "/"
            switch checked.entries[name] {
            case let entry? where entry.kind == .folder: place = TreePlace(folder: entry.id)
            case let entry?: place = TreePlace(file: entry.id)
            case nil: return TreePlace()
            }
        }
        return place
    }
}
