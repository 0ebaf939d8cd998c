/// Whose words an environment asks for before anything of it changes.
package struct ApprovalPolicy: Hashable, Sendable {
    /// So many people of one role. The role is a name of the team's choosing, given to people in the access file.
    package struct Requirement: Hashable, Sendable {
        package var role: Name
        package var count: Int

        package init(role: Name, count: Int = 1) {
            self.role = role
            self.count = count
        }
    }

    package var required: [Requirement]
    /// An approval must name the evidence of a validation that passed.
    package var requiresEvidence: Bool
    /// How long an approval counts after it was given, whatever longer time it names itself.
    package var holds: Duration
    /// How many people of the role `override` let a change begin in spite of what it waits for.
    package var overriders: Int
    /// Their role, as a statement writes it.
    package static let overriding = Name(known: "override")

    package init(
        required: [Requirement], requiresEvidence: Bool = false, holds: Duration = .seconds(7 * 86_400),
        overriders: Int = 1
    ) {
        self.overriders = overriders
        self.required = required
        self.requiresEvidence = requiresEvidence
        self.holds = holds
    }

    /// `2 of risk, 1 of platform`.
    package var summary: String { required.map { "\($0.count) of \($0.role)" }.joined(separator: ", ") }

    static let fields: [Field] = [
        Field(
            "required",
            .list(
                .object([
                    Field("role", .string(.name), required: true, "As in `as` of an approver in the access file."),
                    Field("count", .integer(1...100), default: 1, "How many people, each counted once."),
                ]), minimum: 1, unique: .field("role")), required: true,
            "How many people of which roles must approve a change before it begins."),
        Field(
            "requireEvidence", .onlyTrue,
            "An approval must name the evidence of a validation that passed, and cannot say `none`."),
        Field(
            "holds", .string(.duration), default: "168h",
            "How long an approval counts after it was given; one that names an earlier end counts until then."),
    ]
}

extension ApprovalPolicy {
    init(_ spec: SpecReader) throws(InvalidInput) {
        self.init(
            required: try spec.items("required") { (item) throws(InvalidInput) in
                Requirement(role: try item.name("role"), count: Int(item.integer("count") ?? 1))
            }, requiresEvidence: spec.has("requireEvidence"), holds: try spec.duration("holds"))
    }

    package var value: Value {
        object([
            "required": .list(
                required.map {
                    object(["role": .string($0.role.text), "count": .integer(Int64($0.count))])
                }), "requireEvidence": requiresEvidence ? .bool(true) : nil, "holds": .string(holds.manifestText),
        ])
    }
}
