import ArgumentParser
import Foundation
import WaybillCore
import WaybillGit
import WaybillPackage
import WaybillServing

/// `waybill package verify`.
struct PackageVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Hash what the content store holds again, and move what rotted aside.",
        discussion: """
            REF is a version such as churn@1.4.0, or a digest or at least 8 digits of it; --all takes everything. Bytes that \
            are no longer those of their digest are moved to the store's quarantine and fetched again from where they came: \
            a bundle's sources, the commit of its code, the registry it was pulled from, the index of a wheel. For what cannot \
            be had it says what brings it back. Returns 1 when there were any. With --signed every bundle \
            must be signed, too, by somebody who may sign its model; where no access file says who may, by a --public-key.

            \(StoreOptions.recorded)
            """)

    @Argument(help: ArgumentHelp("Bundles.", valueName: "ref"))
    var references: [String] = []

    @Flag(help: "Everything in the store.")
    var all = false

    @Flag(help: "Ask for a signature by somebody who may sign the model.")
    var signed = false

    @OptionGroup var signatures: SignatureOptions

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var options: StoreOptions

    func validate() throws {
        guard all != !references.isEmpty else { throw ValidationError("name bundles, or give --all") }
        guard !(all && signed) else { throw ValidationError("--signed goes with bundles that are named") }
    }

    func run() async throws {
        let store = try options.content()
        var only: Set<Digest>?
        for reference in references { only = (only ?? []).union(try await store.blobs(of: reference)) }
        let held = try await store.blobs()
        let missing = (only ?? []).filter { held[$0] == nil }.sorted()
        let acts = try options.acts()
        let (report, again) = try await acts.perform(
            .contentVerified, "content", ["bundles": .list(references.map { .string($0) })]
        ) { [only] () throws(Failure) in
            let done = try await verify(only, missing, in: store)
            return (done, Self.facts(done.report, done.again))
        }
        try await acts.noteQuarantine(in: store)
        let signers = try await signers(in: store)
        var value = Self.value(report, missing, again).object ?? [:]
        if signed { value["signatures"] = .list(signers.map(\.value)) }
        try show(.object(value), output) { Self.text(report, missing, again) + signers.map(\.text).joined() }
        if !report.isSound || !missing.isEmpty || signers.contains(where: { !$0.isTrusted }) { throw ExitCode(1) }
    }

    /// Hashes, and fetches again what is rotten or missing.
    private func verify(
        _ only: Set<Digest>?, _ missing: [Digest], in store: ContentStore
    ) async throws(Failure) -> (report: ScrubReport, again: BlobRecovery.Report) {
        let progress = ProgressLine(Console.current)
        defer { progress.clear() }
        let report = try await store.verify(only: only) { progress.show("hashed", $0, of: $1) }
        return (report, try await recover(Set(report.quarantined.map(\.digest) + missing), in: store))
    }

    /// As a `content.verified` entry says it.
    private static func facts(_ report: ScrubReport, _ again: BlobRecovery.Report) -> Members {
        [
            "blobs": .integer(Int64(report.blobs)), "size": .integer(report.bytes),
            "quarantined": .integer(Int64(report.quarantined.count)),
            "recovered": .integer(Int64(again.recovered.count)),
        ]
    }

    /// Who signed each bundle; nobody is asked for without --signed.
    private func signers(in store: ContentStore) async throws(Failure) -> [BundleSigners] {
        guard signed else { return [] }
        var signers: [BundleSigners] = []
        for reference in references {
            let bundle = try await store.bundle(reference)
            let found = try await signatures.findings(bundle, in: store, ledger: try options.folder().ledger)
            signers.append(BundleSigners(bundle: bundle, findings: found.findings, hasRules: found.rules != nil))
        }
        return signers
    }

    private func recover(_ digests: Set<Digest>, in store: ContentStore) async throws(Failure) -> BlobRecovery.Report {
        guard !digests.isEmpty else { return BlobRecovery.Report() }
        let folder = try options.folder()
        // What came from the fleet repository is read from the controller's mirror, if there is one.
        let mirror: any FleetTree = (try? WorkingClone(containing: "\(folder.git)/mirror.git")) ?? NoRepository()
        let variables = ProcessInfo.processInfo.environment
        let scratch = FileManager.default.temporaryDirectory.appending(path: "waybill-wheels-\(UUID().uuidString)")
        return try await BlobRecovery(
            content: store, tree: mirror, readers: options.readers(),
            refusing: options.store == nil ? [folder.path] : [],
            registry: try ModelSources.registry(try options.controller.configuration().sources, variables),
            wheels: WheelIndex(
                scratch: scratch.path, search: .ofThisProcess(variables: variables), variables: variables)
        ).run(digests)
    }

    private static func value(
        _ report: ScrubReport, _ missing: [Digest], _ again: BlobRecovery.Report
    ) -> Value {
        [
            "kind": "StoreVerification", "blobs": .integer(Int64(report.blobs)), "size": .integer(report.bytes),
            "quarantined": .list(
                report.quarantined.map {
                    [
                        "digest": .string($0.digest.description), "found": .string($0.found.description),
                        "path": .string($0.path),
                    ]
                }),
            "missing": .list(missing.map { .string($0.description) }),
            "recovered": .list(again.recovered.map { .string($0.description) }),
            "strangers": .list(report.strangers.map { .string($0) }),
        ]
    }

    static func text(_ report: ScrubReport, _ missing: [Digest], _ again: BlobRecovery.Report) -> String {
        func then(_ digest: Digest) -> String {
            guard let failure = again.failures[digest] else { return "it was fetched again" }
            return "it could not be fetched again: \(failure.harmless)"
        }
        var lines = report.quarantined.map {
            "\($0.digest) had become \($0.found), which is now at \($0.path); \(then($0.digest))"
        }
        lines += missing.map { "\($0) was missing; \(then($0))" }
        lines += report.strangers.map { "\($0.harmless) stands among the blobs and is none; remove it" }
        let sound = report.blobs - report.quarantined.count
        lines.append("\(sound) of \(report.blobs) blobs are sound, \(Bytes.text(report.bytes)) read")
        return lines.joined(separator: "\n") + "\n"
    }
}

