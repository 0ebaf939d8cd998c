import Foundation
import WaybillCore

/// The files of a small fleet that works as it is: one program in plain Python, one deployment.
struct FleetSkeleton: Sendable {
    /// JSON Schemas by kind, put beside the fleet so that editors know the fields.
    var schemas: [String: String]

    /// Bytes by path from the top of the folder.
    var files: [String: String] {
        var files = [
            ".gitignore": "/.state/\n",
            "README.md": Self.readme,
            "waybill.yaml": schemaLine("waybill", depth: 0) + Self.settings,
            "fleet/environments.yaml": schemaLine("Environment", depth: 1) + Self.environments,
            "fleet/runtimes/python-oip.yaml": schemaLine("ServingRuntime", depth: 2) + Self.runtime,
            "fleet/models/greeting/model.yaml": schemaLine("Model", depth: 3) + Self.model,
            "fleet/models/greeting/1.0.0.yaml": schemaLine("ModelVersion", depth: 3) + Self.version,
            Self.programPath: Self.program,
            "fleet/deployments/staging-greeting.yaml": schemaLine("ModelDeployment", depth: 2) + Self.deployment,
        ]
        files[Self.schemaPath("waybill")] = ConfigurationField.jsonSchema.prettyJSON + "\n"
        for (kind, schema) in schemas { files[Self.schemaPath(kind)] = schema }
        return files
    }

    private static func schemaPath(_ kind: String) -> String { ".waybill/schema/\(kind).schema.json" }

    /// What the YAML language server reads to find the schema.
    private func schemaLine(_ kind: String, depth: Int) -> String {
        let up = depth == 0 ? "./" : String(repeating: "../", count: depth)
        return "# yaml-language-server: $schema=\(up)\(Self.schemaPath(kind))\n"
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
