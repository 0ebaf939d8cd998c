/// The fields of `.waybill/access.yaml`, the one file that says who may do what. It is no resource of the fleet: a repository has one.
package enum AccessSchema {
    /// From the top of the fleet repository.
    package static let path = ".waybill/access.yaml"
    package static let kind = "Access"
    package static let documentation = "Who may do what in this fleet: people, their keys, and their roles."
    /// Of its JSON Schema, under `manifests/schema/`.
    package static let fileName = "access.schema.json"

    package static let document: [Field] = [
        Field("apiVersion", .choice([KindSchema.apiVersion]), required: true, "The version of this format."),
        Field("kind", .choice([kind]), required: true, "The kind of file."),
        Field("spec", .object(spec), required: true, "Who may do what. What nobody is given, nobody may."),
    ]

    private static let spec: [Field] = [
        Field(
            "people", .list(.object(person), minimum: 1, unique: .field("name")), required: true,
            "Everybody who has a key here."),
        Field("groups", .list(.object(group), unique: .field("name")), "People who have roles together."),
        Field("roles", .list(.object(role)), "Who may do what to which models."),
    ]

    private static let person: [Field] = [
        Field("name", .string(.name), required: true, "Unique. A person counts once, whatever their keys."),
        Field("keys", .list(.object(key), minimum: 1), required: true, "Their keys, old ones as well as new ones."),
        Field(
            "unix", .list(.string(.text), minimum: 1, unique: .item),
            "Their accounts on the controller's machine: who speaks to it by its socket, as `waybill accept` does."),
        Field("bot", .onlyTrue, "A program, not a person: its word never counts as an approval."),
    ]

    private static let key: [Field] = [
        Field(
            "key", .string(.text), required: true,
            "A public SSH key, as in a `.pub` file. A PEM key for OpenSSF Model Signing is written by "
                + "`ssh-keygen -i -m PKCS8 -f KEY.pub`."),
        Field(
            "validFrom", .string(.text), "The first moment at which it counts: `2026-01-31` or `2026-01-31T12:00:00Z`."),
        Field("validUntil", .string(.text), "The first moment at which it no longer counts."),
        Field(
            "revoked", .string(.text),
            "The moment from which nothing that it signed counts, unless the ledger saw it before."),
    ]

    private static let group: [Field] = [
        Field("name", .string(.name), required: true, "Unique."),
        Field("members", .list(.string(.name), minimum: 1, unique: .item), required: true, "Names of people."),
    ]

    private static let role: [Field] = [
        Field(
            "role", .choice(AccessRole.allCases.map(\.rawValue)), required: true,
            AccessRole.allCases.map { "`\($0.rawValue)` \($0.meaning)" }.joined(separator: "; ") + "."),
        Field(
            "as", .string(.name),
            "For an `approver`: the name of the role that an environment's `approvals.required` asks for, as in `risk`."
        ),
        Field(
            "models", .list(.string(.text), minimum: 1, unique: .item), required: true,
            "Names of models; `*` stands for any letters, as in `churn`, `risk-*`, `*`."),
        Field(
            "environments", .list(.string(.text), minimum: 1, unique: .item),
            "Names of environments, with `*` as for models; absent: all."),
        Field("people", .list(.string(.name), unique: .item), "Names of people."),
        Field("groups", .list(.string(.name), unique: .item), "Names of groups."),
    ]
}

/// What a person may do.
package enum AccessRole: String, CaseIterable, Hashable, Sendable {
    case signer
    case validator
    case approver
    case governor
    case accept
    case abort
    case override

    /// What who has it does, after its name.
    package var meaning: String {
        switch self {
        case .signer: "signs bundles of models"
        case .validator: "signs evidence that a checklist passed"
        case .approver: "approves what is deployed"
        case .governor: "approves changes of the rules themselves"
        case .accept: "accepts held commits"
        case .abort: "stops rollouts"
        case .override: "lets a deployment go on without what it waits for"
        }
    }

    /// It is about the fleet, not about some of its models.
    package var isOfFleet: Bool {
        switch self {
        case .governor, .accept: true
        case .signer, .validator, .approver, .abort, .override: false
        }
    }
}
