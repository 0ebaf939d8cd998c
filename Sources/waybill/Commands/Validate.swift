import ArgumentParser
import Foundation
import WaybillCore
import WaybillPackage
import WaybillReport
import WaybillServing
import WaybillTrust

/// `waybill validate`.
struct Validate: AsyncParsableCommand {
    enum Form: String, CaseIterable, ExpressibleByArgument, Sendable { case text, json, yaml, markdown, html }

    static let configuration = CommandConfiguration(
        abstract: "Ask the gates of a checklist about a model version.",
        discussion: """
            Version, checklist and runtime are read from the manifests of a fleet folder as they are now. The version is packaged; \
            gates about the bundle are asked first, then a candidate is started beside what serves, off every route, and removed \
            when it was asked. What was measured stands beside the bundle as evidence; with --sign also as signed statements, an \
            in-toto test result and a SLSA verification summary. Returns 1 unless every gate passed.

            \(StoreOptions.recorded)
            """)

    @Argument(
        help: ArgumentHelp("Model and version, as in churn@1.4.0.", valueName: "name@version"),
        transform: NewModelVersion.parse)
    var version: VersionID

    @Option(help: ArgumentHelp("The checklist.", valueName: "name"), transform: Validate.name)
    var checklist: Name

    @Option(
        help: ArgumentHelp(
            "How the candidate is run. Left out: as the model's deployments are, or by the only runtime for the format.",
            valueName: "name"), transform: Validate.name)
    var runtime: Name?

    @Option(help: ArgumentHelp("Folder of the manifests.", valueName: "path"))
    var path: String?

    @Option(
        name: .customLong("sign"),
        help: ArgumentHelp("Sign the evidence with this private key, of SSH or ECDSA in PEM.", valueName: "file"),
        completion: .file())
    var signingKey: String?

    @Option(
        name: .customLong("save"),
        help: ArgumentHelp(
            "Write the evidence into this folder, with --sign also the signed statements, for 'waybill plan --evidence'.",
            valueName: "folder"), completion: .directory)
    var savesTo: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Take what an earlier run measured of the same bundle, gate, data and runtime, and say so.")
    var cache = true

    @Flag(help: "Let latency gates put load on this machine. Without it they are inconclusive.")
    var latencyTests = false

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: Form = .text

    @OptionGroup var signatures: SignatureOptions

    @OptionGroup var options: StoreOptions

    @Sendable static func name(_ text: String) throws -> Name {
        do { return try Name(parsing: text) } catch { throw ValidationError(error.message) }
    }

    func run() async throws {
        // A key that cannot be read is known before anything is started.
        let key = try signingKey.map { (path) throws(Failure) in try SigningKeyOptions.load(path) }
        var found = try await ValidationSubject.find(
            version, checklist: checklist, in: signatures.repository, path: path)
        if !latencyTests {
            found.loadRefused = "no load is put on this machine unasked: say so by --latency-tests"
        }
        let subject = found
        let (content, acts, name) = (try options.content(), try options.acts(), version.description)
        let progress = ProgressLine(Console.current)
        let facts: Members = ["version": .string(name), "checklist": .string(checklist.text)]
        let (evidence, signed) = try await progress.saying { say in
            try await acts.perform(.versionValidated, name, facts) { (ticket: Ticket) throws(Failure) in
                let parts = ValidationParts(subject: subject, command: self, content: content, journal: acts.journal)
                let (evidence, bundle) = try await parts.run(ticket: ticket, progress: say)
                let signed = try await parts.keep(evidence, beside: bundle, signedBy: key)
                return ((evidence, signed), evidence.facts(signedBy: signed.first?.key))
            }
        }
        if let savesTo { try EvidenceFolder(path: savesTo).save(evidence, signed) }
        try show(evidence)
        if evidence.verdict != .passed { throw ExitCode(1) }
    }

    private func show(_ evidence: Evidence) throws {
        let (console, view) = (Console.current, EvidenceView(evidence))
        switch output {
        case .text: console.write(view.text(console.style, columns: console.columns))
        case .json: console.line(view.value.prettyJSON)
        case .yaml: console.write(view.value.yaml)
        case .markdown: console.write(MarkdownWriter.text(try EvidenceReport(evidence).document))
        case .html: console.write(HTMLWriter.text(try EvidenceReport(evidence).document))
        }
    }
}

extension Evidence {
    /// As a `version.validated` entry says it.
    func facts(signedBy key: SSHPublicKey?) -> Members {
        var facts: Members = [
            "digest": .string(bundle.description), "rules": .string(rules.description),
            "verdict": .string(verdict.rawValue), "evidence": .string(digest.description),
            "gates": .object(Members(results.map { ($0.gate.name, .string($0.judged.verdict.rawValue)) })),
        ]
        if !cached.isEmpty { facts["cached"] = .list(cached.map { .string($0) }) }
        if let key { facts["key"] = .string(key.fingerprint) }
        return facts
    }
}
