import Foundation
import Logging
import Synchronization
import WaybillCore
import WaybillEngine
import WaybillPackage
import WaybillServing
import WaybillTrust

/// Asks gates for the controller: the same run as `waybill validate`, on the commit in force and a replica just like those that would
/// serve. Evidence stands beside the bundle before the verdict is told.
final class FleetValidator: Validator {
    let folder: StateFolder
    let configuration: WaybillConfiguration
    let repository: any FleetTree
    let source: FleetSource
    let models: ArtifactStore
    let content: ContentStore
    let readers: SourceReaders
    let journal: Journal
    let settings: LocalTargetSettings
    private let key: StatementKey
    private let sights: KnownSights
    let clock: any WallClock
    private let state = Mutex(State())

    private struct State {
        var progress: [Revision: String] = [:]
        var serving: (@Sendable (Name, Name) async -> [ServedVersion])?
        var rotation: (@Sendable () async -> [ReplicaID: Bool])?
    }

    init(
        folder: StateFolder, configuration: WaybillConfiguration, repository: any FleetTree, source: FleetSource,
        models: ArtifactStore, readers: SourceReaders, journal: Journal, key: StatementKey,
        sights: KnownSights, clock: any WallClock
    ) throws(Failure) {
        self.sights = sights
        self.key = key
        self.folder = folder
        self.configuration = configuration
        self.repository = repository
        self.source = source
        self.models = models
        content = ContentStore(root: folder.content)
        self.readers = readers
        self.journal = journal
        var settings = try configuration.targetSettings(in: folder)
        settings.users = configuration.usersOfCandidates
        self.settings = settings
        self.clock = clock
    }

    /// What each revision is asked just now.
    var progress: [Revision: String] { state.withLock { $0.progress } }

    /// Has baselines come from what `controller` sees serving.
    func follow(_ controller: Controller) {
        state.withLock {
            $0.serving = { await controller.serving(in: $0, of: $1) }
            $0.rotation = { await controller.rotation }
        }
    }

    func validate(_ question: ValidationQuestion, ticket: Ticket) async throws(Failure) -> ValidationAnswer {
        let revision = question.deployment.revision
        tell("the checklist \(question.checklist.name)", revision)
        defer { state.withLock { $0.progress[revision] = nil } }
        let bundle = try await content.bundle(question.deployment.spec.version.description)
        let run = try await run(question, bundle)
        await run.candidates.sweep(ticket: ticket)
        let evidence = try await run.run(ticket: ticket)
        // What was broken off says nothing.
        guard !Task.isCancelled else { throw Failure(.wait, reason: "Cancelled", message: "it was broken off") }
        try await keep(evidence, beside: bundle)
        return ValidationAnswer(evidence, of: question)
    }

    /// Puts the evidence beside its bundle, and what it says, signed.
    private func keep(_ evidence: Evidence, beside bundle: StoredBundle) async throws(Failure) {
        _ = try await content.attach(evidence, to: bundle)
        let statements = EvidenceStatements(evidence, of: bundle)
        for statement in [statements.testResult, statements.summary(at: clock.now(), build: BuildVersion.text)] {
            _ = try await content.attach(
                try key.envelope(statement), predicateType: statement.predicateType, to: bundle)
        }
    }

    private func tell(_ gate: String, _ revision: Revision) {
        state.withLock { $0.progress[revision] = "asking \(gate)" }
    }

    private func run(
        _ question: ValidationQuestion, _ bundle: StoredBundle
    ) async throws(Failure) -> ValidationRun {
        let (commit, revision) = (question.commit, question.deployment.revision)
        let list = FleetAllowList(tree: repository, path: configuration.repository.path)
        let (repository, content, sights, clock) = (repository, content, sights, clock)
        return ValidationRun(
            subject: try await subject(question), content: content, bundle: bundle,
            intake: ArtifactIntake(
                content: content, tree: repository, readers: readers, refusing: [folder.path]),
            candidates: candidates, runtime: nil,
            cache: MeasurementCache(in: folder, isRead: !question.isAnew), allowing: try await list.read(at: commit),
            signatures: { () throws(Failure) in
                let rules = try await AccessRules.load(repository, at: commit)
                let check = SignatureCheck(
                    content, access: rules?.access, firstSeen: sights.seen, now: clock.now())
                return (try await check.run(bundle), rules)
            },
            progress: { [weak self] in self?.tell($0, revision) })
    }

