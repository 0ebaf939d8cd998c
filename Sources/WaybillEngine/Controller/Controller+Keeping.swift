import WaybillCore

extension Controller {
    /// Brings a lost ledger back once the cause of its loss is gone.
    func keepLedger() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            guard isLedgerLost else { continue }
            do throws(Failure) { try await regainLedger() } catch { continue }
        }
    }

    /// Looks after what an earlier controller left unfinished, then after the gateway: starts it again when none answers
    /// twice in a row (one missed answer may be a busy moment), and has everything looked at once one is back.
    func keepGateway() async {
        await reconcileOwnIntents()
        var (misses, failures) = (0, 0)
        var notBefore = ContinuousClock.now
        while (try? await Task.sleep(for: .milliseconds(500))) != nil {
            if await world.gateway.status() != nil {
                if misses > 0 { send(.resync) }
                (misses, failures) = (0, 0)
                continue
            }
            misses += 1
            guard let keeper = world.gatewayKeeper, misses >= 2, !isLedgerLost, .now >= notBefore else { continue }
            if await startGateway(keeper) { continue }
            failures += 1
            notBefore = .now + core.policy.backOff(afterFailures: failures, jitter: .random(in: 0...1))
        }
    }

    /// Intents that are about no deployment are ours to reconcile; the core sees to the others.
    private func reconcileOwnIntents() async {
        let own = core.facts.dangling.filter { (try? DeploymentKey(parsing: $0.value.subject)) == nil }
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
        do throws(Failure) { _ = try await world.ledger.append(notes) } catch { loseLedger(notes) }
    }

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
