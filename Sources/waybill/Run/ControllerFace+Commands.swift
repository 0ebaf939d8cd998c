import WaybillAPI
import WaybillCore
import WaybillEngine

extension ControllerFace {
    func perform(_ command: WaybillAPI.OperatorCommand, by actor: Actor) async throws(Failure) -> CommandResult {
        let verb: WaybillEngine.OperatorCommand.Verb
        switch command {
        case .sync: return try await sync()
        case .pause(let key, _): verb = .pause(key)
        case .resume(let key): verb = .resume(key)
        case .retry(let key): verb = .retry(key)
        case .restart(let key): verb = .restart(key)
        case .rollback(let key, let version, _): verb = .rollback(key, to: version)
        case .lift(let key, _): verb = .lift(key)
        case .advance(let key, _): verb = .advance(key)
        case .abort(let key, _): verb = .abort(key)
        case .accept(let commit, _): verb = .accept(commit)
        }
        return CommandResult(message: try await controller.command(verb, by: actor, reason: command.reason))
    }

    func record(_ entry: HandEvent, by actor: Actor) async throws(Failure) -> LedgerIndex {
        let event: Event
        do throws(InvalidInput) { event = try entry.event(by: actor, at: .now) } catch {
            throw Failure(.stall, reason: ControlReason.invalidRequest, message: error.message)
        }
        guard let index = try await entries.append([event]).first else {
            throw Failure(.retry, reason: "LedgerUnavailable", message: "the ledger gave no index for an entry")
        }
        return index
    }

    private func sync() async throws(Failure) -> CommandResult {
        let before = await watcher.status.accepted
        let head = try await watcher.sync()
        let now = await watcher.status.accepted
        if now != head {
            return CommandResult(
                message: "the branch names \(head.short), which is held; 'waybill status' says why", changed: false,
                commit: head)
        }
        try await takeIn(head)
        return CommandResult(
            message: before == now ? "nothing new: \(head.short) is in force" : "\(head.short) is in force now",
            changed: before != now, commit: head)
    }

    /// Waits until the engine has the accepted commit, so that whoever asks next sees what it asks for.
    private func takeIn(_ commit: CommitID) async throws(Failure) {
        let end = ContinuousClock.now + .seconds(10)
        while await controller.commit != commit, ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(5)) } catch {
                throw Failure(.wait, reason: "Stopping", message: "the controller is stopping")
            }
        }
    }
}
