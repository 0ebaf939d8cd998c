import ArgumentParser
import WaybillCore
import WaybillPackage
import WaybillTrust

/// `waybill package inspect`.
struct PackageInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what is in a bundle, and what stands beside it.",
        discussion: """
            REF is a version such as churn@1.4.0, or a digest or at least 8 digits of it. The model's files are looked into without \
            running them, by the allow list of the fleet folder, when there is one; signatures are judged by its access file.
            """)

    @Argument(help: ArgumentHelp("The bundle.", valueName: "ref"))
    var reference: String

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var signatures: SignatureOptions

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let content = try options.content()
        let bundle = try await content.bundle(reference)
        let found = try await signatures.findings(bundle, in: content, ledger: try options.folder().ledger)
        let access = found.rules?.access
        let keys = (try signatures.keys() + (access?.keys ?? [])).compactMap(\.ecKey)
        let beside = BundleSurroundings(
            signatures: found.findings, statements: try await content.statements(about: bundle, keys: keys),
            access: access)
        let inside = try await content.inside(bundle, allowing: try signatures.allowList())
        var value = bundle.value.object ?? [:]
        value.merge(inside.members) { own, _ in own }
        value.merge(beside.members) { own, _ in own }
        let style = Console.current.style
        try show(.object(value), output) { bundle.text(style) + inside.text(style) + beside.text(style) }
    }
}

/// `waybill package diff`.
struct PackageDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what differs between two bundles: the weights, or only words about them.",
        discussion: """
            Each is a version such as churn@1.4.0, or a digest or at least 8 digits of it. Files are compared by their digests, the \
            environment by the packages of its lock, and the model's files by the tensors that their headers name.
            """)

    @Argument(help: ArgumentHelp("The bundle to compare with.", valueName: "before"))
    var before: String

    @Argument(help: ArgumentHelp("The other one.", valueName: "after"))
    var after: String

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var options: StoreOptions

    func run() async throws {
        let store = try options.content()
        let (old, new) = (try await store.bundle(before), try await store.bundle(after))
        let inside = (
            old: try await store.inside(old, allowing: .shipped), new: try await store.inside(new, allowing: .shipped)
        )
        let difference = BundleDifference(from: old, to: new, inside: inside)
        try show(difference.value(from: old, to: new), output) {
            difference.text(from: before, to: after, Console.current.style)
        }
    }
}
