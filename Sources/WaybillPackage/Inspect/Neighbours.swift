import Glibc
import WaybillCore

/// The other files that a model file may name, such as the external data of ONNX.
protocol Neighbours: Sendable {
    /// The file at a clean path below the folder that the model file stands in.
    /// - Throws: `malformed` with the reason why it is not used, in words.
    func open(_ path: String) throws(InspectionError) -> any ByteSource
}

/// For bytes that stand in no folder.
struct NoNeighbours: Neighbours {
    func open(_ path: String) throws(InspectionError) -> any ByteSource {
        throw .malformed("there is no folder to look for it in")
    }
}

/// A folder of this machine. No part of a path below it may be a link.
struct FolderNeighbours: Neighbours {
    let folder: String

    func open(_ path: String) throws(InspectionError) -> any ByteSource {
        if let problem = CleanPath.problemOfRelative(path) { throw .malformed(problem) }
        var place = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        for part in path.split(separator: "/") {
            place += "/\(part)"
            var status = stat()
            guard lstat(place, &status) == 0 else { throw .malformed("there is no such file") }
            guard status.st_mode & S_IFMT != S_IFLNK else { throw .malformed("it is reached through a symbolic link") }
        }
        return try FileBytes(path: place)
    }
}
