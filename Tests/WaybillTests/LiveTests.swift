import Foundation
import Glibc
import Testing
import WaybillTestSupport

@testable import waybill

/// The commands against one real controller with a real model: the sample that needs no packages.
@Suite struct LiveTests {
    /// A fleet of one deployment in a clone of its remote, with settings beside it.
    private struct Site {
        var folder: URL
        var program: BuiltProgram
        var state: String { folder.path + "/state" }

        init(in folder: URL) throws {
            self.folder = folder
            // The folder of the replicas must be reachable for their own users.
            chmod(folder.path, 0o755)
            program = BuiltProgram(folder: folder, variables: BuiltProgram.ownPorts())
            let settings = "state: state\nrepository:\n  url: remote.git\n  pollInterval: 1h\n"
            try Data(settings.utf8).write(to: folder.appending(path: "waybill.yaml"))
            try must(
                """
                git init -q --bare -b main remote.git
                cp -r '\(BuiltProgram.source.path)/samples/fleet' fleet
                cd fleet
                rm -rf */*tumour* runtimes/mlserver* runtimes/locks
                git init -q -b main; git add -A; git commit -qm 'The fleet'; git remote add origin ../remote.git
                git push -q origin main
                """)
        }

        func must(_ script: String) throws {
            let result = try program.bash(script)
            try #require(result.code == 0, "\(script)\n\(result.errors)")
        }

        func push(_ change: String, _ message: String) throws {
            try must("cd fleet; \(change); git commit -qam '\(message)'; git push -q origin main")
        }

        /// Runs a command that must succeed.
        func ok(_ arguments: String...) throws -> String {
            let result = try program.run(arguments)
            #expect(result.code == 0, "\(arguments): \(result.output)\(result.errors)")
            return result.output
        }

        func json(_ arguments: String...) throws -> [String: Any] {
            let result = try program.run(arguments + ["-o", "json"])
            #expect(result.code == 0, "\(arguments): \(result.errors)")
            let value = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
            return try #require(value as? [String: Any], "\(arguments)")
        }

        func error(_ arguments: String...) throws -> String {
            let result = try program.run(arguments)
            #expect(result.code == 1, "\(arguments): \(result.output)")
            return result.errors
        }
    }

    private static let key = "production/risk-score"

    @Test func `commands against a live controller`() async throws {
        try await withTemporaryFolder { folder in
            let site = try Site(in: folder)
            let log = folder.appending(path: "controller.log")
            let controller = try site.program.start(["run"], log: log)
            defer {
                _ = try? site.program.run(["stop", "--all"])
                controller.waitUntilExit()
            }
            let listed = try site.ok("get", "deployments", "--wait", "120")
            #expect(listed.contains("Ready"), "\((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
            try looking(site)
            try calling(site)
            try acting(site)
            try broken(site)
            try recorded(site)
            try stopping(site)
        }
    }

    private func looking(_ site: Site) throws {
        let list = try site.json("get", "deployments")
        #expect(list["kind"] as? String == "DeploymentList")
        let items = try #require(list["items"] as? [[String: Any]])
        #expect(items.map { $0["deployment"] as? String } == [Self.key])
        for (kind, name) in [
            ("replicas", "production.risk-score."), ("models", "risk-score"), ("versions", "risk-score@1.0.0"),
            ("runtimes", "python-oip"), ("environments", "production"),
        ] {
            #expect(try site.ok("get", kind).contains("\n\(name)") == true, "\(kind)")
        }
        #expect(try site.ok("plan", "--detailed-exitcode") == "nothing to do, compared with what runs\n")
        let builds = try site.ok("version").split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(builds.map(\.first) == ["waybill", "controller"] && builds.first?.last == builds.last?.last)
        #expect(builds.first?.last?.hasPrefix(BuildVersion.text + "+") == true, "\(builds)")
        #expect(try site.ok("status").contains("\n  1: 1 ready\n"))
        let findings = try #require(try site.json("doctor")["findings"] as? [[String: Any]])
        let gateway = try #require(findings.first { $0["subject"] as? String == "gateway" })
        #expect((gateway["message"] as? String)?.hasPrefix("answers at 127.0.0.1:") == true)
        let other = try site.error("run")
        #expect(other.hasPrefix("error: another controller (process "), "\(other)")
        _ = try site.ok("logs", Self.key)
    }

