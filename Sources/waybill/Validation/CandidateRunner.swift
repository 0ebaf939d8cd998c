import AsyncHTTPClient
import Glibc
import WaybillCore
import WaybillEngine
import WaybillServing

/// Starts a candidate beside what serves, for as long as something asks it, and removes it whatever happens.
///
/// *Guarantees*: no route ever names it; it runs under its runtime's isolation and limits, as a user that no served replica has when
/// the controller is root; after a crash the next run with the same state folder ends it. *Assumptions*: `folder` is one that candidates may be in.
struct CandidateRunner: Sendable {
    let folder: StateFolder
    let settings: LocalTargetSettings
    let models: any ModelStore
    let environments: any EnvironmentStore
    /// Returns when measuring is to be broken off; what was started is removed then.
    let stopped: @Sendable () async -> Void

    /// Prepares and starts a replica of `spec`, waits until it is ready, and lets `measure` ask it.
    ///
    /// - Throws: what preparing and starting throw; `CandidateFailed`, stalling, with its last words when it ends or is never ready.
    func run<Result: Sendable>(
        _ spec: RevisionSpec, at commit: CommitID, ticket: Ticket, progress: @escaping @Sendable (String) -> Void,
        _ measure: @escaping @Sendable (CandidateConnection) async -> Result
    ) async throws(Failure) -> Result {
        let place = try CandidateFolder(in: folder)
        let user = CandidateUser(of: settings.users, in: folder.candidates)
        var configuration = LocalTarget.probeConfiguration
        // Under load many requests wait for their answers at once: they are not to wait for each other here.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Swift.Result<Result, Failure>
        do throws(Failure) {
            let target = try target("candidates/\(place.name)", client, user?.number)
            progress("preparing")
            try await target.prepare(spec, at: commit, ticket: ticket)
            progress("starting a candidate")
            result = await started(spec, target, client, ticket: ticket, progress, measure)
        } catch { result = .failure(error) }
        try? await client.shutdown()
        _ = consume place
        _ = consume user
        return try result.get()
    }

    /// Runs a program to its end in the sandbox of candidates. Nothing of it is left when it returns, stopped or not.
    ///
    /// - Throws: what starting it throws: where it cannot be kept apart it is not run.
    func run(_ command: SandboxedCommand, ticket: Ticket) async throws(Failure) -> SandboxedCommand.End {
        let place = try CandidateFolder(in: folder)
        let user = CandidateUser(of: settings.users, in: folder.candidates)
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: LocalTarget.probeConfiguration)
        let result: Swift.Result<SandboxedCommand.End, Failure>
        do throws(Failure) {
            let target = try target("candidates/\(place.name)", client, user?.number)
            result = await withTaskGroup(of: Swift.Result<SandboxedCommand.End, Failure>.self) { group in
                group.addTask {
                    do throws(Failure) { return .success(try await target.run(command, ticket: ticket)) } catch {
                        // What was broken off is not to be tried again.
                        return .failure(
                            Task.isCancelled ? Failure(.wait, reason: "Cancelled", message: "stopped") : error)
                    }
                }
                group.addTask {
                    await stopped()
                    return .failure(Failure(.wait, reason: "Cancelled", message: "stopped"))
                }
                let first = await group.next()
                group.cancelAll()
                await group.waitForAll()
                return first ?? .failure(Failure(.wait, reason: "Cancelled", message: "stopped"))
            }
        } catch { result = .failure(error) }
        try? await client.shutdown()
        _ = consume place
        _ = consume user
        return try result.get()
    }

    /// Ends what runs were left by a crash of theirs.
    func sweep(ticket: Ticket) async {
        for name in CandidateFolder.abandoned(in: folder) {
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: LocalTarget.probeConfiguration)
            if let target = try? target("candidates/\(name)", client), let keys = try? await target.knownKeys() {
                for key in keys {
                    let seen = try? await target.observe(key, revisions: [])
                    for replica in seen?.replicas ?? [] { await Self.remove(replica.id, .seconds(30), target, ticket) }
                }
            }
            try? await client.shutdown()
            CandidateFolder.remove(name, in: folder)
        }
    }

    private func target(
        _ name: String, _ client: HTTPClient, _ user: UInt32? = nil
    ) throws(Failure) -> LocalTarget {
        var settings = settings
        settings.folder = name
        if let user { settings.users = user...user }
        return try LocalTarget(
            settings: settings, models: models, environments: environments, client: client,
            // A gateway would take a candidate for what its table names.
            portsInUse: { [folder] in GatewayTableFile.read(folder.routes)?.ports ?? [] })
    }

    private func started<Result: Sendable>(
        _ spec: RevisionSpec, _ target: LocalTarget, _ client: HTTPClient, ticket: Ticket,
        _ progress: @escaping @Sendable (String) -> Void,
        _ measure: @escaping @Sendable (CandidateConnection) async -> Result
    ) async -> Swift.Result<Result, Failure> {
        let id = ReplicaID(key: spec.key, revision: spec.revision, serial: UInt64.random(in: 1...UInt64(Int32.max)))
        let result = await withTaskGroup(of: Swift.Result<Result, Failure>?.self) { group in
            group.addTask {
                await target.prober.run()
                return nil
            }
            group.addTask {
                do throws(Failure) {
                    try await target.start(id, spec, ticket: ticket)
                    let port = try await Self.ready(id, spec, target)
                    progress("asking the candidate")
                    return .success(await measure(CandidateConnection(port: port, spec: spec, client: client)))
                } catch { return .failure(error) }
            }
            group.addTask {
                await stopped()
                return .failure(Failure(.wait, reason: "Cancelled", message: "stopped"))
            }
            var found: Swift.Result<Result, Failure>?
            while found == nil, let next = await group.next() { found = next }
            group.cancelAll()
            return found ?? .failure(.candidateFailed(spec, "it was not measured"))
        }
        await Self.remove(id, spec.stopGrace + .seconds(10), target, ticket)
        return result
    }

    private static func ready(
        _ id: ReplicaID, _ spec: RevisionSpec, _ target: LocalTarget
    ) async throws(Failure) -> Int {
        while !Task.isCancelled {
            let seen = try await target.observe(spec.key, revisions: []).replicas.first { $0.id == id }
            switch seen?.phase {
            case .ready: if let port = seen?.port { return port }
            case .failing(let reason): throw .candidateFailed(spec, reason, target.log(of: id).lastWords())
            case .exited(let status): throw .candidateFailed(spec, "it \(status)", status.lastLines)
            case nil, .starting, .unready, .stopping: break
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
        throw Failure(.wait, reason: "Cancelled", message: "stopped")
    }

    /// Ends a replica and waits until nothing of it is left, or for `patience`; also in a task that was cancelled.
    private static func remove(_ id: ReplicaID, _ patience: Duration, _ target: LocalTarget, _ ticket: Ticket) async {
        let end = ContinuousClock.now + patience
        try? await target.stop(id, ticket: ticket)
        while ContinuousClock.now < end {
            if (try? await target.forget(id, ticket: ticket)) != nil { return }
            // A sleep of the task would end at once in one that was cancelled.
            await Blocking.run { _ = usleep(50_000) }
        }
    }
}
