/// What decides what may run: the access file, environments, checklists, runtimes and the scanner's allow list, each by its digest.
///
/// It is changed as a whole, and its change is approved like that of a deployment, under the name `fleet/rules`.
package struct Ruleset: Hashable, Sendable {
    /// Digests of the rules, by what each is called: `access`, `Environment production`, `allow fleet/allow/models.txt`.
    package private(set) var parts: [String: Digest]

    /// How a change of rules is called where that of a deployment is called by its key.
    package static let key = DeploymentKey(environment: Name(known: "fleet"), name: Name(known: "rules"))
    /// The role in which it is approved, as a statement writes it.
    package static let governor = Name(known: "governor")
    /// What a change of them asks for.
    package static let policy = ApprovalPolicy(required: [.init(role: governor)])
    package static let version = "waybill.rules/1"
    private static let accessPart = "access"

    /// - Parameters:
    ///   - access: of the access file's bytes; nil: there is none.
    ///   - lists: other files that are rules, by their paths.
    ///   - inForce: what a broken file leaves as it was.
    package init(_ state: DesiredState, access: Digest?, lists: [String: Digest], keeping inForce: Ruleset?) {
        var parts: [String: Digest] = [:]
        for (id, resource) in state.resources where Self.governs(id.kind) {
            parts[id.description] = Digest(of: resource.specValue.jsonBytes)
        }
        if !state.brokenFiles.isEmpty {
            for (name, digest) in inForce?.parts ?? [:] where Self.isOfResource(name) && parts[name] == nil {
                parts[name] = digest
            }
        }
        for (path, digest) in lists { parts["allow \(path)"] = digest }
        parts[Self.accessPart] = access
        self.parts = parts
    }

    private static func governs(_ kind: Kind) -> Bool {
        switch kind {
        case .environment, .checklist, .servingRuntime: true
        case .model, .modelVersion, .modelDeployment: false
        }
    }

    private static func isOfResource(_ part: String) -> Bool { part != accessPart && !part.hasPrefix("allow ") }

    /// Lines for people and programs alike.
    package var bytes: [UInt8] {
        let lines = parts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        return Array((Self.version + "\n" + lines.joined()).utf8)
    }

    package var digest: Digest { Digest(of: bytes) }

    /// `Environment production` and the like: what differs, comes or goes.
    package func differences(from old: Ruleset) -> [String] {
        Set(parts.keys).union(old.parts.keys).filter { parts[$0] != old.parts[$0] }.sorted()
    }

    /// The change from the rules with the digest `inForce`.
    package func change(from inForce: Digest) -> Change {
        Change(Self.key, from: Revision(inForce), rendering: digest, checklist: nil)
    }
}
