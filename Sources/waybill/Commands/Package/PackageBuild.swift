import ArgumentParser
import Foundation
import WaybillCore
import WaybillPackage

/// `waybill package build`.
struct PackageBuild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Make the bundle of a model version; equal content gives an equal digest.",
        discussion: """
            The version is read from the manifests of a fleet folder as they are now. Its files are copied into the content \
            store, hashed on the way and compared with the manifest; what is held already is not read again. With --check \
            they are read again, from where they came, and compared with the bundle that is there: returns 1 when a layer \
            differs. Provenance and a bill of materials are put beside the bundle.

            \(StoreOptions.recorded)
            """)

    @Argument(
        help: ArgumentHelp("Model and version, as in churn@1.4.0.", valueName: "name@version"),
        transform: NewModelVersion.parse)
    var version: VersionID

    @Option(help: ArgumentHelp("A folder in the fleet repository.", valueName: "folder"), completion: .directory)
    var repository = "."

    @Option(help: ArgumentHelp("Folder of the manifests in it.", valueName: "path"))
    var path: String?

    @Flag(help: "Let the version become another bundle, unless the ledger knows the one that it is.")
    var replace = false

    @Flag(help: "Build again from the recorded sources and say what differs.")
    var check = false

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let found = try await PackagedVersion.find(version, in: repository, path: path)
        let refusing = try options.store == nil ? [options.folder().path] : []
        if check { return try await runCheck(found, refusing) }
        let store = try options.content()
        let progress = ProgressLine(Console.current)
        let builder = BundleBuilder(
            content: store, tree: found.tree, readers: try options.readers(), refusing: refusing,
            build: BuildVersion.text)
        let (acts, name, artifacts) = (try options.acts(), version.description, found.version.artifacts)
        let bundle = try await progress.following("packaging", { store.held(artifacts) }) {
            try await acts.perform(.bundleBuilt, name, ["version": .string(name)]) { () throws(Failure) in
                let made = try await builder.package(found.version, at: found.commit, replacing: replace)
                return (made.bundle, made.bundle.facts)
            }
        }
        try await acts.noteQuarantine(in: store)
        let value: Value = [
            "kind": "Bundle", "version": .string(bundle.version.description),
            "digest": .string(bundle.manifest.description), "layers": .integer(Int64(bundle.layers)),
            "size": .integer(bundle.size), "store": .string(try options.root()),
        ]
        try show(value, output) {
            "\(bundle.version) is \(bundle.manifest), \(bundle.layers) layers, \(Bytes.text(bundle.size))\n"
        }
    }

    private func runCheck(_ found: PackagedVersion, _ refusing: [String]) async throws {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "waybill-check-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let check = BundleCheck(
            content: try options.content(), tree: found.tree, readers: try options.readers(), refusing: refusing)
        let report = try await check.run(
            version.description, version: found.version, at: found.commit, scratch: scratch.path)
        let findings: [Value] = report.findings.map { finding in
            var members: Members = ["path": .string(finding.path)]
            if let expected = finding.expected { members["expected"] = .string(expected.description) }
            if let found = finding.found { members["found"] = .string(found.description) }
            if let offset = finding.offset { members["offset"] = .integer(offset) }
            if let message = finding.message { members["message"] = .string(message) }
            return .object(members)
        }
        let value: Value = [
            "kind": "BundleCheck", "version": .string(version.description),
            "digest": .string(report.bundle.description),
            "layers": .integer(Int64(report.layers)), "differences": .list(findings),
        ]
        try show(value, output) { Self.text(report, version) }
        if !report.findings.isEmpty { throw ExitCode(1) }
    }

    static func text(_ report: BundleCheck.Report, _ version: VersionID) -> String {
        if report.findings.isEmpty {
            return "\(version) builds again to \(report.bundle): \(report.layers) layers are the same\n"
        }
        return "\(version) does not build again to \(report.bundle):\n" + report.findings.map(text).joined()
    }

    /// The layer, what it was and is, where the two part, and why.
    private static func text(_ finding: BundleCheck.Finding) -> String {
        var parts: [String] = []
        if finding.found != nil || finding.message == nil {
            let (before, after) = (finding.expected?.description ?? "nothing", finding.found?.description ?? "nothing")
            parts.append("packaged \(before), now \(after)")
        }
        if let offset = finding.offset { parts.append("the first byte that differs is \(offset)") }
        if let message = finding.message { parts.append(message.harmless) }
        let place = finding.path.isEmpty ? "" : "\(finding.path.harmless): "
        return "  \(place)\(parts.joined(separator: "; "))\n"
    }
}

extension ModelBundle {
    /// As a `bundle.built` entry says it.
    fileprivate var facts: Members {
        ["digest": .string(manifest.description), "size": .integer(size), "layers": .integer(Int64(layers))]
    }
}
