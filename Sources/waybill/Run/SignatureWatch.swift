import Logging
import WaybillCore
import WaybillGit
import WaybillPackage

/// Has the ledger know of each signature that counts since it is in the content store, under the access file of the commit in force.
struct SignatureWatch: Sendable {
    private let parts: Parts
    /// The commit that was accepted last.
    private let accepted: @Sendable () async -> CommitID?
    private static let interval = Duration.seconds(5)

    init(_ parts: Parts, accepted: @escaping @Sendable () async -> CommitID?) {
        self.parts = parts
        self.accepted = accepted
    }

    /// Runs until cancelled. A look is a glance at one file while nothing changed.
    func run() async {
        let clock = parts.clock
        var sights: SignatureSights?
        var said: String?
        var known: (commit: CommitID, rules: AccessRules?)?
        repeat {
            do throws(Failure) {
                guard let commit = await accepted() else { continue }
                // A commit's file does not change: it is read once.
                if known?.commit != commit {
                    known = (commit, try await AccessRules.load(parts.repository, at: commit))
                }
                guard let rules = known?.rules else { continue }
                if sights == nil {
                    sights = SignatureSights(
                        ContentStore(root: parts.folder.content), journal: parts.journal,
                        seen: parts.memory.sights.seen, now: { clock.now() })
                }
                try await sights?.look(rules.access, rules: rules.digest)
                said = nil
            } catch {
                if said != error.message { parts.logger.warning("signatures are not looked at: \(error.message)") }
                said = error.message
            }
        } while (try? await Task.sleep(for: Self.interval)) != nil
    }
}
