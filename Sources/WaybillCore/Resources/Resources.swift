/// One resource of the fleet, decoded, with the file it came from. A class of constants, so that it is cheap to pass on.
package final class Resource: Hashable, Sendable {
    package let id: ResourceID
    package let spec: Spec
    package let metadata: Metadata
    package let location: SourceLocation

    package init(id: ResourceID, spec: Spec, metadata: Metadata, location: SourceLocation) {
        self.id = id
        self.spec = spec
        self.metadata = metadata
        self.location = location
    }

    package static func == (left: Resource, right: Resource) -> Bool {
        left === right
            || left.id == right.id && left.spec == right.spec && left.metadata == right.metadata
                && left.location == right.location
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(id) }

    /// Boxed, so that a resource is cheap to copy whatever its kind.
    package indirect enum Spec: Hashable, Sendable {
        case model(Model)
        case modelVersion(ModelVersion)
        case servingRuntime(ServingRuntime)
        case environment(Environment)
        case checklist(Checklist)
        case modelDeployment(ModelDeployment)
    }
}

/// What every resource carries beside its spec.
package struct Metadata: Hashable, Sendable {
    package var labels: [String: String]
    package var annotations: [String: String]

    package init(labels: [String: String] = [:], annotations: [String: String] = [:]) {
        self.labels = labels
        self.annotations = annotations
    }

    /// True when `waybill.dev/prune: disabled` asks that removal from git leaves the resource running.
    package var isPruneDisabled: Bool { annotations[Self.pruneKey] == Self.pruneDisabled }
    package static let pruneKey = "waybill.dev/prune"
    package static let pruneDisabled = "disabled"
}

/// A place in a file of the fleet repository; line and column count from 1, the column in characters.
package struct SourceLocation: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let path: String
    package let line: Int
    package let column: Int

    package init(path: String, line: Int, column: Int) {
        self.path = path
        self.line = line
        self.column = column
    }

    package static func < (left: SourceLocation, right: SourceLocation) -> Bool {
        (left.path, left.line, left.column) < (right.path, right.line, right.column)
    }
    package var description: String { "\(path):\(line):\(column)" }
}
