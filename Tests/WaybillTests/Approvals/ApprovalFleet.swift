import Foundation
import Testing
import WaybillTestSupport
import WaybillTrust

@testable import waybill

/// A fleet that `init` wrote, whose production asks for one of risk, with real keys of real people; `main` is what runs, and a branch
/// `change` deploys a greeting to production.
struct ApprovalFleet {
    let program: BuiltProgram
    /// The fleet's top.
    let top: URL

    static let key = "production/greeting"
    static let people = ["alice", "bob", "carol", "dave", "eve", "robot"]

    static func with(_ body: (ApprovalFleet) async throws -> Void) async throws {
        try await withTemporaryFolder { (folder) async throws in
            try await body(try ApprovalFleet(in: folder.resolvingSymlinksInPath()))
        }
    }

    init(in folder: URL) throws {
        program = BuiltProgram(folder: folder)
        top = folder.appending(path: "fleet")
        try sh(
            """
            waybill init fleet > /dev/null
            for name in \(Self.people.joined(separator: " ")) alice2; do ssh-keygen -q -t ed25519 -N '' -C $name -f $name; done
            ssh-keygen -q -t ecdsa -N '' -C forge -f forge
            git init -q --bare -b main remote.git
            cd fleet; git init -q -b main .; git remote add origin ../remote.git
            """)
        try writeAccess()
        try sh(
            """
            cd fleet
            python3 - <<'END'
            import re
            path = "fleet/environments.yaml"
            text = open(path).read()
            text = text.replace("description: What customers see.", "description: What customers see.\\n  approvals:\\n    required: [{role: risk}]")
            open(path, "w").write(text)
            END
            git add -A; git commit -qm rules; git push -q origin main; git checkout -q -b change
            sed 's/staging/production/' fleet/deployments/staging-greeting.yaml > fleet/deployments/production-greeting.yaml
            git add -A; git commit -qm 'Deploy the greeting'
            """)
    }

    /// alice (two keys) and bob are of risk, carol of platform, robot is a program of risk; dave writes; eve may do nothing.
    func writeAccess(_ edit: (String) -> String = { $0 }) throws {
        func keys(_ names: String...) throws -> String {
            try names.map {
                let line = try String(
                    contentsOf: program.folder.appending(path: "\($0).pub"), encoding: .utf8)
                return "        - key: \(line.trimmed)"
            }.joined(separator: "\n")
        }
        var text = """
            apiVersion: waybill.dev/v1alpha1
            kind: Access
            spec:
              people:

            """
        for name in Self.people {
            text += "    - name: \(name)\n" + (name == "robot" ? "      bot: true\n" : "") + "      keys:\n"
            text += (name == "alice" ? try keys("alice", "alice2") : try keys(name)) + "\n"
        }
        text += """
              roles:
                - {role: approver, as: risk, models: ["*"], people: [alice, bob, robot]}
                - {role: approver, as: platform, models: ["*"], people: [carol]}

            """
        try FileManager.default.createDirectory(
            at: top.appending(path: ".waybill"), withIntermediateDirectories: true)
        try Data(edit(text).utf8).write(to: top.appending(path: ".waybill/access.yaml"))
    }

    @discardableResult
    func sh(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let result = try program.bash(script)
        #expect(result.code == 0, "\(script)\n\(result.output)\(result.errors)", sourceLocation: sourceLocation)
        return result.output
    }

    /// Runs `waybill` about the branch; the words come before its options.
    func waybill(_ words: String...) throws -> BuiltProgram.Result {
        try program.run(words + ["--base", "main", "--head", "HEAD", "--repository", "fleet"])
    }

    /// `person` signs and commits; returns the file's path.
    @discardableResult
    func give(_ verb: String, _ person: String, _ more: String..., sourceLocation: SourceLocation = #_sourceLocation)
        throws -> String
    {
        let result = try program.run(
            [verb, Self.key, "--key", person, "--yes", "--commit", "--base", "main", "--repository", "fleet"] + more)
        #expect(result.code == 0, "\(result.errors)", sourceLocation: sourceLocation)
        return result.output.split(separator: "\n").last.map { String($0.dropFirst("committed ".count)) } ?? ""
    }

    /// What is made of the words: the code, the sentence, and why each other file is void.
    func judged(_ key: String = ApprovalFleet.key) throws -> (code: Int32, message: String, void: [String]) {
        let result = try waybill("approvals", "list", key, "-o", "json")
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        let item = (object?["items"] as? [[String: Any]])?.first
        let void = item?["void"] as? [[String: Any]] ?? []
        return (
            result.code, item?["message"] as? String ?? result.errors, void.compactMap { $0["why"] as? String }
        )
    }

    /// The text of a statement, signed by `key` for `namespace` and put where `person`'s file is.
    func forge(
        _ text: String, as path: String, key: String, namespace: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try Data(text.utf8).write(to: program.folder.appending(path: "forged"))
        try sh(
            """
            rm -f forged.sig; ssh-keygen -q -Y sign -n \(namespace) -f \(key) forged 2> /dev/null
            mkdir -p "$(dirname 'fleet/\(path)')"; cat forged.sig forged > 'fleet/\(path)'
            cd fleet; git add -A; git commit -qm forged
            """, sourceLocation: sourceLocation)
    }
}

/// What the parser and the verification of a file together say.
enum SignedStatementProbe {
    static func verify(_ file: [UInt8]) throws -> Bool {
        _ = try SignedStatement(file: file).verify()
        return true
    }
}
