import WaybillCore

extension Controller {
    /// Asks target and gateway about one deployment and tells the core.
    func observe(_ request: ObserveRequest, _ cut: AsyncStream<Never>) async {
        let answer = await cancellations.run(request.id, until: cut) { () -> Result<Observation, Failure> in
            do throws(Failure) {
                return .success(try await self.look(request))
            } catch {
                return .failure(error)
            }
        }
        let result = answer ?? .failure(Self.cutShort)
        if case .success(let observation) = result { observations[request.key] = observation }
        send(.observed(request.id, request.key, result))
    }

    private func look(_ request: ObserveRequest) async throws(Failure) -> Observation {
        let seen = try await world.target.observe(request.key, revisions: request.specs)
        var route = await monitor.route(of: request.key)
        // A gateway that is away, or has not read the table yet, does not make a published route go away.
        if await publisher.hasRoute(request.key) { route.hasRoute = true }
        route.recording = await publisher.recording(of: request.key)
        route.isCurrent = await publisher.isInForce(request.key, by: route.generation)
        if request.wantsCounts, route.isGatewayRunning { route.counts = await world.gateway.counts(of: request.key) }
        return Observation(
            replicas: seen.replicas, preparations: seen.preparations, route: route, time: world.clock.now())
    }

    /// Writes the intent, acts with its ticket, writes the outcome, and tells the core.
    func perform(_ request: ActRequest, _ cut: AsyncStream<Never>) async {
        let answer = await cancellations.run(request.id, until: cut) { () -> EngineEvent in
            let ticket: Ticket
            do throws(Failure) { ticket = try await self.intend(request) } catch {
                return .refused(request.id, request.key, error)
            }
            return await self.act(request, ticket)
        }
        send(answer ?? .performed(request.id, request.key, Self.cutShort))
    }

    /// - Throws: a failure that says "wait": whatever ails the ledger, the act is not to blame.
    private func intend(_ request: ActRequest) async throws(Failure) -> Ticket {
        if Task.isCancelled { throw Self.cutShort }
        if isLedgerLost { throw Self.ledgerUnavailable }
        do throws(Failure) {
            return try await journal.intend(request.intent(at: world.clock.now()))
        } catch {
            loseLedger([])
            throw Self.ledgerUnavailable
        }
    }

    private func act(_ request: ActRequest, _ ticket: Ticket) async -> EngineEvent {
        if case .validate = request.action { return await ask(request, ticket) }
        var failure: Failure?
        var additions: Members = [:]
        do throws(Failure) {
            additions = try await actOnWorld(request, ticket)
        } catch {
            failure = error
        }
        await conclude(ticket, request.outcome(failure, at: world.clock.now(), adding: additions))
        return .performed(request.id, request.key, failure)
    }

    /// Asks the gates; a verdict of any kind is a success of the act.
    private func ask(_ request: ActRequest, _ ticket: Ticket) async -> EngineEvent {
        do throws(Failure) {
            guard let question = request.question, let validator = world.validator else {
                throw Failure(.stall, reason: "NoValidator", message: "nothing here can ask the gates of a checklist")
            }
            let answer = try await validator.validate(question, ticket: ticket)
            await conclude(ticket, request.outcome(nil, at: world.clock.now(), adding: answer.facts))
            return .validated(request.id, request.key, answer)
        } catch {
            await conclude(ticket, request.outcome(error, at: world.clock.now()))
            return .performed(request.id, request.key, error)
        }
    }

    private func actOnWorld(_ request: ActRequest, _ ticket: Ticket) async throws(Failure) -> Members {
        switch request.action {
        case .prepare:
            let (spec, commit) = try desired(request)
            try await world.target.prepare(spec, at: commit, ticket: ticket)
        case .validate: break
        case .startReplica(let id, _):
            try await world.target.start(id, try desired(request).spec, ticket: ticket)
        case .stopReplica(let id): try await world.target.stop(id, ticket: ticket)
        case .forgetReplica(let id): try await world.target.forget(id, ticket: ticket)
        case .setRoute(let replicas, let shares): return try await setRoute(request, replicas, shares, ticket)
        }
        return [:]
    }

    private func desired(_ request: ActRequest) throws(Failure) -> (spec: RevisionSpec, commit: CommitID) {
        guard let spec = request.spec, let commit = request.commit else {
            throw Failure(.wait, reason: "NotDesired", message: "\(request.key) is no longer desired")
        }
        return (spec, commit)
    }

    private func setRoute(
        _ request: ActRequest, _ replicas: [ReplicaID], _ shares: [TrafficShare], _ ticket: Ticket
    ) async throws(Failure) -> Members {
        let known = Dictionary(
            (observations[request.key]?.replicas ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var backends: [RouteTable.Backend] = []
        // What was said first of a revision stays: a later commit may name it again.
        let commits = request.origins.mapValues(\.hex).merging(await publisher.commits(of: request.key)) { $1 }
        for id in replicas {
            guard let replica = known[id], let port = replica.port else {
                throw Failure(.wait, reason: "ReplicaUnknown", message: "replica \(id) has no port that is known")
            }
            backends.append(
                RouteTable.Backend(
                    replica: id.description, revision: replica.revision.description,
                    version: replica.version.version.description, port: port,
                    commit: commits[replica.revision.description] ?? ""))
        }
        let route = request.spec.map { spec in
            RouteTable.Route(
                environment: request.key.environment.text, deployment: request.key.name.text,
                servingProtocol: spec.protocolName.rawValue, paths: spec.paths,
                versions: Set(backends.map(\.version)).sorted(), backends: backends, model: spec.version.model.text,
                splits: shares.map { .init(revision: $0.revision.description, weight: $0.weight) },
                recording: request.recording)
        }
        let generation = try await publisher.publish(.init(key: request.key, route: route), ticket: ticket)
        await monitor.forget()
        return ["generation": .integer(Int64(generation))]
    }

    private static let cutShort = Failure(.retry, reason: "TookTooLong", message: "it took too long and was cut short")
}