    private func subject(_ question: ValidationQuestion) async throws(Failure) -> ValidationSubject {
        guard let state = await source.stateInForce(), let manifest = question.deployment.spec.manifest else {
            throw Failure(.wait, reason: "NotLoaded", message: "no commit is loaded yet")
        }
        var license = manifest.license
        if license == nil, case .model(let model)? = state.resources[.model(manifest.id.model)]?.spec {
            license = model.license
        }
        let (serving, rotation) = self.state.withLock { ($0.serving, $0.rotation) }
        let name = question.deployment.spec.key.environment
        var isLoadAllowed = false
        if case .environment(let environment)? = state.resources[.environment(name)]?.spec {
            isLoadAllowed = environment.latencyTests == .allowed
        }
        return ValidationSubject(
            version: manifest, license: license, checklist: (question.checklist.name, question.checklist.rules),
            tree: repository, commit: question.commit, state: state, candidate: question.deployment.candidate,
            serving: { environment in await serving?(environment, manifest.id.model) ?? [] },
            rotation: rotation,
            loadRefused: isLoadAllowed
                ? nil : "no load may be put on \(name): its Environment does not say 'latencyTests: allowed'")
    }

    private var candidates: CandidateRunner {
        let clock = clock
        return CandidateRunner(
            folder: folder, settings: settings, models: models,
            environments: configuration.environments(
                in: folder, tree: repository, journal: journal, now: { clock.now() }),
            // Only the act itself is broken off, by cancelling its task.
            stopped: { while (try? await Task.sleep(for: .seconds(3600))) != nil {} })
    }

    /// Ends candidates that a controller, or a command, left when it was killed; each time that there are any, an act.
    func sweep() async throws(Failure) {
        let names = CandidateFolder.abandoned(in: folder)
        if names.isEmpty { return }
        var event = Event(
            .cacheCollected, decision: .random(), time: clock.now(), subject: "controller",
            body: [
                "items": .list(names.map { .string("candidate \($0)") }), "count": .integer(Int64(names.count)),
            ])
        let ticket = try await journal.intend(event)
        await candidates.sweep(ticket: ticket)
        (event.outcome, event.time) = (.succeeded, clock.now())
        try await journal.conclude(ticket, event)
    }
}

/// A version that is in a rotation, and how it is run.
struct ServedVersion: Hashable, Sendable {
    var version: VersionID
    var runtime: Name
}

extension Controller {
    /// Versions of a model that are in rotation in an environment, by observation.
    fileprivate func serving(in environment: Name, of model: Name) -> [ServedVersion] {
        var found: Set<ServedVersion> = []
        for summary in allSummaries where summary.key.environment == environment {
            guard let runtime = summary.runtime else { continue }
            for replica in summary.replicas
            where summary.rotation.contains(replica.id) && replica.version.model == model {
                found.insert(ServedVersion(version: replica.version, runtime: runtime))
            }
        }
        return found.sorted { $0.version < $1.version }
    }

    /// Of each replica in rotation, by observation, whether it is ready.
    fileprivate var rotation: [ReplicaID: Bool] {
        var found: [ReplicaID: Bool] = [:]
        for summary in allSummaries {
            for replica in summary.replicas where summary.rotation.contains(replica.id) {
                found[replica.id] = replica.phase == .ready
            }
        }
        return found
    }
}

extension DesiredDeployment {
    /// A replica just like those that would serve, in no environment: equal settings give equal candidates, wherever they are asked.
    var candidate: RevisionSpec {
        var (members, deployment) = (rendering.restart.object ?? [:], rendering.restart["deployment"]?.object ?? [:])
        let key = ValidationSubject.candidateKey(of: spec.version.model)
        deployment["name"] = .string(key.name.text)
        deployment["environment"] = .string(key.environment.text)
        members["deployment"] = .object(deployment)
        var spec = spec
        spec.key = key
        spec.revision = Rendering(restart: .object(members), live: .object([:])).revision
        return spec
    }
}

extension ValidationAnswer {
    /// What evidence says to a question.
    init(_ evidence: Evidence, of question: ValidationQuestion) {
        let first = evidence.results.first { $0.judged.verdict != .passed }
        let skipped = evidence.skipped.first
        self.init(
            GateVerdict(
                revision: question.deployment.revision.description, checklist: evidence.checklist.text,
                rules: evidence.rules, verdict: evidence.verdict, gate: first?.gate.name ?? skipped,
                message: first?.judged.message ?? skipped.map { _ in "it was not asked" }, evidence: evidence.digest,
                bundle: evidence.bundle),
            gates: Dictionary(
                evidence.results.map { ($0.gate.name, $0.judged.verdict) }, uniquingKeysWith: { first, _ in first }),
            cached: evidence.cached)
    }
}
