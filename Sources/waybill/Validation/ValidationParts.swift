import Foundation
import WaybillCore
import WaybillPackage
import WaybillServing
import WaybillTrust

/// What `waybill validate` puts together to ask gates by hand: the store, the sources, and a place for candidates.
struct ValidationParts: Sendable {
    let subject: ValidationSubject
    let command: Validate
    let content: ContentStore
    let journal: Journal

    /// Packages the version and asks every gate about it.
    func run(
        ticket: Ticket, progress: @escaping @Sendable (String) -> Void
    ) async throws(Failure) -> (Evidence, StoredBundle) {
        let folder = try command.options.folder()
        try folder.create()
        let configuration = try command.options.controller.configuration()
        let readers = try command.options.readers()
        let allowing = try command.signatures.allowList()
        let models = ArtifactStore(
            root: folder.models, content: content, tree: subject.tree, readers: readers, journal: journal,
            refusing: [folder.path], allowing: { allowing }, build: BuildVersion.text, now: { .now })
        progress("packaging")
        try await models.package(subject.version, at: subject.commit, ticket: ticket)
        let bundle = try await content.bundle(subject.version.id.description)
        let stop = StopSignals()
        var settings = try configuration.targetSettings(in: folder)
        settings.users = configuration.usersOfCandidates
        let candidates = CandidateRunner(
            folder: folder, settings: settings, models: models,
            environments: configuration.environments(
                in: folder, tree: subject.tree, journal: journal, now: { .now }),
            stopped: {
                while !stop.isAsked, (try? await Task.sleep(for: .milliseconds(100))) != nil {}
            })
        await candidates.sweep(ticket: ticket)
        let (signatures, content) = (command.signatures, content)
        let run = ValidationRun(
            subject: subject, content: content, bundle: bundle,
            intake: ArtifactIntake(content: content, tree: subject.tree, readers: readers, refusing: [folder.path]),
            candidates: candidates, runtime: command.runtime,
            cache: MeasurementCache(in: folder, isRead: command.cache), allowing: allowing,
            signatures: { () throws(Failure) in
                try await signatures.findings(bundle, in: content, ledger: folder.ledger)
            },
            progress: progress)
        return (try await run.run(ticket: ticket), bundle)
    }

    /// A statement about evidence, in its envelope.
    struct Signed: Sendable {
        /// What it is, in the name of a file: `test-result`.
        var name: String
        var envelope: Envelope
        var key: SSHPublicKey
    }

    /// Puts the evidence beside its bundle; with a key also what it says, signed. Gives what was signed.
    func keep(
        _ evidence: Evidence, beside bundle: StoredBundle, signedBy key: SigningKey?
    ) async throws(Failure) -> [Signed] {
        _ = try await content.attach(evidence, to: bundle)
        guard let key else { return [] }
        let statements = EvidenceStatements(evidence, of: bundle)
        let named = [
            ("test-result", statements.testResult),
            ("summary", statements.summary(at: .now, build: BuildVersion.text)),
        ]
        var signed: [Signed] = []
        for (name, statement) in named {
            let (envelope, signer) = try key.envelope(statement)
            _ = try await content.attach(envelope, predicateType: statement.predicateType, to: bundle)
            signed.append(Signed(name: name, envelope: envelope, key: signer))
        }
        return signed
    }
}
