import Testing
import WaybillCore

@testable import WaybillManifest

@Suite struct `The access file` {
    private static let head = "apiVersion: waybill.dev/v1alpha1\nkind: Access\n"

    private static func problems(_ text: String, rules: (Value) -> [FieldProblem] = { _ in [] }) -> [String] {
        AccessFile(path: ".waybill/access.yaml", bytes: Array(text.utf8), rules: rules).problems.map {
            "\($0.location.line):\($0.location.column) \($0.rule): \($0.message)"
        }
    }

    @Test func `a sound file is decoded`() {
        let text =
            Self.head + """
                spec:
                  people:
                    - name: ada
                      keys: [{key: ssh-ed25519 AAAA, validFrom: 2026-01-01}]
                  groups: [{name: risk, members: [ada]}]
                  roles: [{role: signer, models: ["*"], groups: [risk]}]
                """
        let file = AccessFile(path: "a", bytes: Array(text.utf8), rules: { _ in [] })
        #expect(file.problems.isEmpty)
        #expect(file.document?["spec"]?["people"]?.list?.first?["name"] == "ada")
        #expect(file.document?["spec"]?["people"]?.list?.first?["keys"]?.list?.first?["validFrom"] == "2026-01-01")
    }

    @Test(arguments: [
        ("", ["1:1 missing-field: the file is empty"]),
        ("- a\n", ["1:1 wrong-type: an access file is a mapping of fields, not a list"]),
        (head, ["1:1 missing-field: 'spec' is missing"]),
        (head + "spec: {people: []}\n", ["3:16 invalid-value: 'people' is empty; expected at least 1 item"]),
        (
            head + "spec: {people: [{name: ada, keys: [{key: a, until: b}]}]}\n",
            ["3:45 unknown-field: there is no field 'until' here"]
        ),
        (
            head
                + "spec: {people: [{name: ada, keys: [{key: a}]}], roles: [{role: king, models: [a], people: [ada]}]}\n",
            [
                "3:64 invalid-value: 'role' is 'king'; expected 'signer', 'validator', 'approver', 'governor', 'accept', 'abort', 'override'"
            ]
        ),
        (
            head + "spec: {people: [{name: ada, keys: [{key: a}]}, {name: ada, keys: [{key: b}]}]}\n",
            ["3:55 duplicate-key: 'people' has two items with 'name' 'ada'"]
        ),
        (
            head + "spec: {people: [{name: Ada, keys: [{key: a}]}]}\n---\n" + head,
            [
                "3:24 invalid-value: 'Ada' is not a name; use 1 to 63 lowercase letters, digits and '-', beginning and ending with a letter or digit",
                "5:1 yaml-syntax: an access file has one document",
            ]
        ),
    ])
    func `what is wrong is said in its place`(text: String, problems: [String]) {
        #expect(Self.problems(text) == problems)
    }

    @Test func `rules over several fields are noted where they are broken`() {
        let text = Self.head + "spec:\n  people:\n    - name: ada\n      keys:\n        - key: nonsense\n"
        let found = Self.problems(text) { _ in
            [
                FieldProblem(
                    path: [
                        .member("spec"), .member("people"), .index(0), .member("keys"), .index(0), .member("key"),
                    ], rule: "invalid-value", message: "no key")
            ]
        }
        #expect(found == ["7:16 invalid-value: no key"])
    }
}
