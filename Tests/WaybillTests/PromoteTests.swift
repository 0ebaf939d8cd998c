import Foundation
import Testing
import WaybillTestSupport

/// `waybill promote`, on real clones.
extension LintTests {
    private static let second = """
        # The second environment.
        apiVersion: waybill.dev/v1alpha1
        kind: ModelDeployment
        metadata: {name: greeting}   # in one line
        spec:
          environment: production
          model: greeting
          version: "1.0.0"   # what customers see
          runtime: python-oip
          replicas: 3

        """

    private func withPromotable(_ body: (BuiltProgram, URL) throws -> Void) async throws {
        try await withFleet { program, folder in
            let file = folder.appending(path: "fleet/deployments/production greeting.yaml")
            try Data(Self.second.utf8).write(to: file)
            func bash(_ script: String) throws {
                let result = try program.bash(script)
                #expect(result.code == 0, "\(script)\n\(result.errors)")
            }
            try bash("chmod +x 'fleet/deployments/production greeting.yaml'")
            try bash(
                """
                git init -q -b main . && git config user.name Ada && git config user.email ada@example.org
                version=$(grep -l 'version: 1.0.0' -r fleet --include '*.yaml' | xargs grep -l 'kind: ModelVersion')
                sed 's/version: 1.0.0/version: 1.1.0/' "$version" > fleet/next.yaml
                sed -i 's/version: 1.0.0/version: 1.1.0/' fleet/deployments/staging-greeting.yaml
                git add -A && git commit -qm one
                """)
            try body(program, folder)
        }
    }

    @Test func `a promotion is one scalar on a branch of its own, and says where it comes from`() async throws {
        try await withPromotable { program, folder in
            let promote = ["promote", "greeting", "--from", "staging", "--to", "production"]
            let file = folder.appending(path: "fleet/deployments/production greeting.yaml")
            try Data("not committed\n".utf8).write(to: file)
            let dry = try program.run(promote + ["--dry-run"])
            #expect(dry.code == 0, "\(dry.errors)")
            let difference = """
                --- fleet/deployments/production greeting.yaml
                +++ fleet/deployments/production greeting.yaml
                @@ -8 +8 @@
                -  version: "1.0.0"   # what customers see
                +  version: "1.1.0"   # what customers see

                """
            #expect(dry.output == difference + "nothing was written\n")
            #expect(try program.bash("git branch --list").output == "* main\n")

            let made = try program.run(promote)
            #expect(made.code == 0, "\(made.errors)")
            let branch = "promote/production/greeting-1.1.0"
            let commit = try program.bash("git rev-parse \(branch)").output.trimmingCharacters(in: .newlines)
            #expect(
                made.output == difference + """
                    commit \(commit) on the branch \(branch): production/greeting 1.0.0 -> 1.1.0
                    whether staging/greeting serves it was not seen: no controller said so here
                    next: git push origin \(branch)
                          waybill plan --base HEAD --head \(branch) -o markdown

                    """)
            #expect(
                try program.bash("git diff --stat --summary main \(branch) | tail -1").output
                    == " 1 file changed, 1 insertion(+), 1 deletion(-)\n")
            #expect(
                try program.bash("git log -1 --format=%an:%P \(branch)").output == "Ada:"
                    + program.bash("git rev-parse main").output)
            #expect(
                try program.bash("git log -1 --format=%B \(branch) | git interpret-trailers --parse").output == """
                    Waybill-Promote: production/greeting
                    Waybill-Version: greeting@1.1.0
                    Waybill-From: staging/greeting

                    """)
            #expect(
                try program.bash("git log -1 --format=%s \(branch)").output == "Promote greeting 1.1.0 to production\n")
            #expect(
                try program.bash("git ls-tree \(branch) -- fleet/deployments/ | cut -c1-6 | sort -u").output
                    == "100644\n100755\n")
            #expect(try String(contentsOf: file, encoding: .utf8) == "not committed\n")
            #expect(try program.bash("git diff --cached --stat").output == "")
        }
    }

    @Test func `a promotion that cannot be says what is missing, and a second one what is there`() async throws {
        try await withPromotable { program, folder in
            func refused(_ words: [String], _ message: String) throws {
                let result = try program.run(["promote"] + words)
                #expect(result.code == 1)
                #expect(result.errors == "error: \(message)\n")
            }
            try refused(
                ["greeting", "--from", "stagin", "--to", "production"],
                "no manifest defines the Environment stagin; did you mean 'staging'?")
            try refused(
                ["other", "--from", "staging", "--to", "production"],
                "no manifest defines the ModelDeployment staging/other; write one first: what a version needs in an environment is yours to say"
            )
            try refused(
                ["greeting", "--from", "staging", "--to", "staging"],
                "staging cannot be promoted to itself; name two environments by --from and --to")
            let there = try program.run([
                "promote", "greeting", "--from", "production", "--to", "staging", "--base", "HEAD",
            ])
            #expect(there.code == 0, "\(there.errors)")
            let promote = ["greeting", "--from", "staging", "--to", "production"]
            #expect(try program.run(["promote"] + promote).code == 0)
            let branch = "promote/production/greeting-1.1.0"
            try refused(
                promote,
                "there is a branch '\(branch)' already; look at it, delete it by 'git branch -D \(branch)', or choose another name by --branch"
            )
            let again = try program.run(["promote"] + promote + ["--base", branch, "-o", "json"])
            #expect(again.output == "{\n  \"isNeeded\": false,\n  \"kind\": \"Promotion\"\n}\n")
            #expect(again.code == 0)
            let evidence = "sha256:" + String(repeating: "ab", count: 32)
            let named = try program.run(["promote"] + promote + ["--branch", "other", "--evidence", evidence])
            #expect(named.code == 0, "\(named.errors)")
            #expect(
                try program.bash("git log -1 --format=%B other").output.contains("\nWaybill-Evidence: \(evidence)\n"))
            #expect(try program.run(["promote"] + promote + ["--evidence", "x", "--branch", "o"]).code == 1)
        }
    }
}
