import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

/// What lint says of the data that checklists measure on.
extension LintTests {
    private static let rows = "a,b,y\n1,2,0\n3,4,1\n"

    private func withData(
        _ text: String, digest: Digest? = nil, fields: String = "target: y",
        _ body: (BuiltProgram.Result) throws -> Void
    ) async throws {
        try await withFleet { program, folder in
            try Data(text.utf8).write(to: folder.appending(path: "fleet/rows.csv"))
            let checklist = """
                apiVersion: waybill.dev/v1alpha1
                kind: Checklist
                metadata: {name: c}
                spec:
                  gates: [{integrity: {}}]
                  data:
                    - name: rows
                      source: fleet/rows.csv
                      digest: \(digest ?? Digest(of: text.utf8))
                      size: \(text.utf8.count)
                      \(fields)

                """
            try Data(checklist.utf8).write(to: folder.appending(path: "fleet/c.yaml"))
            try body(try program.run(["lint"]))
        }
    }

    @Test func `a program that is not in the repository is an error where it is named`() async throws {
        try await withFleet { program, folder in
            let checklist = """
                apiVersion: waybill.dev/v1alpha1
                kind: Checklist
                metadata: {name: c}
                spec:
                  gates:
                    - command: {run: [python3, c.py], files: [fleet/c.yaml, c.py], bounds: [{number: n, atLeast: 1}]}

                """
            try Data(checklist.utf8).write(to: folder.appending(path: "fleet/c.yaml"))
            let result = try program.run(["lint"])
            #expect(result.code == 1)
            #expect(
                result.output.hasPrefix("fleet/c.yaml:6:61: error: the repository has no file 'c.py'\n"),
                "\(result.output)")
        }
    }

    @Test func `sound data is no problem`() async throws {
        try await withData(Self.rows, fields: "target: y\n      features: [b, a]") {
            #expect($0.output == "7 resources, 1 deployment: no problems\n")
        }
    }

    @Test func `a misspelt column is an error where it is written, before anything is measured`() async throws {
        try await withData(Self.rows, fields: "target: yy") { result in
            #expect(result.code == 1)
            #expect(
                result.output.hasPrefix("fleet/c.yaml:11:15: error: fleet/rows.csv: there is no column 'yy'\n"),
                "\(result.output)")
        }
        try await withData(Self.rows, fields: "target: y\n      features: [a, bb]") { result in
            #expect(
                result.output.hasPrefix("fleet/c.yaml:12:21: error: fleet/rows.csv: there is no column 'bb'\n"),
                "\(result.output)")
        }
    }

    @Test func `other bytes, a missing file and a broken row are errors in their place`() async throws {
        let other = Digest(of: "other".utf8)
        try await withData(Self.rows, digest: other) { result in
            #expect(
                result.output.hasPrefix(
                    "fleet/c.yaml:9:15: error: 'fleet/rows.csv' is \(Digest(of: Self.rows.utf8))\n"),
                "\(result.output)")
        }
        try await withData("a,b,y\n1,2\n") { result in
            #expect(
                result.output.hasPrefix("fleet/c.yaml:8:15: error: fleet/rows.csv:2: "), "\(result.output)")
        }
    }
}
