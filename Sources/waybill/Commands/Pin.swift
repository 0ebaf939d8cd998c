import ArgumentParser
import Foundation
import WaybillCore
import WaybillManifest

/// `waybill pin`.
struct Pin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write what branches, tags and aliases mean today beside them in manifests.",
        discussion: """
            Sources and code that follow a name that may move, as in 'git+https://HOST/REPOSITORY@main#PATH', \
            'oci://REGISTRY/REPOSITORY:TAG', 'hf:ORG/NAME@main/PATH', 'mlflow:models:/NAME@ALIAS#PATH' or 'commit: main', are \
            resolved, and the commit, digest or version's number is written. Where an artifact has 'digest: pin' or 'size: pin', its source is read and they \
            are found out. The bytes of those values change and no others. Shows what it changes, as diff does.

            PATH is a manifest, or a folder whose manifests are taken. Nothing is written unless all could be resolved.
            """)

    @Argument(help: ArgumentHelp("Manifests, or folders of them.", valueName: "path"), completion: .file())
    var paths: [String]

    @Flag(help: "Write nothing; return 1 when something is not pinned.")
    var check = false

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var controller: ControllerOptions

    func run() async throws {
        let configuration = try controller.configuration()
        let scratch = FileManager.default.temporaryDirectory.appending(path: "waybill-pin-\(UUID().uuidString)")
        let pins = try ModelSources.pins(
            configuration, ProcessInfo.processInfo.environment, scratch: scratch.path,
            refusing: [StateFolder(at: URL(fileURLWithPath: configuration.stateFolder)).path])
        var changed: [Pinning.PinnedFile] = []
        for path in try paths.flatMap({ path throws(Failure) in try Self.manifests(path) }) {
            let pinning = Pinning(
                top: FleetTop.above(URL(fileURLWithPath: path).deletingLastPathComponent().path), pins: pins)
            let file = try await pinning.pinned(path, try Self.bytes(path))
            if !file.edits.isEmpty { changed.append(file) }
        }
        if !check { for file in changed { try Self.write(file) } }
        try show(Self.value(changed), output) {
            changed.isEmpty ? "everything is pinned\n" : changed.map(\.difference).joined()
        }
        if check, !changed.isEmpty { throw ExitCode(1) }
    }

    private static func value(_ files: [Pinning.PinnedFile]) -> Value {
        let items: [Value] = files.flatMap { file in
            file.edits.map { edit in
                [
                    "file": .string(file.path), "resource": .string(edit.id.description),
                    "field": .string(edit.place.text),
                    "old": .string(edit.old), "new": .string(edit.new),
                ]
            }
        }
        return ["kind": "PinList", "items": .list(items)]
    }

    /// The file itself, or the manifests below the folder; links and names that begin with '.' are left out.
    private static func manifests(_ path: String) throws(Failure) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Failure(.stall, reason: "NoSuchPath", message: "\(path): no such file or folder")
        }
        if !isFolder.boolValue { return [path] }
        let found = FileManager.default.enumerator(
            at: URL(fileURLWithPath: path), includingPropertiesForKeys: [.isRegularFileKey],
            options: [.skipsHiddenFiles])
        var files: [String] = []
        while let url = found?.nextObject() as? URL {
            guard ["yaml", "yml"].contains(url.pathExtension),
                (try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true
            else { continue }
            files.append(url.path)
        }
        return files.sorted()
    }

    private static func bytes(_ path: String) throws(Failure) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(.stall, reason: "FileUnreadable", message: "\(path): cannot be read")
        }
        return Array(data)
    }

    private static func write(_ file: Pinning.PinnedFile) throws(Failure) {
        let place = URL(fileURLWithPath: file.path).resolvingSymlinksInPath()
        do {
            let mode = try FileManager.default.attributesOfItem(atPath: place.path)[.posixPermissions]
            try Data(file.after).write(to: place, options: .atomic)
            if let mode { try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: place.path) }
        } catch {
            throw Failure(
                .stall, reason: "CannotWrite", message: "\(file.path): cannot be written: \(error.localizedDescription)"
            )
        }
    }
}
