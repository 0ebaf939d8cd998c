import WaybillCore

extension Controller {
    /// Brings a lost ledger back once the cause of its loss is gone.
    func keepLedger() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            beat(.ledgerKeeper)
            guard isLedgerLost else { continue }
            do throws(Failure) { try await regainLedger() } catch { continue }
        }
    }

    /// Looks after what an earlier controller left unfinished, then after the gateway: tells the core when none answers
    /// twice in a row (one missed answer may be a busy moment) and when one is back, and starts it when that is ours to do.
    func keepGateway() async {
        await reconcileOwnIntents()
        var (misses, failures) = (0, 0)
        var isHere: Bool?
        var notBefore = ContinuousClock.now
        while (try? await Task.sleep(for: .milliseconds(500))) != nil {
            beat(.gatewayKeeper)
            if let status = await world.gateway.status() {
                if misses > 0 { send(.resync) }
                if isHere != true { send(.gatewayBack(found: "process \(status.pid) answers at \(status.address)")) }
                (misses, failures, isHere) = (0, 0, true)
                continue
            }
            misses += 1
            guard misses >= 2 else { continue }
            if isHere != false { send(.gatewayLost(found: world.gatewayTrace())) }
            isHere = false
            guard let keeper = world.gatewayKeeper, !isLedgerLost, .now >= notBefore else { continue }
            if await startGateway(keeper) { continue }
            failures += 1
            notBefore = .now + core.policy.backOff(afterFailures: failures, jitter: .random(in: 0...1))
        }
    }

    /// Intents that are about no deployment are ours to reconcile; the core sees to the others. What a person began by a command may
    /// go on, and that command says how it came out: only what a day has passed over is taken for dead.
    private func reconcileOwnIntents() async {
        let now = world.clock.now()
        let own = core.facts.dangling.filter { _, intent in
            if case .unixUser = intent.actor, now.milliseconds - intent.time.milliseconds < Self.commandLimit {
                return false
            }
            return (try? DeploymentKey(parsing: intent.subject)) == nil
        }
        if own.isEmpty { return }
        let address = await world.gateway.status()?.address
        let decision = DecisionID(UInt64.random(in: .min ... .max))
        let notes = own.sorted { $0.key < $1.key }.map { index, intent in
            intent.reconciled(
                at: index, decision: decision, time: world.clock.now(),
                found: intent.type == .gatewayStarted
                    ? address.map { "a gateway answers at \($0)" } ?? "no gateway answers"
                    : intent.type == .cacheCollected ? "what is left of it is looked for again" : "not known")
        }
        do throws(Failure) { _ = try await world.ledger.append(notes) } catch {
            loseLedger(notes.map { Outbox.Note(event: $0) })
        }
    }

    /// Milliseconds that a command by hand may take: a day.
    private static let commandLimit: Int64 = 86_400_000

    /// True when a gateway answers.
    private func startGateway(_ keeper: any GatewayKeeper) async -> Bool {
        var event = Event(
            .gatewayStarted, decision: DecisionID(UInt64.random(in: .min ... .max)), time: world.clock.now(),
            subject: FleetHold.subject, body: ["reason": "no gateway answers"])
        let ticket: Ticket
        do throws(Failure) { ticket = try await journal.intend(event) } catch {
            loseLedger([])
            return false
        }
        do throws(Failure) {
            event.body["address"] = .string(try await keeper.start(ticket: ticket))
            event.outcome = .succeeded
        } catch {
            event.outcome = .failed
            event.body["message"] = .string(error.message)
        }
        event.time = world.clock.now()
        await conclude(ticket, event)
        return event.outcome == .succeeded
    }
}

/// The controller's loops, whose names are shown when one is not heard of any more.
package enum ControllerLoop: String, CaseIterable, Sendable {
    /// Heard of when all that a step asked for is begun, its notes durable.
    case engine
    case clock
    case ledgerKeeper = "ledger keeper"
    case gatewayKeeper = "gateway keeper"
}
