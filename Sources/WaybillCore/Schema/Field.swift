/// What a change of a field does to the replicas of a deployment.
package enum Impact: String, CaseIterable, Hashable, Sendable {
    /// Changes what a replica does: a new revision.
    case restart
    /// Applied to what runs.
    case live
    /// Describes; nothing that runs depends on it.
    case none
}

/// One field of a manifest. The decoder, the JSON Schema, the field reference and the rendering all follow this definition.
/// A class of constants: every document's decoding passes fields on.
package final class Field: Hashable, Sendable {
    package let name: String
    package let type: FieldType
    package let isRequired: Bool
    /// What an absent field means, in the form that a manifest would write. Renderings leave it out.
    package let defaultValue: Value?
    /// For objects the impact of the fields inside counts instead.
    package let impact: Impact
    /// One or two sentences in Markdown.
    package let documentation: String

    package init(
        _ name: String, _ type: FieldType, required: Bool = false, default defaultValue: Value? = nil,
        impact: Impact = .none, _ documentation: String
    ) {
        self.name = name
        self.type = type
        isRequired = required
        self.defaultValue = defaultValue
        self.impact = impact
        self.documentation = documentation
    }

    package static func == (left: Field, right: Field) -> Bool {
        left === right
            || left.name == right.name && left.type == right.type && left.isRequired == right.isRequired
                && left.defaultValue == right.defaultValue && left.impact == right.impact
                && left.documentation == right.documentation
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// What a field may hold.
package indirect enum FieldType: Hashable, Sendable {
    case string(StringFormat)
    /// One of these words.
    case choice([String])
    /// A whole number in this range.
    case integer(ClosedRange<Int64>)
    /// Any decimal number.
    case number
    /// Only `true` may be written.
    case onlyTrue
    /// Items of one type, at least `minimum`; no two of them equal in `unique` (a field of the item, or the item itself).
    case list(FieldType, minimum: Int = 0, unique: Uniqueness = .none)
    /// Names of the author's choosing to values of one type.
    case map(keys: StringFormat, values: FieldType)
    case object([Field])

    package enum Uniqueness: Hashable, Sendable {
        case none
        case item
        /// The field that tells items apart; differences between two lists are shown by it.
        case field(String)
    }
}

/// A step from a value to one inside it.
package enum FieldStep: Hashable, Sendable {
    case member(String)
    case index(Int)
}

/// Something wrong with a decoded value that only several fields together show.
package struct FieldProblem: Hashable, Sendable {
    /// From the top of the document.
    package var path: [FieldStep]
    /// A stable short name, as in `Diagnostic`.
    package var rule: String
    package var message: String
    package var hint: String?
    /// The key at the end of the path is wrong, rather than its value.
    package var isOfKey: Bool

    package init(path: [FieldStep], rule: String, message: String, hint: String? = nil, isOfKey: Bool = false) {
        self.path = path
        self.rule = rule
        self.message = message
        self.hint = hint
        self.isOfKey = isOfKey
    }
}

extension [FieldStep] {
    /// `spec.artifacts[0].path`.
    package var text: String {
        var text = ""
        for step in self {
            switch step {
            case .member(let name): text += text.isEmpty ? name : ".\(name)"
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }
}
