import Foundation
import Testing
import WaybillAPI
import WaybillCore

@testable import waybill

/// A reviewer's plan beside a controller that serves.
extension `End to end` {
    @Test
    func `a plan by the controller takes what is in force, what serves, and what it measured itself`()
        async throws
    {
        try await withFleet { fleet in
            let ask = "  checklist: careful"
            try fleet.write(
                "checklists/careful.yaml",
                "apiVersion: waybill.dev/v1alpha1\nkind: Checklist\nmetadata: {name: careful}\nspec: {gates: [integrity: {}]}\n"
            )
            try fleet.write(
                "environments.yaml",
                try fleet.sample("environments.yaml").replacing(
                    "  description: What customers see.", with: ask
                )
                .replacing("  description: Where a version shows itself first.", with: ask))
            try await fleet.startServing()
            try fleet.version("2.0.0")
            try fleet.deploy("2.0.0", in: "staging")
            let commit = try await fleet.apply("staging")
            try await fleet.serves("staging/risk-score", "2.0.0")

            try await fleet.git("checkout", "-q", "-b", "promote")
            try fleet.deploy("2.0.0")
            try await fleet.git("commit", "-qam", "to production")
            func plan(_ more: String...) async throws -> [String: Any] {
                let made = try await Program.run(
                    [
                        Program.waybill, "plan", "--server", "--head", "promote", "--repository", fleet.clone,
                        "-o", "json",
                    ] + more, in: fleet.folder)
                #expect(made.code == 0, "\(made.errors)")
                return try JSONSerialization.jsonObject(with: Data(made.output.utf8)) as? [String: Any]
                    ?? [:]
            }
            let first = try await plan()
            #expect(first["base"] as? String == commit.hex)
            let review = try #require(first["review"] as? [String: Any])
            let groups = try #require(review["groups"] as? [[String: Any]])
            #expect(groups.first?["deployments"] as? [String] == ["production/risk-score"])
            let proof = (groups.first?["proofs"] as? [String: [String: Any]])?.values.first
            #expect(
                proof?["proven"] as? Bool == true && proof?["by"] as? String == "the controller",
                "\(groups)")
            #expect(proof?["at"] is String)
            let shown = try await fleet.waybill(
                "plan", "--server", "--head", "promote", "--repository", fleet.clone, "-o", "markdown")
            #expect(
                shown.output.contains(
                    "Compared `\(commit.hex.prefix(10))`, which the controller has in force, with"),
                "\(shown.output)")

            // Something else serves than git asks for.
            try await fleet.git("checkout", "-q", "main")
            try fleet.deploy("2.0.0")
            try await fleet.apply("production")
            try await fleet.serves("production/risk-score", "2.0.0")
            let back = try await fleet.waybill(
                "rollback", "production/risk-score", "--to", "1.0.0", "--reason", "it was better")
            #expect(back.code == 0, "\(back.errors)")
            try await fleet.serves("production/risk-score", "1.0.0")
            try await fleet.git("checkout", "-q", "-B", "promote")
            try fleet.version("3.0.0")
            try fleet.deploy("3.0.0")
            try await fleet.git("add", "-A")
            try await fleet.git("commit", "-qm", "another")
            let attention =
                (try await plan()["review"] as? [String: Any])?["attention"] as? [String] ?? []
            #expect(
                attention.contains(
                    "production/risk-score: what serves is risk-score@1.0.0, while the commit in force asks for risk-score@2.0.0"
                ), "\(attention)")
            let both = try await fleet.waybill("plan", "--server", "--base", "main", "--head", "promote")
            #expect(
                both.code == 64 && both.errors.contains("--server stands in place of --base"),
                "\(both.errors)")
            // Without --head it is the controller's own plan, as a page too.
            let page = try await fleet.waybill("plan", "-o", "html")
            #expect(page.code == 0 && page.output.contains("Compared with what runs."), "\(page.errors)")
        }
    }
}
