import Foundation
import WaybillCore

/// The files of a small fleet that works as it is: one program in plain Python, one deployment. JSON Schemas stand beside
/// the fleet, so that editors know the fields.
struct FleetSkeleton: Sendable {
    /// What the controller watches; nil is the folder itself.
    var remote: String?

    /// Bytes by path from the top of the folder.
    var files: [String: String] {
        var files = [
            ".gitignore": "/.state/\n",
            "README.md": Self.readme,
            ConfigurationSources.fileName: Self.line(Self.settingsSchema, depth: 0) + settings,
            "fleet/environments.yaml": Self.line(Self.schemaPath(.environment), depth: 1) + Self.environments,
            "fleet/runtimes/python-oip.yaml": Self.line(Self.schemaPath(.servingRuntime), depth: 2) + Self.runtime,
            "fleet/models/greeting/model.yaml": Self.line(Self.schemaPath(.model), depth: 3) + Self.model,
            "fleet/models/greeting/1.0.0.yaml": Self.line(Self.schemaPath(.modelVersion), depth: 3) + Self.version,
            Self.programPath: Self.program,
            "fleet/deployments/staging-greeting.yaml": Self.line(Self.schemaPath(.modelDeployment), depth: 2)
                + Self.deployment,
            "requests/greeting.json": Self.request,
        ]
        files[Self.settingsSchema] = ConfigurationField.jsonSchema.prettyJSON + "\n"
        // One of each kind, and one of all of them for files with several documents.
        for (name, text) in JSONSchema.files { files[".waybill/schema/" + name] = text }
        return files
    }

    static let settingsSchema = ".waybill/schema/settings.schema.json"

    static func schemaPath(_ kind: Kind) -> String { ".waybill/schema/" + JSONSchema.fileName(kind) }

    /// What the YAML language server reads to find the schema.
    private static func line(_ schema: String, depth: Int) -> String {
        let up = depth == 0 ? "./" : String(repeating: "../", count: depth)
        return "# yaml-language-server: $schema=\(up)\(schema)\n"
    }

    /// The first three of `paths`, and how many more there are.
    private static func named(_ paths: [String]) -> String {
        let more = paths.count > 3 ? " and \(paths.count - 3) more" : ""
        return paths.prefix(3).joined(separator: ", ") + more
    }

    /// Writes the files; all or nothing that was there is touched.
    ///
    /// - Throws: `FileExists` when one of them is there already: then nothing is written.
    func write(to folder: URL) throws(Failure) {
        let ordered = files.sorted { $0.key < $1.key }
        let manager = FileManager.default
        let present = ordered.map(\.key).filter { manager.fileExists(atPath: folder.appending(path: $0).path) }
        guard present.isEmpty else {
            throw Failure(
                .stall, reason: "FileExists",
                message: "\(folder.path): has \(Self.named(present)) already; nothing was written")
        }
        do {
            for (path, text) in ordered {
                let file = folder.appending(path: path)
                try manager.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(text.utf8).write(to: file, options: .withoutOverwriting)
            }
        } catch {
            let why = (error as NSError).localizedFailureReason ?? error.localizedDescription
            throw Failure(.stall, reason: "CannotWrite", message: "\(folder.path): cannot be written: \(why)")
        }
    }
}
