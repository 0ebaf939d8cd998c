import Foundation
import Testing
import WaybillTestSupport

/// The built program between a real git remote and a forge of our own.
@Suite struct ForgeLoopTests {
    private static let promote = "waybill promote greeting --from staging --to production --base main --open"

    /// `main` asks for a word before production changes; staging has 1.1.0, production 1.0.0.
    private func with(
        _ kind: String, _ body: (ForgeServer, (String) throws -> BuiltProgram.Result) async throws -> Void
    ) async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            let folder = fleet.program.folder
            try await ForgeServer.with(kind, in: folder) { (server) async throws in
                let program = BuiltProgram(
                    folder: fleet.top,
                    variables: [
                        "WAYBILL_FORGE_KIND": kind, "WAYBILL_FORGE_URL": server.url,
                        "WAYBILL_FORGE_REPOSITORY": ForgeServer.repository,
                        "WAYBILL_FORGE_TOKEN_FILE": try server.tokenFile(in: folder),
                    ])
                func bash(_ script: String) throws -> BuiltProgram.Result { try program.bash(script) }
                let made = try bash(
                    """
                    set -e
                    git checkout -q main
                    sed 's/staging/production/' fleet/deployments/staging-greeting.yaml > fleet/deployments/production-greeting.yaml
                    version=$(grep -l 'version: 1.0.0' -r fleet --include '*.yaml' | xargs grep -l 'kind: ModelVersion')
                    sed 's/version: 1.0.0/version: 1.1.0/' "$version" > fleet/next.yaml
                    sed 's/version: 1.0.0/version: 1.2.0/' "$version" > fleet/third.yaml
                    sed -i 's/version: 1.0.0/version: 1.1.0/' fleet/deployments/staging-greeting.yaml
                    git add -A; git commit -qm 'Two environments'; git push -q origin main
                    """)
                #expect(made.code == 0, "\(made.errors)")
                try await body(server, bash)
            }
        }
    }

    @Test(arguments: ["github", "gitea"])
    func `a promotion opens its request, is brought up to date, and is superseded by the next`(_ kind: String)
        async throws
    {
        try await with(kind) { server, bash in
            let first = try bash(Self.promote + " --key ../alice")
            #expect(first.code == 0, "\(first.errors)")
            #expect(
                first.output.contains("request 1 is open: https://forge.example.org/acme/fleet/pulls/1\n"),
                "\(first.output)")
            #expect(first.output.contains("signed as proposed by alice: refs/waybill/approvals/"))
            let branch = "promote/production/greeting-1.1.0"
            #expect(
                try bash("test $(git rev-parse \(branch)) = $(git ls-remote origin refs/heads/\(branch) | cut -f1)")
                    .code == 0)
            #expect(try bash("git ls-remote origin 'refs/waybill/approvals/*' | wc -l").output == "1\n")
            // Without the marks that keep a text from being one of the forge's own words.
            let body = try await server.values("pulls", "body").first?.replacing("\u{200B}", with: "") ?? ""
            #expect(body.hasPrefix("<!-- waybill: promote production/greeting -->\n### Waybill plan: "), "\(body)")

            let again = try bash(Self.promote)
            #expect(again.code == 0, "\(again.errors)")
            #expect(again.output.contains("request 1 is up to date"))
            #expect(try await server.values("pulls", "title") == ["Promote greeting 1.1.0 to production"])

            let next = try bash(
                """
                sed -i 's/version: 1.1.0/version: 1.2.0/' fleet/deployments/staging-greeting.yaml
                git commit -qam 'Another version' && git push -q origin main && \(Self.promote)
                """)
            #expect(next.code == 0, "\(next.errors)")
            #expect(next.output.contains("request 1 is closed: superseded\n"))
            #expect(try await server.values("pulls", "state") == ["closed", "open"])
            #expect(try await server.values("comments", "body") == ["<!-- waybill: closed -->\nSuperseded by #2."])
            #expect(
                try bash("git ls-remote origin refs/heads/main | cut -f1").output == bash("git rev-parse main").output)
        }
    }

    @Test func `a report is one comment and three statuses, and never says well of what is missing`() async throws {
        try await with("github") { server, bash in
            let branch = "promote/production/greeting-1.1.0"
            #expect(try bash(Self.promote + " --key ../alice").code == 0)
            let report =
                "waybill forge report --base main --head \(branch) --request 1 --target-url https://ci.example.org/7"
            let first = try bash(report)
            #expect(first.code == 0, "\(first.errors)")
            #expect(
                try await server.values("statuses", "context") == [
                    "waybill/plan", "waybill/gates", "waybill/approvals",
                ])
            #expect(try await server.values("statuses", "state") == ["success", "success", "pending"])
            #expect(try await server.values("statuses", "target_url").first == "https://ci.example.org/7")
            #expect(
                try await server.values("statuses", "sha").first
                    == bash("git rev-parse \(branch)").output.trimmingCharacters(in: .newlines))

            #expect(
                try bash(
                    "waybill approve production/greeting --base main --head \(branch) --key ../bob --yes --push-ref"
                ).code
                    == 0)
            let second = try bash(report)
            #expect(second.output.hasPrefix("request 1: the plan is "), "\(second.output)\(second.errors)")
            #expect(try await server.values("statuses", "state").suffix(3) == ["success", "success", "success"])
            #expect(try await server.values("comments", "body").count == 1)

            let broken = try bash(
                """
                git checkout -q -b broken && echo 'kind: [' > fleet/broken.yaml && git add -A && git commit -qm broken
                waybill forge report --base main --head broken
                """)
            #expect(broken.code == 1)
            #expect(try await server.values("statuses", "state").suffix(3) == ["failure", "pending", "pending"])
            #expect(broken.output.hasPrefix("no open request is at "))
        }
    }

    @Test func `gates are green by evidence that a validator signed, and by no other`() async throws {
        try await with("github") { server, bash in
            func gates(_ more: String) async throws -> (state: String?, why: String?) {
                let head = "promote/production/greeting-1.1.0"
                let report = try bash(
                    "waybill forge report --base main --head \(head) --request 1 --evidence evidence \(more)")
                #expect(report.code == 0, "\(report.errors)")
                return (
                    try await server.values("statuses", "state").suffix(2).first,
                    try await server.values("statuses", "description").suffix(2).first
                )
            }
            let made = try bash(
                """
                set -e
                sed -i 's/^  roles:/&\\n    - {role: validator, models: ["*"], people: [robot]}/' .waybill/access.yaml
                printf 'apiVersion: waybill.dev/v1alpha1\\nkind: Checklist\\nmetadata: {name: c}\\nspec: {gates: [integrity: {}]}\\n' > fleet/c.yaml
                sed -i '/What customers see/a\\  checklist: c' fleet/environments.yaml
                git add -A; git commit -qm 'A checklist'; git push -q origin main
                \(Self.promote) --key ../alice
                waybill validate greeting@1.1.0 --checklist c --save evidence
                """)
            #expect(made.code == 0, "\(made.errors)")
            let unsigned = try await gates("")
            #expect(unsigned.state == "pending")
            #expect(
                unsigned.why
                    == "production/greeting: evidence says passed and is not proven: it is not signed: no test result names it"
            )
            #expect(
                try bash("waybill validate greeting@1.1.0 --checklist c --save evidence --sign ../robot").code == 0)
            let signed = try await gates("")
            #expect(signed.state == "success", "\(signed)")
            #expect(signed.why == "passed, signed by robot; the controller asks again before traffic")

            let looser = try bash(
                """
                git checkout -q promote/production/greeting-1.1.0
                sed -i 's/integrity: {}/{name: loose, integrity: {}}/' fleet/c.yaml; git commit -qam looser
                waybill validate greeting@1.1.0 --checklist c --save evidence --sign ../robot
                """)
            #expect(looser.code == 0, "\(looser.errors)")
            let changed = try await gates("")
            #expect(changed.state == "pending")
            #expect(
                changed.why
                    == "production/greeting: its checklist changes in this same merge, and nobody who may has approved that"
            )
        }
    }

    @Test func `without a forge it is said what to set, before anything is written`() async throws {
        try await with("github") { server, bash in
            let none = try bash("unset WAYBILL_FORGE_KIND WAYBILL_FORGE_URL WAYBILL_FORGE_REPOSITORY; \(Self.promote)")
            #expect(none.code == 1)
            #expect(
                none.errors
                    == "error: no forge is configured: set forge.kind, forge.repository, forge.tokenFile and, for gitea, forge.url in "
                    + "waybill.yaml or by WAYBILL_FORGE_… variables\n")
            #expect(try bash("git branch --list 'promote/*'").output == "")
            let open = try bash("chmod 644 \"$WAYBILL_FORGE_TOKEN_FILE\"; \(Self.promote)")
            #expect(open.code == 1 && open.errors.contains("others can read it (mode 644); chmod 600 it"))
            #expect(!open.errors.contains(ForgeServer.token) && server.exchanges.isEmpty)
        }
    }
}
