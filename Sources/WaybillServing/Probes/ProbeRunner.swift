import WaybillCore

/// Watches live replicas: asks their probes, notices their end, and reports each change by its deployment's key.
///
/// A service: `run` returns when its task is cancelled, and nothing it started is left then. It decides nothing and ends
/// nothing: a replica whose startup or liveness probe fails too often is reported as failing.
package struct ProbeRunner: Sendable {
    let watch: ReplicaWatch
    let check: ProbeCheck

    /// How soon an exit is noticed that its keeper wrote down.
    private static let lookEvery = Duration.milliseconds(200)
    /// Every so many looks the locks are looked at, too: a keeper that was killed wrote nothing down.
    private static let lockEvery = 5

    private static let shortestPeriod = Duration.milliseconds(10)

    /// - Parameter turned: called each time that the runner has looked at all replicas.
    package func run(turned: @escaping @Sendable () -> Void = {}) async {
        await withDiscardingTaskGroup { group in
            var looks = 0
            while !Task.isCancelled {
                looks += 1
                for item in watch.takeUnprobed() { group.addTask { await probe(item) } }
                await noticeEnds(withLocks: looks % Self.lockEvery == 0)
                turned()
                try? await Task.sleep(for: Self.lookEvery)
            }
        }
        watch.releaseProbed()
    }

    /// One system call for each replica, and three each second: what seems to have ended is then looked at closely.
    private func noticeEnds(withLocks: Bool) async {
        let folders = watch.folders
        let ended = await offloaded {
            folders.filter { folder in
                guard folder.hasExitRecord || withLocks && !folder.isLocked() else { return false }
                if case .ended = folder.life() { return true }
                return false
            }
        }
        for folder in ended {
            watch.remove(folder.id)
            watch.report(folder.id.key)
        }
    }

    /// Asks each question of the replica when it is due, until the replica is gone.
    private func probe(_ item: ReplicaWatch.Watched) async {
        let id = item.folder.id
        var due: [ProbeState.Question: ContinuousClock.Instant] = [:]
        while !Task.isCancelled, let state = watch.state(of: id) {
            let now = ContinuousClock.now
            for question in state.questions where (due[question] ?? now) <= now {
                due[question] = now + max(state.probe(for: question).period, Self.shortestPeriod)
                await ask(question, state.probe(for: question), item)
            }
            guard let questions = watch.state(of: id)?.questions, !questions.isEmpty else { return }
            let next = questions.map { due[$0] ?? ContinuousClock.now }.min()
            if let next { try? await Task.sleep(until: next, clock: .continuous) }
        }
    }

    private func ask(_ question: ProbeState.Question, _ probe: Probe, _ item: ReplicaWatch.Watched) async {
        guard let result = await look(item, probe) else { return }
        _ = watch.handle(item.folder.id, question, result)
    }

    /// One question to a replica; nil when it does not run or is stopping, so that there is nothing to judge.
    func look(_ item: ReplicaWatch.Watched, _ probe: Probe) async -> ProbeState.Result? {
        guard let port = item.record.servedPort else { return .passed }
        let folder = item.folder
        guard case .running(let running) = await offloaded({ folder.life() }), !folder.isAskedToStop else { return nil }
        return await check.ask(probe.check, port: port, keeper: running.keeper.pid, timeout: probe.timeout)
    }
}
