import WaybillCore

/// The names of an archive's members, as they come: each clean, none twice, no file where another member needs a folder.
struct MemberNames {
    private var files: Set<String> = []
    private var folders: Set<String> = []

    /// What is wrong with `name`, after those that were asked before.
    mutating func problem(of name: String) -> String? {
        let isFolder = name.hasSuffix("/")
        let path = isFolder ? String(name.dropLast()) : name
        if let problem = CleanPath.problemOfRelative(path) { return problem }
        var parent = path[...]
        while let slash = parent.lastIndex(of: "/") {
            parent = parent[..<slash]
            if files.contains(String(parent)) { return "stands below '\(parent)', which is a file" }
            // Its own parents were seen when it was.
            guard folders.insert(String(parent)).inserted else { break }
        }
        if isFolder {
            folders.insert(path)
            return files.contains(path) ? "is a folder and a file" : nil
        }
        if folders.contains(path) { return "is a file and a folder" }
        return files.insert(path).inserted ? nil : "stands twice in the archive"
    }
}
