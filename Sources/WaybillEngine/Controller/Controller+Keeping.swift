import WaybillCore

extension Controller {
    /// Brings a lost ledger back once the cause of its loss is gone.
    func keepLedger() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            guard isLedgerLost else { continue }
            do throws(Failure) {
                try await world.ledger.recover()
                isLedgerLost = false
                send(.ledgerBack)
            } catch { continue }
        }
    }

    /// Starts the gateway again when none answers twice in a row: one missed answer may be a busy moment.
    func keepGateway() async {
        guard let keeper = world.gatewayKeeper else { return }
        var misses = 0
        while (try? await Task.sleep(for: .milliseconds(500))) != nil {
            misses = await world.gateway.status() == nil ? misses + 1 : 0
            guard misses >= 2, !isLedgerLost else { continue }
            await startGateway(keeper)
            misses = 0
        }
    }

    private func startGateway(_ keeper: any GatewayKeeper) async {
        let decision = DecisionID(UInt64.random(in: .min ... .max))
        func event() -> Event {
            Event(
                .gatewayStarted, decision: decision, time: world.clock.now(), subject: "controller",
                body: ["reason": "no gateway answers"])
        }
        do throws(Failure) {
            let ticket = try await journal.intend(event())
            var outcome = event()
            do throws(Failure) {
                outcome.body["address"] = .string(try await keeper.start(ticket: ticket))
                outcome.outcome = .succeeded
            } catch {
                outcome.outcome = .failed
                outcome.body["message"] = .string(error.message)
            }
            outcome.time = world.clock.now()
            try await journal.conclude(ticket, outcome)
        } catch {
            reportLoss(of: [])
        }
    }
}
