import WaybillCore

/// When a change of an environment begins, as far as git says it: what serves before it where, and when nothing begins.
package struct ReviewPath: Hashable, Sendable {
    package var facts: [String] = []
    /// What must not be missed.
    package var warnings: [String] = []

    package init() {}

    /// - Parameters:
    ///   - version: the new one; nil when it stays.
    ///   - upstream: what git asks for in the environment before.
    init(_ environment: Environment, version: VersionID?, upstream: VersionID?) {
        if let path = environment.promotion, let version {
            let soak = path.soak > .zero ? " for \(path.soak.manifestText)" : ""
            facts.append(
                "It begins once \(path.from) has served \(version)\(soak); only the controller knows whether it has.")
            if upstream != version {
                let other = upstream.map(\.description) ?? "nothing"
                warnings.append("\(path.from) is asked for \(other) by this commit, not for \(version)")
            }
        }
        for freeze in environment.freezes {
            facts.append("Nothing begins \(freeze.text) (\(freeze.author): \(freeze.reason)).")
        }
    }
}