    private func calling(_ site: Site) throws {
        let request = BuiltProgram.source.path + "/samples/requests/risk-score.json"
        let answer = try site.ok("call", Self.key, "--data", request)
        #expect(answer.contains("\"outputs\""))
        #expect(try site.ok("call", Self.key).contains("\"outputs\""))
        #expect(
            try site.error("call", "production/absent").hasPrefix("error: there is no deployment production/absent"))
        for command in ["describe", "history", "logs", "pause"] {
            #expect(
                try site.error(command, "nowhere/x")
                    == "error: there is no deployment nowhere/x\nhint: 'waybill get deployments' lists what there is\n")
        }
    }

    private func acting(_ site: Site) throws {
        #expect(try site.ok("sync").hasPrefix("nothing new: "))
        _ = try site.ok("pause", Self.key, "--reason", "looking at it")
        try site.push("sed -i 's/replicas: 1/replicas: 2/' deployments/production-risk-score.yaml", "Two replicas")
        #expect(try site.ok("sync", "--wait", "--timeout", "60s").contains("is in force now\n1 deployment is ready\n"))
        #expect(try site.ok("get", "deployments").contains("Paused"))
        _ = try site.ok("resume", Self.key)
        #expect(try site.ok("get", "deployments", "--wait").contains("2/2"))
        let before = try replicas(site)
        _ = try site.ok("restart", Self.key)
        _ = try site.ok("get", "deployments", "--wait")
        #expect(try replicas(site).isDisjoint(with: before))
        let absent = String(repeating: "0", count: 40)
        _ = try site.error("accept", absent, "--reason", "because")
    }

    private func replicas(_ site: Site) throws -> Set<String> {
        let items = try #require(try site.json("get", "replicas")["items"] as? [[String: Any]])
        return Set(items.filter { $0["phase"] as? String == "ready" }.compactMap { $0["replica"] as? String })
    }

    /// A broken manifest is told of at once, by whoever waits.
    private func broken(_ site: Site) throws {
        try site.push("sed -i 's/replicas: 2/replicas: two/' deployments/production-risk-score.yaml", "A slip")
        _ = try site.ok("sync")
        let why = try site.error("get", "deployments", "--wait")
        #expect(why.hasPrefix("error: \(Self.key) is held: deployments/production-risk-score.yaml:"), "\(why)")
        #expect(try site.ok("status").contains("Problems in git"))
        let plan = try site.ok("plan")
        #expect(plan.contains("! \(Self.key)  held: stays as it is, at "), "\(plan)")
        #expect(plan.hasSuffix("nothing to do, 1 held, compared with what runs\n"), "\(plan)")
        try site.push("sed -i 's/replicas: two/replicas: 1/' deployments/production-risk-score.yaml", "Mended")
        _ = try site.ok("sync", "--wait")
        try heldResources(site)
        try emptied(site)
    }

    /// What does not run itself has conditions, too.
    private func heldResources(_ site: Site) throws {
        func first(_ kind: String) throws -> [String: Any] {
            try #require((try site.json("get", kind)["items"] as? [[String: Any]])?.first)
        }
        func isHeld(_ item: [String: Any]) -> Bool {
            let held = (item["conditions"] as? [[String: Any]])?.first { $0["type"] as? String == "Held" }
            return (held?["message"] as? String)?.hasPrefix("runtimes/python-oip.yaml:") == true
        }
        #expect(!isHeld(try first("runtimes")))
        try site.push("sed -i 's/protocol: oip-v2/protcol: oip-v2/' runtimes/python-oip.yaml", "A slip")
        _ = try site.ok("sync")
        #expect(isHeld(try first("runtimes")))
        #expect(try site.ok("get", "runtimes").contains("Held"))
        try site.push("sed -i 's/protcol: oip-v2/protocol: oip-v2/' runtimes/python-oip.yaml", "Mended")
        _ = try site.ok("sync", "--wait")
        #expect(!isHeld(try first("runtimes")))
    }

    /// A commit that is held is in the plan, though nothing is to be done.
    private func emptied(_ site: Site) throws {
        try site.push("git rm -q deployments/*", "Everything goes")
        _ = try site.ok("sync")
        let held = try site.program.run(["plan", "--detailed-exitcode"])
        #expect(held.code == 2)
        #expect(held.output.hasPrefix("a commit is held: MassDeletion: commit "), "\(held.output)")
        let hold = try #require(try site.json("plan")["hold"] as? [String: Any])
        #expect(hold["reason"] as? String == "MassDeletion")
        try site.must(
            "cd fleet; git revert --no-edit HEAD -q 2>/dev/null || git revert --no-edit HEAD >/dev/null; git push -q origin main"
        )
        _ = try site.ok("sync", "--wait")
    }

    private func recorded(_ site: Site) throws {
        let history = try site.ok("history", Self.key)
        #expect(history.contains("pause: looking at it"))
        #expect(history.contains("prepare, start, set-route"))
        #expect(!history.contains("{") && !history.contains("="))
        let listed = try site.json("history", Self.key)
        #expect(listed["kind"] as? String == "EventList")
        #expect((listed["items"] as? [[String: Any]])?.isEmpty == false)
        let lines = try site.ok("audit", "log", "-o", "json").split(separator: "\n")
        for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        #expect(lines.count > 20)
        let log = try site.ok("audit", "log", "-n", "1000")
        #expect(log.contains("controller.started"))
        #expect(log.split(separator: "\n").allSatisfy { $0.count < 280 })
        #expect(try site.ok("audit", "show", "0").contains("\"type\": \"controller.started\""))
        #expect(try site.ok("audit", "show", "0", "-o", "text").hasPrefix("Entry 0\n"))
        #expect(
            Set(try site.json("audit", "verify").keys) == [
                "anchored", "checkpoint", "comparedWith", "conclusion", "entries", "keyPinned", "openIntents", "origin",
                "published",
                "root",
                "tornBytes",
            ])
        let report = try site.json("audit", "verify")
        #expect(report["anchored"] as? Bool == false && report["comparedWith"] as? String == "own")
        let said = try site.ok("audit", "verify").split(separator: "\n").first ?? ""
        #expect(said.hasPrefix("consistent with the checkpoint of "))
        #expect(said.hasSuffix(", that this folder keeps itself; not anchored outside it"), "\(said)")
    }

    /// Models and gateway outlive the controller; after `stop --all` nothing does.
    private func stopping(_ site: Site) throws {
        #expect(try site.ok("stop").hasPrefix("the controller (process "))
        let request = BuiltProgram.source.path + "/samples/requests/risk-score.json"
        #expect(try site.ok("call", Self.key, "--data", request).contains("\"outputs\""))
        #expect(
            try site.error("call", Self.key)
                == "error: no controller runs that knows what \(Self.key) takes; give --data\n")
        #expect(try site.error("get", "deployments").hasPrefix("error: no controller runs in "))
        let told = try site.ok("stop", "--all")
        #expect(told.hasPrefix("the gateway (process "), "\(told)")
        #expect(told.split(separator: "\n").count == 2)
        #expect(try site.ok("stop", "--all") == "nothing runs in \(site.state)\n")
    }
}
