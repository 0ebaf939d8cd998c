/// Which deployment: its environment and name, written `production/churn`.
package struct DeploymentKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let environment: Name
    package let name: Name

    package init(environment: Name, name: Name) {
        self.environment = environment
        self.name = name
    }

    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing text: String) throws(InvalidInput) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw InvalidInput(
                "\(text.quotedForMessage) is not a deployment; expected ENVIRONMENT/NAME as in 'production/churn'")
        }
        environment = try Name(parsing: String(parts[0]))
        name = try Name(parsing: String(parts[1]))
    }

    package static func < (left: DeploymentKey, right: DeploymentKey) -> Bool {
        (left.environment, left.name) < (right.environment, right.name)
    }
    package var description: String { "\(environment)/\(name)" }
}
