import Testing
import WaybillCore

@Suite struct ResourceValueTests {
    @Test func `a resource written as a value reads back the same`() throws {
        let runtime = ServingRuntime(
            formats: ["onnx"], protocolName: .http, paths: ["/predict"], command: ["serve"],
            env: [EnvironmentVariable(name: "A", source: .file("/run/a"))], ports: ["http", "grpc"],
            probes: Probes(startup: Probe(check: .tcp, failures: 7), readiness: Probe(check: .http(path: "/ok"))),
            isolation: .none, stopGrace: .milliseconds(1500))
        let resource = Resource(
            id: .servingRuntime(try Name(parsing: "own")), spec: .servingRuntime(runtime), metadata: Metadata(),
            location: SourceLocation(path: "a", line: 1, column: 1))
        let again = try Resource(
            kind: .servingRuntime, document: ["metadata": ["name": "own"], "spec": resource.specValue],
            location: resource.location)
        #expect(again == resource)
    }

    @Test func `JSON orders names by bytes and escapes what must be`() {
        let value: Value = ["b": ["\u{1}\"\\\n\t\u{7f}é", 1, true, .null], "a": [:], "é": []]
        #expect(value.json == #"{"a":{},"b":["\u0001\"\\\n\t\u007fé",1,true,null],"é":[]}"#)
        #expect(Value.object(["a": [1]]).prettyJSON == "{\n  \"a\": [\n    1\n  ]\n}")
    }
}