/// In place of a repository that is not on this machine.
private struct NoRepository: FleetTree {
    func changes(from base: CommitID?, to commit: CommitID, under path: String) async throws(Failure)
        -> (changes: [TreeChange], problems: [TreeProblem])
    { ([], []) }

    func read(_ blobs: [BlobID], limit: Int) async throws(Failure) -> [[UInt8]] { [] }

    func file(_ path: String, at commit: CommitID) async throws(Failure) -> TreeFile? {
        throw Failure(
            .stall, reason: "RepositoryMissing",
            message: "\(path.quotedForMessage) is in the fleet repository, of which there is no mirror here; build its "
                + "bundle again in a clone")
    }
}

/// `waybill package collect`.
struct PackageCollect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect",
        abstract: "Remove what nothing needs from the content store.",
        discussion: """
            Kept are the files of everything that is deployed or held, bundles that share one of them, those of the last \
            revisions of each deployment, the newest bundles of each model, those that packaging.retain names, and bundles of other tools. A pulled bundle of Waybill's is \
            one of its model, like those that were built here. Nothing is removed while something packages. Look first: \
            --dry-run removes nothing.

            \(StoreOptions.recorded)
            """)

    @Flag(help: "Only say what would be removed.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Last revisions of each deployment, and newest bundles of each model, that are kept; default: packaging.keep.",
            valueName: "number"))
    var keep: Int?

    @Flag(help: "Remove rotten bytes that were moved aside, too.")
    var quarantine = false

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var options: StoreOptions

    func validate() throws {
        guard (0...10_000).contains(keep ?? 0) else { throw ValidationError("--keep must be from 0 to 10000") }
    }

    func run() async throws {
        // The folders that deployments are served from say what is deployed and held, also while no controller runs.
        let models = try options.folder().models
        let roots: @Sendable () throws(Failure) -> Set<Digest> = { () throws(Failure) in
            try ArtifactStore.heldDigests(root: models)
        }
        var retention = try options.controller.configuration().retention
        if let keep { retention.newest = keep }
        let recent = try await RecentVersions.read(try options.folder())
        let collection = ContentCollection(
            try options.content(), roots: roots, retention: retention.keeping(recent.newest(retention.newest)),
            emptiesQuarantine: quarantine)
        let report = try await collect(collection)
        let value: Value = [
            "kind": "StoreCollection", "dryRun": .bool(dryRun), "bundles": .list(report.bundles.map { .string($0) }),
            "blobs": .integer(Int64(report.blobs)), "partials": .integer(Int64(report.partials)),
            "quarantined": .integer(Int64(report.quarantined)), "size": .integer(report.size),
            "kept": [
                "bundles": .integer(Int64(report.keptBundles)), "blobs": .integer(Int64(report.keptBlobs)),
                "size": .integer(report.keptSize),
            ],
        ]
        try show(value, output) { Self.text(report, dryRun: dryRun) }
    }

    private func collect(_ collection: ContentCollection) async throws(Failure) -> ContentCollection.Report {
        if dryRun { return try await collection.run(dryRun: true) }
        return try await options.acts().perform(.contentCollected, "content") { () throws(Failure) in
            let report = try await collection.run(dryRun: false)
            return (report, report.facts)
        }
    }

    static func text(_ report: ContentCollection.Report, dryRun: Bool) -> String {
        let verb = dryRun ? "would remove" : "removed"
        var parts = ["\(report.blobs) blobs"]
        if report.partials > 0 { parts.append("\(report.partials) cut transfers") }
        if report.quarantined > 0 { parts.append("\(report.quarantined) rotten blobs") }
        let names = report.bundles.map { "  \($0.harmless)\n" }.joined()
        return
            "\(verb) \(parts.joined(separator: ", ")) (\(Bytes.text(report.size))) and the names of \(report.bundles.count) bundles"
            + (names.isEmpty ? "\n" : ":\n\(names)")
            + "kept \(report.keptBundles) bundles, \(report.keptBlobs) blobs (\(Bytes.text(report.keptSize)))\n"
    }
}
