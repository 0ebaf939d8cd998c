import Foundation
import WaybillCore
import WaybillEvaluate
import WaybillPackage

extension ValidationRun {
    /// Recorded requests by their digest, from wherever they are.
    func requests(_ file: DataFile, of gate: Gate) async throws(Failure) -> GoldenRequests {
        let bytes = try await bytes(of: file, named: gate.name, limit: GoldenRequests.largest)
        do throws(InvalidInput) { return try GoldenRequests(parsing: bytes) } catch {
            throw Failure(.stall, reason: "GoldenBroken", message: "\(file.source.description): \(error.message)")
        }
    }

    /// The bundle of a version that was prepared; nil when the store has none any more.
    func bundle(of version: VersionID) async -> Digest? {
        (try? await content.bundle(version.description))?.descriptor.digest
    }

    private func bytes(of file: DataFile, named name: String, limit: Int) async throws(Failure) -> [UInt8] {
        guard file.size <= limit else {
            throw Failure(
                .stall, reason: "DataTooLarge",
                message: "\(file.source.description) has \(file.size) bytes, more than the \(limit) that are read")
        }
        let path = try await intake.bring(data: file, named: name, for: subject.version.id, at: subject.commit)
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.retry, reason: "DataUnreadable", message: "\(path): cannot be read")
        }
        return [UInt8](data)
    }
}
