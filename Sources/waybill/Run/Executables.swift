import Crypto
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

    /// The digest of the program that runs, whatever stands in its place by now: no other build has it, also when an installer gave both
    /// one size and one time. Of chance when it cannot be read, so that it is nobody's. Takes the time of reading the file.
    static let identity: String = {
        var hasher = SHA256()
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/exe"))
            while let part = try file.read(upToCount: 1 << 20), !part.isEmpty { hasher.update(data: part) }
        } catch {
            return UUID().uuidString
        }
        return Digest(finalizing: hasher).description
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
