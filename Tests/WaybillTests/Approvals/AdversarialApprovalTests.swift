import Foundation
import Testing
import WaybillTestSupport

@testable import waybill

/// What somebody tries to get past an approval, on real repositories with real keys of `ssh-keygen`.
@Suite struct `Nobody gets past an approval` {
    private func approved(_ body: (ApprovalFleet) async throws -> Void) async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.give("propose", "dave")
            try await body(fleet)
        }
    }

    private func text(_ fleet: ApprovalFleet, _ path: String) throws -> String {
        try fleet.sh("sed '1,/^-----END SSH SIGNATURE-----$/d' 'fleet/\(path)'")
    }

    private static let waiting = "waiting for 1 more of risk (alice, bob)"

    @Test func `an approval of another environment or deployment is not one of this`() async throws {
        try await approved { (fleet) async throws in
            let path = try fleet.give("approve", "alice")
            let given = try text(fleet, path)
            for other in ["staging/greeting", "production/other"] {
                let moved = path.replacing("production/greeting", with: other)
                let text = given.replacing("production/greeting", with: other)
                try fleet.forge(text, as: moved, key: "alice", namespace: "waybill.dev/approve")
                // What was signed for another one, under this one's name.
                try fleet.sh("cd fleet; cp '\(moved)' '\(path)'; git commit -qam replay")
                let judged = try fleet.judged()
                #expect(judged.code == 2)
                #expect(
                    judged.message == "\(Self.waiting). not counted: alice: it is not where it says it is: '\(moved)'")
            }
        }
    }

    @Test func `an approval of another model, or of what was edited since, is void`() async throws {
        try await approved { (fleet) async throws in
            try fleet.give("approve", "alice")
            try fleet.sh(
                "cd fleet; sed -i 's/replicas: 1/replicas: 2/' fleet/deployments/production-greeting.yaml; git commit -qam edit"
            )
            let judged = try fleet.judged()
            #expect(judged.code == 2 && judged.message.hasPrefix(Self.waiting), "\(judged)")
            #expect(judged.void.count == 2 && judged.void.allSatisfy { $0.hasPrefix("it is about another change, ") })
        }
    }

    @Test func `an approval that starts from another state is void`() async throws {
        try await approved { (fleet) async throws in
            let path = try fleet.give("approve", "alice")
            let from = "from sha256:" + String(repeating: "0", count: 64)
            try fleet.forge(
                try text(fleet, path).replacing("from absent", with: from), as: path, key: "alice",
                namespace: "waybill.dev/approve")
            #expect(
                try fleet.judged().message
                    == "\(Self.waiting). not counted: alice: it starts from 000000000000, and nothing serves")
        }
    }

    @Test func `squash, rebase and cherry-pick keep an approval`() async throws {
        try await approved { (fleet) async throws in
            try fleet.give("approve", "alice")
            let merges = [
                "git checkout -q -b squashed main; git merge -q --squash change; git commit -qm squash",
                "git checkout -q -b moved main; git commit -q --allow-empty -m other; git checkout -q -b rebased change; git rebase -q moved",
                "git checkout -q -b picked main; git cherry-pick main..change > /dev/null",
            ]
            for merge in merges {
                try fleet.sh("cd fleet; \(merge)")
                #expect(try fleet.judged().message == "approved by alice (risk)", "\(merge)")
            }
        }
    }

    @Test func `an author does not approve, by a second key neither`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.give("propose", "alice")
            try fleet.give("approve", "alice2")
            #expect(
                try fleet.judged().message
                    == "waiting for 1 more of risk (bob). not counted: alice: alice proposed it, and an author's own approval does not count"
            )
        }
    }

    @Test func `two keys of one person are one person`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.give("approve", "alice")
            _ = try fleet.waybill("approve", ApprovalFleet.key, "--key", "alice2", "--yes", "--push-ref")
            let judged = try fleet.judged()
            #expect(
                judged.message.hasPrefix(
                    "waiting for 1 more person, since no signed proposal says who the author is (bob)"))
            #expect(judged.void.count { $0.hasPrefix("alice counts once, by ") } == 1, "\(judged)")
        }
    }

    @Test(arguments: [
        ("git", "it was made for 'git' and proves nothing for 'waybill.dev/approve'"),
        ("file", "it was made for 'file' and proves nothing for 'waybill.dev/approve'"),
        ("waybill.dev/propose", "it was made for 'waybill.dev/propose' and proves nothing for 'waybill.dev/approve'"),
        ("waybill.dev/model", "it was made for 'waybill.dev/model' and proves nothing for 'waybill.dev/approve'"),
    ])
    func `a signature for another purpose is no approval`(_ namespace: String, _ why: String) async throws {
        try await approved { (fleet) async throws in
            let path = try fleet.give("approve", "alice")
            try fleet.forge(try text(fleet, path), as: path, key: "alice", namespace: namespace)
            #expect(try fleet.judged().message == "\(Self.waiting). not counted: \(path): \(why)")
        }
    }

    @Test func `a commit's signature, and one in its message, approve nothing`() async throws {
        try await approved { (fleet) async throws in
            let path = try fleet.give("approve", "alice")
            try fleet.sh(
                """
                cd fleet; cat '\(path)' > ../message; git rm -q '\(path)'
                git -c gpg.format=ssh -c user.signingkey=$PWD/../alice commit -q -S -F ../message
                git verify-commit HEAD 2>&1 | grep -q 'Good "git" signature' || true
                git cat-file commit HEAD | grep -q 'BEGIN SSH SIGNATURE'
                """)
            #expect(try fleet.judged().message == Self.waiting)
        }
    }

    @Test(arguments: [
        (
            "what follows a NUL", { @Sendable (text: String) in text + "\0approve production/other\n" },
            "line 9 of its text, '\\u{0}approve production/other', is one too many"
        ),
        (
            "an unknown field", { @Sendable (text: String) in text + "scope all\n" },
            "line 9 of its text, 'scope all', is one too many"
        ),
        (
            "a role twice",
            { @Sendable (text: String) in text.replacing("role risk\n", with: "role platform\nrole risk\n") },
            "line 7 of its text is not 'issued …'"
        ),
        (
            "letters that look alike",
            { @Sendable (text: String) in text.replacing("production/", with: "prоduction/") },
            "'prоduction' is not a name; use 1 to 63 lowercase letters, digits and '-', beginning and ending with a letter or digit"
        ),
    ])
    func `a text of another form is refused, however well it is signed`(
        _ what: String, _ edit: @Sendable (String) -> String, _ why: String
    ) async throws {
        try await approved { (fleet) async throws in
            let path = try fleet.give("approve", "alice")
            try fleet.forge(edit(try text(fleet, path)), as: path, key: "alice", namespace: "waybill.dev/approve")
            #expect(try fleet.judged().message == "\(Self.waiting). not counted: \(path): \(why)")
        }
    }

    @Test(arguments: [
        ("revoked: 2026-01-01", "the key of alice was revoked at 2026-01-01T00:00:00Z"),
        ("validUntil: 2026-01-01", "the key of alice counted until 2026-01-01T00:00:00Z"),
        ("validFrom: 2099-01-01", "the key of alice counts only from 2099-01-01T00:00:00Z on"),
    ])
    func `a key that is revoked, expired or not valid yet approves nothing`(_ line: String, _ why: String) async throws
    {
        try await approved { (fleet) async throws in
            let path = try fleet.give("approve", "alice")
            let key = try fleet.sh("cat alice.pub").trimmed
            try fleet.writeAccess { $0.replacing("- key: \(key)\n", with: "- key: \(key)\n          \(line)\n") }
            // In force: what the branch was based on.
            try fleet.sh(
                """
                cd fleet; cp .waybill/access.yaml ..; git stash -q; git checkout -q main; cp ../access.yaml .waybill/
                git commit -qam rules; git checkout -q change; git rebase -q main
                """)
            let judged = try fleet.judged()
            #expect(judged.message == "\(Self.waiting). not counted: alice: \(why)", "\(path)")
        }
    }

    @Test func `a bot, a stranger and who has no role approve nothing, under whatever name`() async throws {
        try await approved { (fleet) async throws in
            let path = try fleet.give("approve", "alice")
            let text = try text(fleet, path)
            try fleet.sh("cd fleet; git rm -q '\(path)'; git commit -qm away")
            for (person, why) in [
                ("robot", "robot is a bot, whose word never counts"), ("eve", "eve has not the role risk here"),
            ] {
                let own = path.replacing("alice", with: person)
                try fleet.forge(text, as: own, key: person, namespace: "waybill.dev/approve")
                #expect(try fleet.judged().message == "\(Self.waiting). not counted: \(person): \(why)")
                try fleet.sh("cd fleet; git rm -q '\(own)'; git commit -qm away")
            }
            // The forge's own key signs merges; it is nobody's.
            try fleet.forge(text, as: path, key: "forge", namespace: "waybill.dev/approve")
            #expect(
                try fleet.judged().message.hasPrefix(
                    "\(Self.waiting). not counted: \(path): nobody in the access file has its key SHA256:"))
            // Eve's key, filed as alice's.
            try fleet.forge(text, as: path, key: "eve", namespace: "waybill.dev/approve")
            #expect(
                try fleet.judged().message
                    == "\(Self.waiting). not counted: eve: it is not where it says it is: '\(path.replacing("alice", with: "eve"))'"
            )
        }
    }

    @Test func `a squash that a forge's key signs names no author and approves nothing, whoever it says wrote it`()
        async throws
    {
        try await ApprovalFleet.with { (fleet) async throws in
            // robot stands for the forge: a known key, of a program. The commit says that alice wrote it.
            try fleet.sh(
                """
                cd fleet; git checkout -q -b squashed main; git merge -q --squash change
                git -c gpg.format=ssh -c user.signingkey=$PWD/../robot -c user.name=forge -c user.email=forge@example.org                     commit -q -S --author 'alice <alice@example.org>' -m 'Deploy the greeting (#1)'                     -m 'Reviewed-by: alice' -m 'Approved-by: bob'
                git cat-file commit HEAD | grep -q 'BEGIN SSH SIGNATURE'
                """)
            let judged = try fleet.judged()
            #expect(judged.code == 2)
            #expect(
                judged.message
                    == "\(Self.waiting) and 1 more person, since no signed proposal says who the author is (alice, bob)"
            )
            // Words that were signed count on it as ever; the forge's signature adds none.
            try fleet.give("propose", "alice")
            try fleet.give("approve", "alice2")
            #expect(
                try fleet.judged().message.hasPrefix(
                    "waiting for 1 more of risk (bob). not counted: alice: alice proposed it"))
            try fleet.give("approve", "bob")
            #expect(try fleet.judged().message == "approved by bob (risk)")
        }
    }

    @Test func `loosening the rules in the same branch loosens nothing`() async throws {
        try await ApprovalFleet.with { (fleet) async throws in
            try fleet.writeAccess {
                $0.replacing("people: [alice, bob, robot]", with: "people: [alice, bob, robot, eve]")
            }
            try fleet.sh(
                """
                cd fleet; sed -i '/approvals:/,/required/d' fleet/environments.yaml
                git add -A; git commit -qm 'Nothing to see here'
                """)
            let judged = try fleet.judged()
            #expect(judged.code == 2)
            #expect(judged.message.hasPrefix("\(Self.waiting) and 1 more person"), "\(judged)")
            let eve = try fleet.waybill("approve", ApprovalFleet.key, "--key", "eve", "--yes")
            #expect(eve.errors.contains("eve has no role that production asks for"), "\(eve.errors)")
        }
    }

    @Test func `links, long and broken files are findings beside what counts`() async throws {
        try await approved { (fleet) async throws in
            let path = try fleet.give("approve", "alice")
            try fleet.sh(
                """
                cd fleet/$(dirname '\(path)')
                ln -s alice.approval bob.approval
                head -c 100000 /dev/zero > carol.approval
                head -c 300 /dev/urandom > eve.approval
                cp alice.approval 'Alice.approval'
                git add -A; git commit -qm junk
                """)
            let judged = try fleet.judged()
            #expect(judged.code == 0 && judged.message == "approved by alice (risk)", "\(judged)")
            #expect(judged.void.contains("longer than 16 KiB"))
            let shown = try fleet.waybill("approvals", "list")
            #expect(shown.output.contains("bob.approval: a symbolic link; links are not followed"), "\(shown.output)")
            #expect(shown.output.contains("Alice.approval: it is not named '.waybill/approvals/"), "\(shown.output)")
        }
    }

    @Test func `OpenSSH and we say the same of each file, sound and altered`() async throws {
        try await approved { (fleet) async throws in
            let path = try fleet.give("approve", "alice")
            let allowed = try fleet.program.run(["access", "allowed-signers", "--repository", "fleet"])
            #expect(allowed.output.split(separator: "\n").count == 6, "a bot has no line\n\(allowed.output)")
            let sound = try Data(contentsOf: fleet.top.appending(path: path))
            try Data(allowed.output.utf8).write(to: fleet.program.folder.appending(path: "allowed_signers"))
            var verdicts: [(ours: Bool, theirs: Bool)] = []
            for place in stride(from: 0, to: sound.count, by: 4) {
                var altered = sound
                if place > 0 { altered[place] ^= 1 }
                try altered.write(to: fleet.program.folder.appending(path: "altered"))
                let theirs = try fleet.program.bash(
                    "sed '1,/^-----END SSH SIGNATURE-----$/d' altered | ssh-keygen -Y verify -n waybill.dev/approve "
                        + "-f allowed_signers -I alice -s altered")
                let ours = (try? SignedStatementProbe.verify(Array(altered))) == true
                verdicts.append((ours, theirs.code == 0))
            }
            #expect(verdicts.allSatisfy { $0.ours == $0.theirs })
            let sane = verdicts.count { $0.ours }
            #expect((1...12).contains(sane) && verdicts.count > 100, "\(sane) of \(verdicts.count)")
        }
    }
}
