import Foundation
import WaybillCore
import WaybillTrust

/// A folder of evidence that a pipeline hands to `waybill plan --evidence`.
struct EvidenceFolder {
    let path: String

    /// Writes the evidence as its digest names it, and each statement that was signed beside it. The folder is made; what an earlier run
    /// wrote about the same version and checklist is replaced.
    ///
    /// - Throws: `EvidenceUnwritable`, stalling.
    func save(_ evidence: Evidence, _ signed: [ValidationParts.Signed]) throws(Failure) {
        let name = "\(evidence.version).\(evidence.checklist)"
        var files = [("\(name).json", evidence.bytes)]
        files += signed.map { ("\(name).\($0.name).json", $0.envelope.value.jsonBytes) }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            // What was signed about other evidence would only puzzle who reads the folder.
            for stale in ["test-result", "summary"] where !signed.contains(where: { $0.name == stale }) {
                let place = "\(path)/\(name).\(stale).json"
                if FileManager.default.fileExists(atPath: place) { try FileManager.default.removeItem(atPath: place) }
            }
            for (file, bytes) in files {
                try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(file)"), options: .atomic)
            }
        } catch {
            throw Failure(
                .stall, reason: "EvidenceUnwritable", message: "\(path): \(error.localizedDescription)")
        }
    }
}
