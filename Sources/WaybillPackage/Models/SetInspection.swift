import Foundation
import WaybillCore

/// Looks into every file of a set before anything is started on it, once for each allow list: what was found is kept beside the
/// set's place. A cache: without it the files are looked into again.
struct SetInspection {
    /// Grows when what inspectors find in the same bytes changes.
    private static let generation = 2

    let set: ArtifactSet
    let manifest: ModelVersion?
    let allowing: AllowList
    /// Where the record is.
    let path: String

    /// What is kept of one look at all files.
    struct Record: Codable, Hashable, Sendable {
        /// Of everything but the bytes that the findings depend on; the record's place says which bytes.
        var basis: String
        var files: [InspectedFile]
    }

    /// The record at `path`, whatever it is based on.
    static func load(_ path: String) -> Record? {
        FileManager.default.contents(atPath: path).flatMap { try? JSONDecoder().decode(Record.self, from: $0) }
    }

    /// What an earlier look with the same allow list and manifest found.
    func known() -> [InspectedFile]? {
        guard let record = Self.load(path), record.basis == basis else { return nil }
        return record.files
    }

    /// Looks into the files as they stand in `folder`.
    func run(in folder: String, _ cancellation: Cancellation) throws(Failure) -> [InspectedFile] {
        let inspector = Inspector(allowing: allowing)
        var files: [InspectedFile] = []
        for artifact in set.artifacts {
            if cancellation.isCancelled { throw .cancelled }
            files.append(InspectedFile(artifact, inspector.inspect(path: "\(folder)/\(artifact.path)"), manifest))
        }
        return files
    }

    /// Keeps what was found. Only once the ledger knows it: what is kept is not told again.
    func keep(_ files: [InspectedFile], scratch: String) throws(Failure) {
        guard let data = try? JSONEncoder().encode(Record(basis: basis, files: files)) else { return }
        do throws(SystemError) {
            try DurableFile.replace(path, with: [UInt8](data), mode: 0o600, scratch: scratch)
        } catch { throw .disk(error) }
    }

    /// - Throws: `DangerousFile`, stalling, with the sentence that says why.
    func refuse(_ files: [InspectedFile], _ version: VersionID) throws(Failure) {
        guard let file = files.first(where: \.isDangerous) else { return }
        let others = files.count(where: \.isDangerous) - 1
        let more = others == 0 ? "" : " (and \(others) more file\(others == 1 ? "" : "s"))"
        throw Failure(
            .stall, reason: "DangerousFile",
            message:
                "'\(file.path)' of \(version) is not safe to load: \(file.findings.first ?? "no reason is known")\(more); "
                + "nothing was started on it. Save the model in a format that runs nothing, such as safetensors or ONNX; or, "
                + "where a name that it imports is meant, add that to allow/models.txt of the fleet repository, then 'waybill "
                + "retry'. 'waybill package scan' says all that is in a file")
    }

    private var basis: String {
        let said = manifest.map { "\($0.format)\n\(Self.text($0.inputs))\n\(Self.text($0.outputs))" } ?? ""
        return Digest(of: "waybill.inspection/\(Self.generation)\n\(allowing.digest)\n\(said)\n".utf8).description
    }

    private static func text(_ tensors: [Tensor]) -> String {
        tensors.map { "\($0.name.utf8.count) \($0.name) \($0.datatype.rawValue) \($0.shape)" }.joined(separator: ";")
    }
}
