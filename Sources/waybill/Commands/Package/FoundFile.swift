import Foundation
import WaybillCore

/// What stands below a path that was named: a file to look into, or something that cannot be looked into and is told of.
struct FoundFile: Hashable, Sendable {
    var path: String
    /// Why nobody looks into it; nil for a file.
    var problem: String?

    /// Files and links to files, in order. A folder that cannot be listed, or is behind a link, is never passed over in silence.
    /// - Throws: `NoSuchFile`, stalling, for a path that was named and is not there.
    static func all(below paths: [String]) throws(Failure) -> [FoundFile] {
        var found: [FoundFile] = []
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw Failure(.stall, reason: "NoSuchFile", message: "\(path): there is no such file or folder")
            }
            if isFolder.boolValue { list(path, depth: 0, &found) } else { found.append(FoundFile(path: path)) }
        }
        return found
    }

    private static func list(_ folder: String, depth: Int, _ found: inout [FoundFile]) {
        guard depth < 64 else {
            return found.append(FoundFile(path: folder, problem: "is nested more than 64 folders deep"))
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return found.append(FoundFile(path: folder, problem: "is a folder that cannot be read"))
        }
        for name in names.sorted() {
            let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            guard isThere, isFolder.boolValue else {
                found.append(FoundFile(path: path))
                continue
            }
            let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
            if type == .typeSymbolicLink {
                let problem = "is a link to a folder, which is not followed; name the folder itself"
                found.append(FoundFile(path: path, problem: problem))
            } else {
                list(path, depth: depth + 1, &found)
            }
        }
    }
}
