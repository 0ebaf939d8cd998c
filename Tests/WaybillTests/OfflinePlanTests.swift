import Foundation
import Testing
import WaybillTestSupport

/// `waybill plan --base --head`, on a clone.
extension LintTests {
    @Test func `a plan between two commits needs no controller`() async throws {
        try await withFleet { program, folder in
            let setup = "git init -q -b main . && git add -A && git commit -qm one"
            #expect(try program.bash(setup).code == 0)
            let deployment = folder.appending(path: "fleet/deployments/staging-greeting.yaml")
            let plan = ["plan", "--base", "HEAD~1", "--head", "HEAD", "--detailed-exitcode"]
            try change(deployment, "replicas: 1", "replicas: 2")
            #expect(try program.bash("git commit -qam two").code == 0)
            let changed = try program.run(plan)
            #expect(changed.code == 2)
            #expect(try program.run(Array(plan.dropLast())).code == 0)
            #expect(changed.output.hasPrefix("~ staging/greeting  adjust\n    spec.replicas: 1 → 2 (no restart)\n"))
            #expect(changed.output.contains("\n1 to adjust, compared with HEAD~1 ("))
            #expect(changed.output.hasSuffix("), which is taken for what runs\n"))

            #expect(try program.bash("echo >> README.md; git commit -qam three").code == 0)
            let same = try program.run(plan)
            #expect(same.code == 0)
            #expect(same.output.hasPrefix("nothing to do, compared with HEAD~1 ("))

            try change(deployment, "replicas: 2", "replicas: many")
            #expect(try program.bash("git commit -qam four").code == 0)
            let broken = try program.run(plan)
            #expect(broken.code == 1)
            #expect(try program.run(Array(plan.dropLast())).code == 1)
            #expect(broken.output.contains("! staging/greeting  held: stays as it is, at "))
            #expect(broken.output.contains("\n    held: fleet/deployments/staging-greeting.yaml:"))

            let absent = try program.run(["plan", "--base", "nowhere", "--head", "HEAD"])
            #expect(absent.code == 1)
            #expect(absent.errors.hasPrefix("error: revision 'nowhere' is not in this clone; "))
        }
    }

    @Test func `a plan says what a new deployment is, what goes, and what the controller would hold`() async throws {
        try await withFleet { program, folder in
            let plan = ["plan", "--base", "HEAD~1", "--head", "HEAD", "--detailed-exitcode"]
            func git(_ script: String) throws {
                let result = try program.bash(script)
                #expect(result.code == 0, "\(script)\n\(result.errors)")
            }
            try git("git init -q -b main . && git add -A && git commit -qm one")
            try git(
                """
                sed -i 's/^spec:/spec:\\n  isolation: none/' fleet/runtimes/python-oip.yaml
                sed 's/staging/production/; s/name: greeting/name: second/' fleet/deployments/staging-greeting.yaml > fleet/deployments/b.yaml
                git add -A; git commit -qm two
                """)
            let created = try program.run(plan)
            #expect(created.output.contains("+ production/second  create  absent → "), "\(created.output)")
            for line in [
                "    warning: isolation none: replicas run as the controller's own user\n",
                "    spec.version: absent → 1.0.0\n", "    spec.replicas: absent → 1\n",
                "    runtime.isolation: absent → none\n", "    runtime.stopGrace: absent → 10s\n",
            ] {
                #expect(created.output.contains(line), "\(line)")
            }
            try git(
                "sed -i 's/runtime: .*/runtime: nowhere/; s/name: second/name: third/' fleet/deployments/b.yaml; git commit -qam three"
            )
            let dangling = try program.run(plan)
            #expect(dangling.code == 1)
            #expect(dangling.output.contains("! production/third  held: not created, for its manifests are broken\n"))
            #expect(dangling.output.contains("- production/second  remove  "))

            try git("git rm -rq fleet/deployments; git commit -qm four")
            let emptied = try program.run(plan)
            #expect(emptied.code == 2)
            #expect(emptied.output.contains("\nthe controller would hold this commit: MassDeletion: commit "))
            #expect(emptied.output.contains("    spec.version: 1.0.0 → absent\n"))
            let json = try program.run(plan + ["-o", "json"])
            let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            let hold = try #require(object?["hold"] as? [String: Any])
            #expect(hold["reason"] as? String == "MassDeletion")
            #expect((object?["base"] as? String)?.utf8.count == 40)
            #expect(
                try program.run(plan + ["-o", "markdown"]).output.contains("- the controller would hold this commit:"))

            let back = try program.run(["plan", "--base", "HEAD", "--head", "HEAD~3"])
            #expect(back.output.contains("the controller would hold this commit: HistoryRewound: "))
        }
    }

    @Test func `a plan leaves an orphan alone`() async throws {
        try await withFleet { program, _ in
            let script = """
                git init -q -b main .
                sed -i 's/^metadata:/metadata:\\n  annotations:\\n    waybill.dev\\/prune: disabled/' fleet/deployments/*.yaml
                git add -A; git commit -qm one; git rm -rq fleet/deployments; git commit -qm two
                """
            #expect(try program.bash(script).code == 0)
            let plan = try program.run(["plan", "--base", "HEAD~1", "--head", "HEAD", "--detailed-exitcode"])
            #expect(plan.code == 0, "\(plan.output)")
            #expect(
                plan.output.hasPrefix(
                    "o staging/greeting  orphaned: git no longer names it, pruning is disabled, it is left alone\n"
                        + "nothing to do, 1 orphaned, compared with "))
        }
    }
}
