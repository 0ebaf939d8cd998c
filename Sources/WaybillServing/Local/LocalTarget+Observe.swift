package import WaybillCore

extension LocalTarget {
    /// Reads folders, locks and records. A replica that was found running and has not been probed yet is asked once
    /// here, so that a new controller does not take a ready replica for one that is still starting.
    package func observe(_ key: DeploymentKey, revisions: [RevisionSpec]) async throws(Failure) -> TargetObservation {
        await lookAtFound(key)
        var preparations: [Revision: Preparation] = [:]
        for spec in revisions { preparations[spec.revision] = try await preparation(of: spec) }
        let replicas = try await offloaded { () throws(Failure) in try self.replicas(of: key) }
        return TargetObservation(
            replicas: replicas.map { Self.mark($0, with: preparations[$0.revision]) }, preparations: preparations)
    }

    private func preparation(of spec: RevisionSpec) async throws(Failure) -> Preparation {
        let files = try await models.check(spec.artifacts, of: spec.manifest)
        guard files == .prepared, let environment = spec.environment else { return files }
        return try await environments.isBuilt(environment) ? .prepared : .missing
    }

    private func replicas(of key: DeploymentKey) throws(Failure) -> [ObservedReplica] {
        var replicas: [ObservedReplica] = []
        for folder in index.folders(of: key) {
            let record: ReplicaRecord
            do throws(Failure) {
                record = try folder.record()
            } catch {
                if folder.exists { throw error }
                continue
            }
            let (state, life) = (watch.state(of: folder.id), folder.life())
            replicas.append(
                ObservedReplica(
                    id: folder.id, revision: record.revision, version: record.version,
                    phase: phase(of: folder, life, state), port: record.servedPort, startedAt: folder.startedAt(),
                    drift: state?.drift, pid: Self.keeper(life), goneBy: folder.stopAskedAt.map { $0 + record.grace }))
        }
        return replicas
    }

    private static func keeper(_ life: ReplicaFolder.Life) -> Int32? {
        if case .running(let running) = life { running.keeper.pid } else { nil }
    }

    private func phase(
        of folder: ReplicaFolder, _ life: ReplicaFolder.Life, _ state: ProbeState?
    ) -> ObservedReplica.Phase {
        if case .ended(let ended) = life {
            return .exited(
                ExitStatus(
                    cause: ended.cause, at: ended.at, reason: ended.reason,
                    lastLines: ReplicaLog(folder: folder.path).lastWords()))
        }
        if folder.isAskedToStop { return .stopping }
        return switch state?.phase {
        case nil, .found, .starting, .started: .starting
        case .ready: .ready
        case .unready: .unready
        case .failing(let reason): .failing(reason)
        }
    }

    /// An edited model file is wrong about each replica that serves it.
    private static func mark(_ replica: ObservedReplica, with preparation: Preparation?) -> ObservedReplica {
        guard case .altered(let path, let expected, let found) = preparation, replica.drift == nil else {
            return replica
        }
        var marked = replica
        marked.drift = "model file \(path) is altered: expected \(expected), found \(found)"
        return marked
    }

    private func lookAtFound(_ key: DeploymentKey) async {
        let ids = await offloaded {
            let folders = self.index.folders(of: key)
            for folder in folders { self.takeUp(folder) }
            return folders.map(\.id)
        }
        let found = ids.compactMap(watch.item).filter { $0.state.phase == .found }
        await withDiscardingTaskGroup { group in
            for item in found {
                group.addTask {
                    guard let result = await self.prober.look(item, item.record.probes.readiness) else { return }
                    _ = self.watch.handle(item.folder.id, .readiness, result)
                }
            }
        }
    }
}
