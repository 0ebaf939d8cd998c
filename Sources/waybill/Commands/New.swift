import ArgumentParser
import Foundation
import WaybillCore
import WaybillManifest

/// `waybill new`.
struct New: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a manifest.", subcommands: [NewModelVersion.self])
}

/// `waybill new version`.
struct NewModelVersion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Write a ModelVersion of files: digests, sizes and the format found.",
        discussion: """
            Files inside the fleet repository are named by their path in it, others by 'file:'. The repository begins at the \
            nearest waybill.yaml or .git above the working folder. Add the model's interface by hand if it has one.
            """)

    @Argument(
        help: ArgumentHelp("Model and version, as in churn@1.4.0.", valueName: "name@version"),
        transform: NewModelVersion.parse)
    var version: VersionID

    @Argument(help: ArgumentHelp("The model's files.", valueName: "file"), completion: .file())
    var files: [String]

    @Option(help: ArgumentHelp("The format, when bytes and names do not tell it.", valueName: "format"))
    var format: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where to write it instead of standard output: a new file, its folders made if they are not there.",
            valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var output: String?

    func run() throws {
        let top = FleetTop.above(FileManager.default.currentDirectoryPath)
        let read = try VersionFiles(top: top).read(files)
        let found = ModelVersion(id: version, format: try format(read), artifacts: read.artifacts)
        let console = Console.current
        guard let output else { return console.write(NewVersion.render(found)) }
        let place = URL(fileURLWithPath: output).standardizedFileURL.resolvingSymlinksInPath().path
        try write(NewVersion.render(found, schema: Self.schema(from: place, top: top)), to: place)
        console.line("\(version.description) written to \(output.harmless)")
    }

    private func format(_ read: VersionFiles.Read) throws(Failure) -> String {
        if let format {
            guard let problem = StringFormat.modelFormat.problem(in: format) else { return format }
            throw Failure(.stall, reason: "FormatInvalid", message: "--format: \(problem)")
        }
        guard read.formats.count < 2 else {
            let list = read.formats.sorted().joined(separator: ", ")
            throw Failure(
                .stall, reason: "FormatUnclear",
                message: "the files are of several formats (\(list)); say which with --format")
        }
        guard let format = read.formats.first else {
            throw Failure(
                .stall, reason: "FormatUnclear",
                message:
                    "neither the names nor the first bytes of the files tell the format; say it with --format, as the "
                    + "runtime lists it")
        }
        return format
    }

    /// The schema that `waybill init` wrote, from the new file's folder.
    private static func schema(from place: String, top: String) -> String? {
        let schema = FleetSkeleton.schemaPath(.modelVersion)
        guard place.hasPrefix(top + "/"), FileManager.default.fileExists(atPath: top + "/" + schema) else { return nil }
        let depth = place.dropFirst(top.count + 1).split(separator: "/").count - 1
        return (depth == 0 ? "./" : String(repeating: "../", count: depth)) + schema
    }

    private func write(_ text: String, to place: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(
                at: URL(fileURLWithPath: place).deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: place), options: .withoutOverwriting)
        } catch {
            let isThere = FileManager.default.fileExists(atPath: place)
            throw Failure(
                .stall, reason: "CannotWrite",
                message: isThere
                    ? "\(place): is there already; a version is written once"
                    : "\(place): cannot be written: \((error as NSError).localizedFailureReason ?? error.localizedDescription)"
            )
        }
    }

    @Sendable static func parse(_ text: String) throws -> VersionID {
        do {
            return try VersionID(parsing: text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
