/// What becomes of one deployment: from the revision that serves, or nothing, to a rendering, or nothing.
///
/// It is what a plan shows and what an approval names, by its digest. The digest says what will be there, whichever commit carries
/// it: squash, rebase and cherry-pick keep it, and any other byte of the rendering or bound of a gate gives another one. From which
/// revision it starts is no part of the digest; an approval names that beside it.
package struct Change: Hashable, Sendable {
    package var key: DeploymentKey
    /// What serves before it; nil: nothing does.
    package var from: Revision?
    /// Of the whole rendering; nil: the deployment goes.
    package var rendering: Digest?
    /// Of the rules by which the gates judge; nil: there are none.
    package var checklist: Digest?

    package init(_ key: DeploymentKey, from: Revision?, to rendering: Rendering?, checklist: Digest?) {
        self.init(key, from: from, rendering: rendering?.digest, checklist: checklist)
    }

    package init(_ key: DeploymentKey, from: Revision?, rendering: Digest?, checklist: Digest?) {
        self.key = key
        self.from = from
        self.rendering = rendering
        // Nothing is measured of what goes.
        self.checklist = rendering == nil ? nil : checklist
    }

    /// The format of the bytes below. A new version keeps the old one's bytes for all that the old one could say.
    package static let version = "waybill.change/1"

    /// The exact bytes whose digest an approval names: lines for people and programs alike.
    package var bytes: [UInt8] {
        Array(
            """
            \(Self.version)
            deployment \(key)
            rendering \(rendering?.description ?? Self.absent)
            checklist \(checklist?.description ?? "none")

            """.utf8)
    }

    package var digest: Digest { Digest(of: bytes) }

    /// How a revision or a rendering that is not there is written.
    package static let absent = "absent"

    /// The facts for `-o json` and events: stable names.
    package var value: Value {
        [
            "digest": .string(digest.description), "deployment": .string(key.description),
            "from": .string(from?.description ?? Self.absent),
            "rendering": .string(rendering?.description ?? Self.absent),
            "checklist": .string(checklist?.description ?? "none"),
        ]
    }
}
