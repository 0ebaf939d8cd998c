import Foundation
import WaybillCore

/// Programs that stand beside this one.
enum Executables {
    /// This program's own file.
    static func own() -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

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
