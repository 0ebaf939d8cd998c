import Testing
import WaybillCore

@testable import WaybillServing

@Suite struct TemplateTests {
    private static let values = ["model.dir": "/m", "ports.http": "8080", "deployment.name": "churn"]

    @Test(arguments: [
        ("plain", "plain"),
        ("{{ model.dir }}/x", "/m/x"),
        ("{{model.dir}}{{ ports.http }}", "/m8080"),
        (#"{"a": {"b": "{{ deployment.name }}"}}"#, #"{"a": {"b": "churn"}}"#),
        (#"\{{ literal }}"#, "{{ literal }}"),
        ("}} {", "}} {"),
        ("", ""),
    ])
    func `known variables are filled in, all else stays`(_ row: (text: String, result: String)) throws {
        #expect(try Template(parsing: row.text).rendered(with: Self.values) == row.result)
    }

    @Test(arguments: [
        ("{{ model.dirr }}", "'model.dirr' is not a variable; did you mean 'model.dir'?"),
        ("{{ zzzzzzzz }}", "'zzzzzzzz' is not a variable; known are deployment.name, model.dir, ports.http"),
        ("{{ model.dir", "'{{' has no '}}' in '{{ model.dir'; write '\\{{' for two literal braces"),
        ("{{ }}", "'{{ }}' names no variable in '{{ }}'"),
    ])
    func `what is not a variable is an error that helps`(_ row: (text: String, message: String)) {
        #expect(throws: InvalidInput(row.message)) {
            try Template(parsing: row.text).rendered(with: Self.values)
        }
    }

    @Test func `lint knows the variables of a runtime before it runs`() throws {
        let known = TemplateVariable.known(ports: ["http", "grpc"], hasEnvironment: false).map(\.name)
        #expect(known.contains("ports.grpc"))
        #expect(!known.contains("environment.dir"))
        try Template(parsing: "{{ ports.grpc }} {{ replica.id }}").check(against: known)
        #expect(throws: InvalidInput.self) { try Template(parsing: "{{ environment.dir }}").check(against: known) }
    }
}
