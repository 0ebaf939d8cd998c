import Foundation
import WaybillCore
import WaybillManifest
import WaybillTrust

/// `.waybill/access.yaml` of a fleet folder, or of one commit of it.
struct AccessRules {
    let access: Access
    /// Of the file's bytes: which rules they were.
    let digest: Digest

    /// Bytes of the longest file that is read.
    static let limit = 1 << 20

    /// - Throws: `AccessBroken`, stalling, with every problem in its place.
    init(_ bytes: [UInt8], path: String) throws(Failure) {
        let file = AccessFile(path: path, bytes: bytes, rules: Access.problems)
        guard let document = file.document, let access = try? Access(document) else {
            throw Failure(
                .stall, reason: "AccessBroken",
                message: file.problems.map { DiagnosticText.text($0) }.joined(separator: "\n"))
        }
        self.access = access
        digest = Digest(of: bytes)
    }

    /// What is wrong with the access file of a fleet folder; nothing when there is none.
    static func problems(below root: String) throws(Failure) -> [Diagnostic] {
        let path = root + "/" + AccessSchema.path
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return AccessFile(path: AccessSchema.path, bytes: try bytes(path), rules: Access.problems).problems
    }

    /// The file that is named, which must be there, or that of the fleet folder; nil when that has none.
    static func load(_ named: String?, repository: String) throws(Failure) -> AccessRules? {
        let path = named ?? FleetTop.above(repository) + "/" + AccessSchema.path
        if named == nil, !FileManager.default.fileExists(atPath: path) { return nil }
        return try AccessRules(try bytes(path), path: named ?? AccessSchema.path)
    }

    private static func bytes(_ path: String) throws(Failure) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: limit + 1) ?? Data()
        else {
            throw Failure(.stall, reason: "AccessUnreadable", message: "\(path): the access file cannot be read")
        }
        guard data.count <= limit else {
            throw Failure(.stall, reason: "AccessUnreadable", message: "\(path): larger than 1 MiB")
        }
        return Array(data)
    }
}
