/// A variable that templates of a `ServingRuntime` may use. For `lint` and the field reference.
package struct TemplateVariable: Hashable, Sendable {
    package let name: String
    package let meaning: String

    /// All variables, those of the ports by the names that the runtime gives them.
    /// `environment.dir` is there only for a runtime with a Python environment.
    package static func known(ports: [String], hasEnvironment: Bool) -> [TemplateVariable] {
        always
            + (hasEnvironment
                ? [TemplateVariable("environment.dir", "folder of the Python environment; `bin/` is in it")] : [])
            + ports.map { TemplateVariable("ports.\($0)", "the number of port `\($0)`") }
    }

    private static let always = [
        TemplateVariable("deployment.name", "name of the deployment; the model's name on the wire"),
        TemplateVariable("deployment.environment", "environment of the deployment"),
        TemplateVariable("model.name", "name of the model"),
        TemplateVariable("model.version", "version of the model"),
        TemplateVariable("model.dir", "folder of the model's files, read-only"),
        TemplateVariable("model.file", "path of the model's file, where it has exactly one"),
        TemplateVariable("replica.id", "the replica, as in `production.churn.3f2a9c01d4e5.7`"),
        TemplateVariable("work.dir", "the replica's own folder, where rendered files are; it may write here"),
    ]

    private init(_ name: String, _ meaning: String) {
        self.name = name
        self.meaning = meaning
    }
}
