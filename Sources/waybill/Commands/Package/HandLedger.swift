import Foundation
import Glibc
import WaybillAPI
import WaybillCore
import WaybillLedger

/// The ledger of a state folder as a command by hand writes it: by the running controller, or, where none runs, itself.
///
/// *Guarantees*: one process writes at a time: a command that writes itself holds the controller's lock, for as long as one entry
/// takes and no longer. *Caveats*: what was asked of a controller that went away meanwhile may be written or not; the failure says so.
struct HandLedger: LedgerStorage {
    let folder: StateFolder
    let configuration: WaybillConfiguration

    /// How long a controller that starts or stops just now is waited for.
    private static let patience = Duration.seconds(10)

    func append(_ events: [Event]) async throws(Failure) -> [LedgerIndex] {
        var indices: [LedgerIndex] = []
        for event in events { indices.append(try await append(event)) }
        return indices
    }

    /// Whether a controller answers.
    var isControlled: Bool { get async { (try? await client.build()) != nil } }

    private var client: ControlClient { ControlClient(stateFolder: folder.path) }

    private func append(_ event: Event) async throws(Failure) -> LedgerIndex {
        let end = ContinuousClock.now + Self.patience
        while true {
            if let index = try await ask(event) { return index }
            if let index = try await write(event, isLast: ContinuousClock.now >= end) { return index }
            do { try await Task.sleep(for: .milliseconds(100)) } catch {
                throw Failure(.wait, reason: "Cancelled", message: "stopped")
            }
        }
    }

    /// Nil when no controller answers.
    private func ask(_ event: Event) async throws(Failure) -> LedgerIndex? {
        do throws(Failure) { return try await client.record(event) } catch {
            guard error.reason == ControlReason.noController else { throw error }
            return nil
        }
    }

    /// Nil when somebody else has the folder: a controller that does not answer yet, or a command like this one.
    private func write(_ event: Event, isLast: Bool) async throws(Failure) -> LedgerIndex? {
        try requireOwner()
        let lock: ControllerLock
        do throws(Failure) { lock = try ControllerLock(folder, for: .command) } catch {
            guard ["StateFolderLocked", "StateFolderBusy"].contains(error.reason), !isLast else { throw error }
            return nil
        }
        let ledger: Ledger
        do throws(Failure) { ledger = try await Ledger.open(try settings()) } catch {
            // One that this process closed a moment ago may not have let go of its lock yet.
            guard error.reason == "LedgerLocked", !isLast else { throw error }
            return nil
        }
        let written: Result<[LedgerIndex], Failure>
        do throws(Failure) { written = .success(try await ledger.append([event])) } catch { written = .failure(error) }
        await ledger.close()
        _ = consume lock
        return try written.get().first
    }

    /// Files that another user made would be in the controller's way.
    private func requireOwner() throws(Failure) {
        var status = stat()
        guard lstat(folder.ledger, &status) == 0, status.st_uid == geteuid() else {
            throw Failure(
                .stall, reason: "NotAllowed",
                message:
                    "\(folder.ledger) belongs to another user, and no controller runs that could write to it; run this as "
                    + "its owner")
        }
    }

    private func settings() throws(Failure) -> LedgerSettings {
        do {
            var settings = try configuration.ledgerSettings(in: folder, repository: nil)
            settings.publishDelay = .zero
            return settings
        } catch {
            throw (error as? Failure)
                ?? Failure(
                    .stall, reason: "InvalidConfiguration", message: (error as? InvalidInput)?.message ?? "\(error)")
        }
    }
}
