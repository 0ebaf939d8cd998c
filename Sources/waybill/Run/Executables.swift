import Foundation
import WaybillCore

/// Programs that stand beside this one.
enum Executables {
    /// This program's own file; after an installation over it, the newer one that stands in its place.
    static func own() -> String {
        let file =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let mark = " (deleted)"
        return file.hasSuffix(mark) ? String(file.dropLast(mark.count)) : file
    }

    /// The version and a mark of this very build (`0.1.0+3f2a9c01`): two builds of one version differ in it. Taken when it is
    /// asked for first, so that an installation over a running program renames nothing.
    static let build: String = {
        guard let facts = try? FileManager.default.attributesOfItem(atPath: own()), let size = facts[.size] as? Int,
            let time = facts[.modificationDate] as? Date
        else { return BuildVersion.text }
        let mark = Digest(of: "\(size) \(time.timeIntervalSince1970)".utf8)
        return "\(BuildVersion.text)+\(mark.hex.prefix(8))"
    }()

    /// The replicas' keeper, installed beside this program.
    static func shim() throws(Failure) -> String {
        let path = (own() as NSString).deletingLastPathComponent + "/waybill-shim"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Failure(
                .stall, reason: "KeeperMissing",
                message: "\(path) is missing; it belongs beside waybill: install both, or build both")
        }
        return path
    }
}
